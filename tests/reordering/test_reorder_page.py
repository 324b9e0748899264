"""What is low is listed with what to order by what was sold."""

import datetime as dt

import pytest
from lxml import html
from sqlalchemy import update

from tests.factories import Api, make_product, make_sale, make_token, sign_in
from webapp.catalog.models import Product, StockMovement
from webapp.platform.clock import utc_now
from webapp.reordering.queries import reorders, sold_since
from webapp.sales.placing import cancel_open


def sell(sku, quantity):
    sale = make_sale(paid=False, lines=[{"sku": sku, "quantity": quantity}])
    return sale.id, sale


def aged(db, sale_id, days):
    moment = utc_now() - dt.timedelta(days=days)
    db.session.execute(
        update(StockMovement).where(StockMovement.sale_id == sale_id).values(at=moment)
    )
    db.session.commit()


def of(db, product, days=30):
    db.session.expire_all()
    (row,) = reorders([product], days)
    return row.sold, row.days_left, row.quantity


@pytest.mark.both_databases
def test_what_sold_in_thirty_days_tells_how_much(db):
    product = make_product(sku="BAG", stock=20, low_stock=8)
    sell("BAG", 7)
    old, _sale = sell("BAG", 5)
    aged(db, old, 31)
    # 8 left, 7 sold in 30 days: they last 34 days; for 45 days it takes 10.5, so 11.
    assert of(db, product) == (7, 34, 1)
    assert of(db, product, days=45) == (7, 34, 3)


@pytest.mark.both_databases
def test_what_came_back_was_not_sold(db):
    product = make_product(sku="BAG", stock=10, low_stock=10)
    sell("BAG", 4)
    _id, sale = sell("BAG", 3)
    cancel_open(sale, "order cancelled")
    db.session.commit()
    assert sold_since([product.id], utc_now() - dt.timedelta(days=30)) == {product.id: 4}


def test_without_sales_it_comes_back_over_its_level(db):
    assert of(db, make_product(stock=2, low_stock=5)) == (0, None, 4)


@pytest.mark.both_databases
def test_the_page_lists_by_supplier_with_values(client, db):
    make_product(sku="A", name="Agenda", stock=1, low_stock=5, supplier="Zeta", cost="2.50")
    make_product(sku="B", name="Bolsa", stock=0, low_stock=0, supplier="Alba")
    make_product(sku="C", name="Caneca", stock=9, low_stock=5, supplier="Alba")
    sign_in(client)
    rows = html.fromstring(client.get("/products/reorder").text).xpath("//tr[@id]")
    assert [row.xpath("string(th/a)") for row in rows] == ["Bolsa", "Agenda"]
    assert " ".join(rows[1].text_content().split()).endswith("Zeta 1 5 0 — 5 R$12.50")
    page = client.get("/products/reorder").text
    assert "R$12.50 at cost · of 1 product the cost is not known" in page
    page = client.get("/products/reorder?supplier=Alba").text
    assert "This page: — at cost" in page and "R$0.00" not in page
    page = client.get("/products/reorder?supplier=Zeta").text
    assert "Agenda" in page and "Bolsa" not in page and "R$12.50 at cost" in page
    assert "Daily e-mail" not in page
    assert client.get("/products/reorder?sort=nothing").status_code == 422
    assert "/products/reorder" in client.get("/products?view=low").text


def test_a_manager_sets_for_how_many_days(client, db):
    make_product(sku="BAG", stock=3, low_stock=3)
    sell("BAG", 3)
    db.session.execute(update(Product).where(Product.sku == "BAG").values(low_stock=0))
    db.session.commit()
    sign_in(client, "manager")
    form = {"reorder_days": "400"}
    assert client.post("/products/reorder/settings", data=form).status_code == 422
    assert client.post("/products/reorder/settings", data={"reorder_days": "60"}).status_code == 303
    (row,) = html.fromstring(client.get("/products/reorder").text).xpath("//tr[@id]")
    assert row.xpath("string(.//td//strong)") == "6"


def test_programs_read_the_same_list(client, db):
    make_product(sku="BAG", supplier="Sul", stock=3, low_stock=5, cost="2.00")
    make_product(sku="CUP", supplier="Norte", stock=1, low_stock=1)
    make_product(sku="PEN", stock=9, low_stock=1)
    calls = Api(client, make_token("clerk"))
    cup, bag = calls.get("/reorder").json["items"]
    assert (cup["sku"], cup["quantity"], cup["value"]) == ("CUP", 1, None)
    assert (bag["sku"], bag["quantity"], bag["value"]) == ("BAG", 3, "6.00")
    assert calls.get("/reorder?supplier=Sul").json == {"items": [bag], "next_cursor": None}
