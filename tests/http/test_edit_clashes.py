"""Two people edit one record: the second sees theirs beside what was typed, and saves again
knowingly. One mechanism for every form."""

import html
import json
import re

import pytest
from lxml.html import document_fromstring

from tests.factories import CUSTOMER, make_product, make_sale, open_shop, sign_in, work_off
from tests.sales.test_form import TYPED, value
from tests.store.test_settings_page import HOUSE, ISSUER
from webapp.fulfilment.parcels.models import PackingSlip
from webapp.invoices.models import Invoice, InvoiceStatus
from webapp.sales.models import Status
from webapp.store.queries import the_shop

CLASH = "Somebody changed this record"


def theirs(page: str) -> list[tuple[str, str]]:
    """(value, id of the field it can be taken into) of each that is shown."""
    buttons = re.findall(r"<button[^>]*data-take-theirs[^>]*>", page)
    found = [
        (
            re.search(r'data-take-theirs="([^"]*)"', button),
            re.search(r'data-take-into="([^"]*)"', button),
        )
        for button in buttons
    ]
    return [(html.unescape(value[1]), into[1]) for value, into in found if value and into]


def clash(answer, *expected: tuple[str, str]) -> str:
    """The version to save again with, of a page that shows exactly `expected`."""
    assert answer.status_code in (409, 422) and CLASH in answer.text
    assert theirs(answer.text) == list(expected)
    return answer.text


def versions(page: str) -> list[str]:
    return re.findall(r'name="version"\s+value="(\d+)"', page)


# -- an order that is not paid ---------------------------------------------------------------------


@pytest.fixture
def order(client, db):
    sign_in(client)
    for sku in ("A", "B"):
        make_product(sku=sku, price="10.00")
    return make_sale(sku="A", quantity=2, paid=False)


def change(client, order, version, **typed):
    lines = {"lines.0.sku": "A", "lines.0.quantity": "2", "lines.0.unit_price": "10.00"}
    same = {
        "customer.name": CUSTOMER["name"],
        "customer.document": "111.444.777-35",
        "customer.email": CUSTOMER["email"],
        "customer.phone": "(19) 99999-0000",
        "reference": order.reference,
        "channel": "site",
        "address.complement": "",
        "discount": "0.00",
        "freight": "0.00",
        "version": version,
        "sale_id": order.id,
    }
    return client.post(f"/sales/{order.id}/edit", data=TYPED | same | lines | typed)


def test_an_order_shows_their_fields_and_their_lines(client, order, db):
    seen = order.version
    more = {"lines.1.sku": "B", "lines.1.quantity": "1", "lines.1.unit_price": "9.00"}
    more["lines.1.price_reason"] = "The last one"
    assert change(client, order, seen, freight="7.00", **more).status_code == 303
    answer = change(client, order, seen, **{"lines.0.quantity": "3", "address.number": "55"})
    page = clash(answer, ("100", "f-address-number"), ("7.00", "f-freight"))
    assert "2 × A (10.00) · 1 × B (9.00)" in page
    assert value(page, "lines.0.quantity") == "3"
    [version] = versions(page)
    taken = {"beside": "1", "do": "their_lines", "sale_id": order.id, "version": version}
    drawn = client.post("/sales/draft", data=TYPED | taken | {"address.number": "55"}).text
    assert (value(drawn, "lines.1.sku"), value(drawn, "address.number")) == ("B", "55")
    assert "2 × A (10.00)" not in drawn and ("7.00", "f-freight") in theirs(drawn)
    again = change(client, order, version, **{"lines.0.quantity": "3", "address.number": "55"})
    assert again.status_code == 303
    db.session.refresh(order)
    assert [(line.sku, line.quantity) for line in order.lines] == [("A", 3)]
    assert order.number == "55"


def test_lines_alone_that_differ_are_told_as_well(client, order):
    seen = order.version
    more = {"lines.1.sku": "B", "lines.1.quantity": "1", "lines.1.unit_price": "9.00"}
    more["lines.1.price_reason"] = "The last one"
    same = {"address.number": order.number}
    change(client, order, seen, **more, **same)
    page = clash(change(client, order, seen, **same))
    assert "2 × A (10.00) · 1 × B (9.00)" in page and "nothing of what stands here" not in page


# -- corrections, slips, settings, rows ------------------------------------------------------------


def test_a_corrected_address_shows_theirs(client, db):
    sign_in(client)
    sale = make_sale(address={"zip_code": "05010-000", "number": ""})
    work_off()
    db.session.refresh(sale)
    assert sale.status is Status.ATTENTION
    seen = sale.version
    form = {f"address.{part}": text for part, text in sale.address_parts.items()}

    def correct(version, **typed):
        return client.post(
            f"/sales/{sale.id}/address",
            data=form | {f"address.{part}": text for part, text in typed.items()} | version,
        )

    assert correct({"version": seen}, number="7").status_code == 303
    page = clash(correct({"version": seen}, number="8"), ("7", "f-address-number"))
    [version] = versions(page)
    assert correct({"version": version}, number="8").status_code == 303
    db.session.refresh(sale)
    assert sale.number == "8"


def test_a_slip_shows_theirs_in_each_of_its_forms(client, db):
    open_shop()
    sign_in(client)
    make_sale()
    work_off()
    slip = db.session.scalars(db.select(PackingSlip)).one()

    def post(act, version, **typed):
        data = typed | {"version": version}
        return client.post(f"/packing-slips/{slip.id}/{act}", data=data)

    seen = slip.version
    assert post("details", seen, volumes="2", notes="Frágil").status_code == 303
    answer = post("details", seen, volumes="3", notes="")
    page = clash(answer, ("2", "f-volumes"), ("Frágil", "f-notes"))
    assert str(slip.version) in versions(page)

    client.post(f"/packing-slips/{slip.id}/shipment", data={"carrier": "Correios"})
    db.session.refresh(slip.sale)
    seen = slip.sale.version
    assert post("tracking", seen, carrier="Jadlog", tracking_code="J1").status_code == 303
    answer = post("tracking", seen, carrier="Azul", tracking_code="A1")
    page = clash(answer, ("Jadlog", "f-carrier"), ("J1", "f-tracking_code"))
    assert re.search(r'<details class="fold" open', page)
    db.session.refresh(slip.sale)
    assert (
        post("tracking", slip.sale.version, carrier="Azul", tracking_code="A1").status_code == 303
    )


def test_settings_show_theirs(client, db):
    sign_in(client, "admin")

    def save(part, facts, version, **typed):
        return client.post(f"/settings/{part}", data=facts | typed | {"version": version})

    seen = the_shop().version
    assert save("issuer", ISSUER, seen, street="Rua Deles").status_code == 303
    answer = save("issuer", ISSUER, seen, street="Rua Minha", state="SP", city="Osasco")
    assert ("Rua Deles", "f-street") in theirs(clash_of(answer))
    seen = the_shop().version
    changed = {"clerk_prices_locked": "1", "clerk_discount_limit": "5.00", "review_policy": "all"}
    assert save("house", HOUSE, seen, **changed).status_code == 303
    clash(
        save("house", HOUSE, seen),
        ("5.00", "f-clerk_discount_limit"),
        ("1", "f-clerk_prices_locked"),
        ("all", "f-review_policy"),
    )


def clash_of(answer) -> str:
    assert answer.status_code == 422 and CLASH in answer.text
    return answer.text


def row(client, product, **typed):
    return client.post(f"/products/{product.id}/row", data=typed)


def test_a_row_shows_theirs_and_leaves_a_stock_that_nobody_counted_to_sales(client, db):
    sign_in(client, "manager")
    product = make_product(price="10.00", stock=10)
    mine = {"price": "11.00", "stock": "10", "seen": "10", "version": product.version}
    row(client, product, **mine | {"price": "12.00", "stock": "9"})
    page = clash(row(client, product, **mine), ("12.00", f"row-{product.id}-price"))
    assert (value(page, "stock"), value(page, "seen")) == ("9", "9")
    again = mine | {"version": versions(page)[0], "stock": "9", "seen": "9"}
    assert row(client, product, **again).status_code == 200
    db.session.refresh(product)
    assert (str(product.price), product.stock) == ("11.00", 9)


def test_a_stock_that_moved_is_saved_the_second_time_knowingly(client, db):
    sign_in(client)
    product = make_product(price="10.00", stock=10, sku="P-1")
    form = {"price": "11.00", "stock": "12", "seen": "10", "version": product.version}
    make_sale(sku="P-1", quantity=4)
    refused = row(client, product, **form)
    assert "The stock is 6 by now" in refused.text
    assert row(client, product, **form | {"seen": value(refused.text, "seen")}).status_code == 200
    db.session.refresh(product)
    assert product.stock == 12


def test_when_nothing_shown_differs_it_says_so(client, db):
    sign_in(client)
    product = make_product(price="10.00", stock=10)
    seen = product.version
    product.category = "Canecas"
    db.session.commit()
    page = row(client, product, price="10.00", stock="10", seen="10", version=seen).text
    assert "nothing of what stands here" in page


# -- forms that tell what they began with ---------------------------------------------------------


def opened(client, path: str, field: str) -> dict[str, str]:
    """What the page's form that has `field` sends when nothing of it is changed."""
    page = document_fromstring(client.get(path).text)
    return next(dict(form.form_values()) for form in page.forms if field in form.fields)


def test_the_address_the_slip_and_the_issuer_tell_what_they_began_with_too(client, db):
    open_shop()
    sign_in(client, "admin")
    sale = make_sale()
    work_off()
    slip = db.session.scalars(db.select(PackingSlip)).one()
    invoice = db.session.scalars(db.select(Invoice)).one()
    slip_page = f"/packing-slips/{slip.id}"
    for path, field in (
        ("/settings", "cnpj"),
        ("/settings", "review_policy"),
        (slip_page, "volumes"),
        (slip_page, "carrier"),
    ):
        sent = opened(client, path, field)
        assert field in json.loads(sent["begun"]) and sent["version"], (path, field)
    sale.status, invoice.status = Status.REVIEW, InvoiceStatus.REVIEW
    db.session.commit()
    sent = opened(client, f"/sales/{sale.id}?mend=address", "address.number")
    assert json.loads(sent["begun"])["address.number"] == sale.number
    sent = opened(client, f"/invoices/{invoice.id}?mend=address", "street")
    assert json.loads(sent["begun"])["street"] == sale.street


def test_two_people_on_a_slip_s_volumes_and_notes_both_keep_theirs(client, db):
    open_shop()
    sign_in(client)
    make_sale()
    work_off()
    slip = db.session.scalars(db.select(PackingSlip)).one()
    path = f"/packing-slips/{slip.id}"
    first, second = opened(client, path, "volumes"), opened(client, path, "volumes")
    assert client.post(f"{path}/details", data=first | {"volumes": "2"}).status_code == 303
    assert client.post(f"{path}/details", data=second | {"notes": "Frágil"}).status_code == 303
    db.session.refresh(slip)
    assert (slip.volumes, slip.notes) == (2, "Frágil")


def test_two_people_who_change_different_fields_both_keep_theirs(client, db):
    sign_in(client)
    product = make_product(name="Caneca", category="Livros")
    path = f"/products/{product.id}"
    first, second = opened(client, f"{path}/edit", "name"), opened(client, f"{path}/edit", "name")
    assert client.post(path, data=first | {"category": "Cat A"}).status_code == 303
    assert client.post(path, data=second | {"name": "Caneca azul"}).status_code == 303
    assert (product.name, product.category) == ("Caneca azul", "Cat A")


def test_a_field_that_nobody_touched_never_comes_back_over_theirs(client, db):
    sign_in(client)
    product = make_product(name="Caneca", category="Livros")
    path = f"/products/{product.id}"
    first, second = opened(client, f"{path}/edit", "name"), opened(client, f"{path}/edit", "name")
    client.post(path, data=first | {"name": "A", "category": "Cat A"})
    refused = client.post(path, data=second | {"name": "B"})
    page = document_fromstring(clash(refused, ("A", "f-name")))
    again = next(dict(form.form_values()) for form in page.forms if "category" in form.fields)
    assert (again["name"], again["category"]) == ("B", "Cat A")
    assert client.post(path, data=again).status_code == 303
    assert (product.name, product.category) == ("B", "Cat A")


def test_an_address_is_one_thing_of_which_both_parts_are_not_mixed(client, db):
    sign_in(client)
    customer = make_sale().customer
    path = f"/customers/{customer.id}"
    first, second = opened(client, f"{path}/edit", "name"), opened(client, f"{path}/edit", "name")
    client.post(path, data=first | {"address.number": "7", "phone": "(11) 5555-0000"})
    joined = client.post(path, data=second | {"name": "Ana Lima"})
    assert joined.status_code == 303
    assert (customer.name, customer.number, customer.phone) == ("Ana Lima", "7", "1155550000")
    refused = client.post(path, data=second | {"address.complement": "casa 2"})
    clash(refused, ("7", "f-address-number"), (customer.complement, "f-address-complement"))


def test_an_order_s_lines_of_one_and_freight_of_the_other_are_both_kept(client, order, db):
    path = f"/sales/{order.id}/edit"
    first, second = opened(client, path, "freight"), opened(client, path, "freight")
    assert client.post(path, data=first | {"lines.0.quantity": "5"}).status_code == 303
    assert client.post(path, data=second | {"freight": "7.00"}).status_code == 303
    db.session.refresh(order)
    assert ([line.quantity for line in order.lines], str(order.freight)) == ([5], "7.00")
    refused = client.post(path, data=second | {"lines.0.quantity": "3"})
    assert "5 × A (10.00)" in clash(refused)


def test_an_order_s_lines_are_put_together_line_by_line(client, order, db):
    path = f"/sales/{order.id}/edit"
    first, second = opened(client, path, "freight"), opened(client, path, "freight")
    assert client.post(path, data=first | {"lines.0.quantity": "5"}).status_code == 303
    more = {"lines.1.sku": "B", "lines.1.quantity": "1", "lines.0.unit_price": "8.00"}
    more["lines.0.price_reason"] = "Scratched"
    assert client.post(path, data=second | more).status_code == 303
    db.session.refresh(order)
    lines = [(line.sku, line.quantity, str(line.unit_price)) for line in order.lines]
    assert lines == [("A", 5, "8.00"), ("B", 1, "10.00")]


@pytest.mark.parametrize("begun", ["[", "[1]", "[" * 9000, '{"name": 1}'])
def test_what_a_form_began_with_is_not_trusted_to_be_readable(client, db, begun):
    sign_in(client)
    product = make_product(price="10.00", stock=10)
    typed = {"price": "11.00", "stock": "10", "seen": "10", "version": "0", "begun": begun}
    clash(row(client, product, **typed), ("10.00", f"row-{product.id}-price"))
