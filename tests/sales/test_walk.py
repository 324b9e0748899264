"""A filtered list is gone through order by order; the place is in the address."""

import re
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.factories import make_product, make_sale, sign_in
from tests.support import worlds
from tests.support.processed_sales import counted
from webapp.sales.models import Sale


@pytest.fixture
def orders(client, db):
    sign_in(client)
    make_orders()
    return client


@worlds.scene
def make_orders() -> None:
    make_product(sku="W", price="10.00", stock=100)
    for number, channel in enumerate(("site", "phone") * 3, 1):
        lines = [{"sku": "W", "quantity": number}]
        make_sale(reference=f"W-{number}", channel=channel, lines=lines, paid=False)


def step(page: str, key: str) -> str | None:
    found = re.search(rf'href="([^"]+)" rel="\w+" data-key="{key}"', page)
    return found and found[1].replace("&amp;", "&")


def reference(page: str) -> str:
    return re.search(r"<h1[^>]*>Order (W-\d)", page)[1]


def place(page: str) -> str:
    return re.search(r"<span>(\d+ of \d+)</span>", page)[1]


def walked(client, address: str) -> list[tuple[str, str]]:
    """What is met from there on, each with its place."""
    met = []
    while address:
        page = client.get(address).text
        met.append((reference(page), place(page)))
        address = step(page, "ArrowRight")
    return met


def test_the_first_one_opens_and_each_is_met_once_in_the_order_of_the_list(orders):
    begun = orders.get("/walks/sales?channel=phone").location
    assert walked(orders, begun) == [("W-6", "1 of 3"), ("W-4", "2 of 3"), ("W-2", "3 of 3")]
    begun = orders.get("/walks/sales?channel=phone&sort=total").location
    assert [met for met, _place in walked(orders, begun)] == ["W-2", "W-4", "W-6"]
    second = step(orders.get(begun).text, "ArrowRight")
    assert reference(orders.get(step(orders.get(second).text, "ArrowLeft")).text) == "W-2"
    assert step(orders.get(begun).text, "ArrowLeft") is None


def test_a_row_of_a_filtered_list_opens_in_its_place(orders):
    page = orders.get("/sales?channel=site&sort=-total").text
    href = re.search(r'href="([^"]+)">W-3</a>', page)[1].replace("&amp;", "&")
    assert place(orders.get(href).text) == "2 of 3"
    assert re.search(r'href="/sales/\d+">W-3</a>', orders.get("/sales").text)


def test_what_comes_goes_and_changes_meanwhile_skips_nobody_and_meets_nobody_twice(orders, db):
    begun = orders.get("/walks/sales?status=open&sort=total").location
    second = step(orders.get(begun).text, "ArrowRight")
    sales = {sale.reference: sale for sale in db.session.scalars(db.select(Sale))}
    # The one at hand and one behind it leave the list, and others come in ahead of it and behind.
    for gone in ("W-2", "W-4"):
        assert orders.post(f"/sales/{sales[gone].id}/cancel").status_code == 303
    for number, quantity in ((0, 1), (9, 4)):
        lines = [{"sku": "W", "quantity": quantity}]
        make_sale(reference=f"W-{number}", paid=False, lines=lines)
    met = walked(orders, second)
    assert met[0] == ("W-2", "3 of 7")
    assert met[1:5] == [("W-3", "3 of 6"), ("W-9", "4 of 6"), ("W-5", "5 of 6"), ("W-6", "6 of 6")]
    # What came in ahead of the place is met at the end.
    assert met[5:] == [("W-0", "2 of 6")]
    # Its own place is that where it was met, though it is worth more by now.
    sales["W-3"].total = Decimal("55.00")
    db.session.commit()
    anew = re.sub(r"%26met%3D[\w-]+", "", second)
    third = step(orders.get(anew).text, "ArrowRight")
    assert reference(orders.get(step(orders.get(third).text, "ArrowLeft")).text) == "W-0"


def test_rows_that_move_in_the_order_are_met_once_each(orders, db):
    def be_worth(name: str, total: int):
        of_it = db.update(Sale).where(Sale.reference == name)
        db.session.execute(of_it.values(total=Decimal(total)))
        db.session.commit()

    address, met = orders.get("/walks/sales?status=open&sort=total").location, []
    while address:
        page = orders.get(address).text
        met.append(reference(page))
        if met[-1] == "W-2":
            # One that was met moves behind the place, and one that was not moves ahead of it.
            be_worth("W-1", 55)
            be_worth("W-5", 5)
        address = step(page, "ArrowRight") if len(met) < 20 else None
    assert met == ["W-1", "W-2", "W-3", "W-4", "W-6", "W-5"]


def test_what_is_done_on_the_way_leads_back_to_the_same_place(orders, db):
    begun = orders.get("/walks/sales?status=open").location
    page = orders.get(begun).text
    act = re.search(r'action="([^"]+/cancel[^"]*)"', page)[1].replace("&amp;", "&")
    back = orders.post(act).location
    assert parse_qs(urlsplit(back).query) == parse_qs(urlsplit(begun).query)
    page = orders.get(back).text
    assert place(page) == "1 of 6" and "Not in the list any more" in page
    assert reference(orders.get(step(page, "ArrowRight")).text) == "W-5"


def test_a_search_for_a_person_stands_in_no_address_of_the_walk(orders):
    sealed = orders.get("/walks/sales?q=111.444.777-35").location
    begun = orders.get(sealed).location
    assert "q%3D~" in begun and "444.777" not in begun
    assert place(orders.get(begun).text) == "1 of 6"


def test_an_address_that_was_cut_off_shows_its_order(orders, db):
    sale = db.session.scalars(db.select(Sale)).first()
    for walk in ("", "status%3Dopen", "status%3Dnever%26at%3DWzFd", "at%3DWzEsMl0", "at%3D%C3%A9"):
        page = orders.get(f"/sales/{sale.id}?walk={walk}").text
        assert f"Order {sale.reference}" in page and 'class="walk' not in page
    assert orders.get("/walks/sales?status=never").status_code == 422
    assert orders.get("/walks/tasks").status_code == 404
    nothing = orders.get("/walks/sales?channel=nowhere")
    assert nothing.location.endswith("/sales?channel=nowhere")


def test_a_walk_asks_one_statement_more(orders, db):
    begun = orders.get("/walks/sales?status=open").location
    alone = begun.split("?")[0]
    orders.get(begun)
    with counted() as walking:
        orders.get(begun)
    with counted() as plain:
        orders.get(alone)
    assert len(walking) == len(plain) + 1
