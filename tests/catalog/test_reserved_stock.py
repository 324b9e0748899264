"""What may be sold, what orders have reserved, and what stands on the shelf."""

import pytest
from lxml import html

from tests.factories import make_product, make_sale, open_shop, sign_in, work_off
from tests.support.processed_sales import book, publish, sold
from tests.support.sale_reversals import cancel, manager, refund, videos_with_a_gift
from webapp.sales.placing import cancel_open

pytestmark = pytest.mark.both_databases


@pytest.fixture
def calls(client, db):
    open_shop()
    return manager(client)


def stock_of(calls, sku):
    told = calls.get(f"/products/{sku}").json
    (listed,) = [each for each in calls.get("/products").json["items"] if each["sku"] == sku]
    assert listed == told
    return told["stock"], told["reserved"], told["held"]


def lines(sku, quantity=3):
    return [{"sku": sku, "quantity": quantity}]


def ship(calls, sale):
    shipped = {"carrier": "Correios", "tracking_code": "BR1"}
    assert calls.post(f"/sales/{sale.id}/shipment", shipped).status_code == 200


def test_an_order_reserves_until_it_is_shipped(calls, db):
    sku = book(stock=10)
    assert stock_of(calls, sku) == (10, 0, 10)
    sale = sold(lines=lines(sku))
    assert stock_of(calls, sku) == (7, 3, 10)
    ship(calls, sale)
    assert stock_of(calls, sku) == (7, 0, 7)


def test_one_that_is_not_paid_reserves_until_it_is_dropped(calls, db):
    sku = book(stock=10)
    sale = make_sale(paid=False, lines=lines(sku))
    assert stock_of(calls, sku) == (7, 3, 10)
    cancel_open(sale, "not paid in time")
    db.session.commit()
    assert stock_of(calls, sku) == (10, 0, 10)


def test_a_changed_order_reserves_what_it_has_by_now(calls, db):
    sku = book(stock=10)
    sale = make_sale(paid=False, lines=lines(sku))
    assert calls.patch(f"/sales/{sale.id}", {"lines": lines(sku, 5)}).status_code == 200
    assert stock_of(calls, sku) == (5, 5, 10)


def test_a_cancelled_order_reserves_nothing(calls, db):
    sku = book(stock=10)
    sale = sold(lines=lines(sku))
    assert cancel(calls, sale).status_code == 200
    assert stock_of(calls, sku) == (10, 0, 10)


def test_of_a_shipped_order_that_is_cancelled_nothing_is_back(calls, db):
    sku = book(stock=10)
    sale = sold(lines=lines(sku))
    ship(calls, sale)
    assert cancel(calls, sale).status_code == 200
    assert stock_of(calls, sku) == (7, 0, 7)


def test_what_is_refunded_before_it_ships_is_reserved_no_longer(calls, db):
    sku = book(stock=10)
    sale = sold(lines=lines(sku))
    assert refund(calls, sale, (1, 1)).status_code == 200
    assert stock_of(calls, sku) == (8, 2, 10)
    assert refund(calls, sale, (1, 2)).status_code == 200
    assert stock_of(calls, sku) == (10, 0, 10)


def test_goods_that_come_back_after_they_left_are_nobodys(calls, db):
    sku = book(stock=10)
    sale = sold(lines=lines(sku))
    ship(calls, sale)
    asked = {"lines": [{"line": 1, "quantity": 2}], "reason": "wrong colour"}
    returned = calls.post(f"/sales/{sale.id}/returns", asked)
    assert returned.status_code == 202
    work_off()
    if calls.get(f"/invoices/{returned.json['invoice']['id']}").json["status"] == "review":
        calls.post(f"/invoices/{returned.json['invoice']['id']}/approval")
        work_off()
    assert stock_of(calls, sku) == (9, 0, 9)


def test_a_gift_is_reserved_with_its_order(calls, db):
    videos_with_a_gift(stock=4)
    sold("VD-1")
    assert stock_of(calls, "VD-2") == (3, 1, 4)


def test_goods_of_a_closed_order_without_a_parcel_are_gone(calls, db):
    """No rule of this shop writes packing slips: they are handed over the counter."""
    publish([])
    sku = book(stock=10)
    sale = sold(lines=lines(sku))
    assert (sale.status, sale.shipping) == ("invoiced", "none")
    assert stock_of(calls, sku) == (7, 0, 7)


def test_what_keeps_no_stock_has_none_of_it(calls, db):
    sku = make_product(kind="ebook").sku
    assert stock_of(calls, sku) == (None, None, None)


def test_the_pages_tell_it(client, db):
    open_shop()
    sku = book(stock=10)
    sale = sold(lines=lines(sku))
    sign_in(client)
    assert "3 reserved" in client.get("/products").text
    page = client.get(f"/products/{sale.lines[0].product_id}").text
    facts = dict(
        zip(
            *(html.fromstring(page).xpath(f"//dl/div/{part}") for part in ("dt", "dd")), strict=True
        )
    )
    told = {term.text_content(): value.text.strip() for term, value in facts.items()}
    assert (told["Available"], told["Reserved"], told["Held"]) == ("7", "3", "10")
