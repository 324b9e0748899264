"""Who sells within a limit below the catalog's prices does not lower those prices themselves."""

import html
from decimal import Decimal

import pytest

from tests.catalog.test_product_pages import FORM
from tests.factories import api, make_product, make_token, open_shop, sign_in
from webapp.catalog.models import Product
from webapp.platform.database import db as database
from webapp.store.queries import the_shop


@pytest.fixture
def shop(db):
    open_shop()
    return the_shop()


def save_row(client, product: Product, price: str):
    fields = {"version": product.version, "seen": product.stock, "price": price, "stock": "90"}
    return client.post(f"/products/{product.id}/row", data=fields)


def save_form(client, product: Product, price: str):
    fields = FORM | {"version": product.version, "price": price, "name": "Renamed"}
    return client.post(f"/products/{product.id}", data=fields)


def kept_price(product: Product) -> Decimal:
    database.session.expire_all()
    return database.session.get_one(Product, product.id).price


@pytest.mark.parametrize("role", ["clerk", "reviewer"])
@pytest.mark.parametrize("save", [save_row, save_form])
def test_who_has_a_limit_raises_a_price_but_does_not_lower_it(client, shop, role, save):
    product = make_product(price="100.00")
    sign_in(client, role)
    refused = save(client, product, "0.01")
    page = html.unescape(refused.text)
    assert refused.status_code == 422 and "Only a manager lowers a product's price" in page
    assert 'value="0.01"' in page and ('value="90"' in page or 'value="Renamed"' in page)
    assert kept_price(product) == Decimal("100.00") and product.stock == 100
    for price in ("100.00", "120.00"):
        assert save(client, product, price).status_code in (200, 303)
        assert kept_price(product) == Decimal(price)


@pytest.mark.parametrize("save", [save_row, save_form])
def test_a_manager_and_who_has_no_limit_lower_a_price(client, shop, db, save):
    product = make_product(price="100.00")
    sign_in(client, "manager")
    assert save(client, product, "90.00").status_code in (200, 303)
    shop.clerk_discount_limit = None
    db.session.commit()
    sign_in(client)
    assert save(client, product, "80.00").status_code in (200, 303)
    the_shop().clerk_prices_locked = True
    db.session.commit()
    assert save(client, product, "70.00").status_code == 422
    assert kept_price(product) == Decimal("80.00")


def test_whose_prices_are_locked_adds_no_product_at_a_price_of_their_own(client, shop, db):
    typed = {"sku": "NEW", "name": "Caneca", "kind": "physical", "price": "0.01", "stock": "9"}
    shop.clerk_prices_locked = True
    db.session.commit()
    sign_in(client)
    refused = client.post("/products", data=typed)
    assert refused.status_code == 422 and "ask one to add the product" in refused.text
    sign_in(client, "manager")
    assert client.post("/products", data=typed).status_code == 303


def test_a_program_brings_the_prices_that_the_shop_decided(client, shop):
    product = make_product(sku="MUG", price="100.00")
    calls = api(client, make_token("clerk"))
    assert calls.patch("/products/MUG", {"price": "90.00"}).status_code == 200
    assert kept_price(product) == Decimal("90.00")
