"""What products lack is written in their list, cell by cell."""

from decimal import Decimal

import pytest
from lxml import html

from tests.factories import make_product, sign_in
from webapp.catalog.models import Product
from webapp.platform.database import db as database


@pytest.fixture
def staff(client, db):
    sign_in(client, "manager")
    return client


def save(client, product: Product, name: str, value: str, seen: str = ""):
    return client.post(f"/products/{product.id}/cells/{name}", data={"value": value, "seen": seen})


def kept(product: Product, name: str):
    database.session.expire_all()
    return getattr(database.session.get_one(Product, product.id), name)


@pytest.mark.parametrize(
    ("name", "written", "saved"),
    [
        ("ncm", "4901.99.00", "49019900"),
        ("gtin", "7891910000197", "7891910000197"),
        ("weight_g", "320", 320),
        ("price", "12.50", Decimal("12.50")),
        ("cost", "0.99", Decimal("0.99")),
        ("tax_profile", "goods", "goods"),
    ],
)
def test_each_cell_is_saved_by_itself(staff, db, name, written, saved):
    product = make_product(ncm="", gtin="", weight_g=0, price="0.00", stock=7)
    version = product.version
    page = html.fromstring(staff.get("/products?view=lacks").text)
    (cell,) = page.xpath(f"//*[@data-cell='{name}']")
    assert cell.get("hx-post") == f"/products/{product.id}/cells/{name}"
    answer = save(staff, product, name, written)
    assert answer.status_code == 200 and "cell-saved" in answer.text
    assert kept(product, name) == saved and product.stock == 7
    assert product.version == version + 1
    # Sent twice, with what was seen before: it is so already.
    assert save(staff, product, name, written).status_code == 200
    assert kept(product, "version") == version + 1


@pytest.mark.parametrize(
    ("name", "written", "said"),
    [
        ("ncm", "123", "The NCM has 8 digits"),
        ("gtin", "7891910000190", "last digit does not fit"),
        ("weight_g", "heavy", "Use a whole number."),
        ("price", "-1", "It cannot be negative."),
        ("cost", "dear", "This is not an amount"),
        ("tax_profile", "none", "There is no tax profile"),
    ],
)
def test_a_cell_that_cannot_be_so_keeps_what_was_typed_and_says_why(staff, db, name, written, said):
    product = make_product(ncm="", weight_g=0, price="0.00")
    answer = save(staff, product, name, written)
    assert answer.status_code == 422
    assert said in answer.text and 'aria-invalid="true"' in answer.text
    assert name == "tax_profile" or f'value="{written}"' in answer.text
    assert product.version == kept(product, "version")


def test_what_somebody_else_wrote_meanwhile_is_not_overwritten(staff, db):
    product = make_product(cost=None)
    product.cost = Decimal("5.00")
    db.session.commit()
    answer = save(staff, product, "cost", "7.00")
    assert answer.status_code == 422 and "It is 5.00 by now." in answer.text
    assert kept(product, "cost") == Decimal("5.00")
    assert save(staff, product, "cost", "7.00", seen="5.00").status_code == 200
    assert kept(product, "cost") == Decimal("7.00")


def test_a_clerk_fills_a_price_but_does_not_lower_one(client, db):
    sign_in(client)
    product = make_product(price="0.00")
    assert save(client, product, "price", "10.00").status_code == 200
    refused = save(client, product, "price", "9.00", seen="10.00")
    assert refused.status_code == 422 and "Only a manager lowers" in refused.text
    assert kept(product, "price") == Decimal("10.00")


def test_only_what_products_lack_is_a_cell(staff, db):
    make_product(sku="EB", kind="ebook", price="0.00")
    page = html.fromstring(staff.get("/products?view=lacks").text)
    assert page.xpath("//*[@data-cell]/@data-cell") == ["price"]
    assert staff.post("/products/1/cells/name", data={"value": "x"}).status_code == 404
