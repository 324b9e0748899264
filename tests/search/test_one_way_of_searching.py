"""A person, a phone, a part of a document, a city or a code is found in every place alike."""

import flask_migrate
import pytest
from sqlalchemy import select, text

from tests.factories import Api, make_product, make_sale, make_token, open_shop, sign_in, work_off
from webapp import migrations
from webapp.invoices.models import Invoice
from webapp.sales.models import Sale

BUYER = {
    "name": "Joaquína Pedro de Souzà",
    "document": "12ABC34501DE35",
    "email": "jo@example.com",
    "phone": "(11) 98765-4321",
}
WRITTEN = [
    "joaquina souza",
    "SOUZA Joaquína",
    "(11) 98765-4321",
    "98765-4321",
    "11987654321",
    "C34.501",
    "12.abc.345",
    "são paulo",
    "05010-000",
    "05010000",
]


def places(client, q: str) -> dict[str, bool]:
    """Whether the buyer is found, by the place asked."""
    name = BUYER["name"]
    found = {"query_string": {"q": q}, "follow_redirects": True}
    return {
        "orders": name in client.get("/sales", **found).text,
        "customers": name in client.get("/customers", **found).text,
        "picker": name in client.post("/sales/customers", data={"customer_search": q}).text,
        "search box": name in client.get("/search", **found).text,
    }


@pytest.mark.both_databases
def test_a_buyer_is_found_alike_in_every_place(client, db):
    make_sale(customer=BUYER, address=ADDRESS_TYPED)
    make_sale(address={"zip_code": "40140-650", "number": "1"})
    sign_in(client)
    calls = Api(client, make_token())
    for written in WRITTEN:
        assert set(places(client, written).values()) == {True}, (written, places(client, written))
        found = calls.call("GET", f"/sales?q={written.replace(' ', '%20')}")
        names = [sale["customer"]["name"] for sale in found.json["items"]]
        assert names == [BUYER["name"]], written


ADDRESS_TYPED = {"zip_code": "05010-000", "number": "100", "city": "São Paulo", "state": "SP"}


def test_every_word_must_fit(client, db):
    make_sale(customer=BUYER, address=ADDRESS_TYPED)
    sign_in(client)
    for written in ("joaquina silva", "98765-0000", "C34.502", "campinas"):
        assert not any(places(client, written).values()), (written, places(client, written))


@pytest.mark.parametrize("written", ["web2004", "WEB-2004", "web 2004"])
def test_an_order_is_found_by_its_reference_with_or_without_its_dash(client, db, written):
    make_sale(reference="WEB-2004")
    sign_in(client)
    assert "WEB-2004" in client.get("/sales", query_string={"q": written}).text


def test_what_a_later_step_or_person_fills_in_is_found_too(client, db):
    open_shop()
    sale = make_sale(address={"zip_code": "05010-000", "number": "100"})
    work_off()
    sale.tracking_code = "AA123456785BR"
    db.session.commit()
    sign_in(client)
    for written in ("sao paulo", "aa123456785br", "AA 123456785 BR"):
        page = client.get("/search", query_string={"q": written}, follow_redirects=True).text
        assert sale.reference in page, written


@pytest.mark.parametrize("written", ["1-000001", "1/1", " 1 - 000001 "])
def test_an_nfe_is_found_as_lists_print_it(client, db, written):
    open_shop()
    make_sale()
    work_off()
    invoice = db.session.scalars(select(Invoice)).one()
    sign_in(client)
    assert client.get("/search", query_string={"q": written}).location == f"/invoices/{invoice.id}"
    sign_in(client, "reviewer")
    for asked in (written, invoice.access_key):
        listed = client.get("/sales", query_string={"q": asked}, follow_redirects=True).text
        assert f'id="sale-{invoice.sale_id}"' in listed, asked
    assert f'id="sale-{invoice.sale_id}"' not in client.get("/sales?q=2-000001").text
    page = client.get("/invoices", query_string={"q": written}).text
    assert f"/invoices/{invoice.id}" in page
    assert f"/invoices/{invoice.id}" not in client.get("/invoices?q=2-000001").text


def test_the_product_list_and_the_order_form_find_a_code_without_its_dash(client, db):
    make_product(sku="FI-0002", name="Fivela de bota")
    sign_in(client)
    for written in ("fi0002", "fi-0002", "bota fivela"):
        assert "Fivela" in client.get("/products", query_string={"q": written}).text, written
        offered = client.get("/sales/products", query_string={"lines.0.sku": written}).text
        assert 'value="FI-0002"' in offered, written


@pytest.mark.operations
@pytest.mark.both_databases
def test_orders_from_before_are_found_after_the_migration(app, db):
    sale = make_sale(customer=BUYER, address=ADDRESS_TYPED)
    wanted = {
        name: db.session.scalar(text(f"SELECT search_text FROM {name}"))
        for name in ("sales", "customers", "products")
    }
    assert wanted["sales"] == sale.text_to_search()
    for name in wanted:
        db.session.execute(text(f"UPDATE {name} SET search_text = 'x'"))
    db.session.commit()
    migrations.bind(app)
    flask_migrate.downgrade(revision="0005")
    flask_migrate.upgrade()
    for name, expected in wanted.items():
        assert db.session.scalar(text(f"SELECT search_text FROM {name}")) == expected, name
    assert db.session.scalars(select(Sale)).one().version == sale.version
