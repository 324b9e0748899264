"""A price that a person typed over has a reason; so has a refund, from the shop's own list."""

import pytest

from tests.factories import (
    CUSTOMER,
    api,
    make_product,
    make_sale,
    make_token,
    open_shop,
    sale_body,
    sign_in,
    work_off,
)
from tests.sales.test_form import TYPED
from webapp.audit.models import AuditEntry
from webapp.sales.models import Refund, Sale
from webapp.store.queries import the_shop

LINE = {"lines.0.sku": "MUG", "lines.0.quantity": "1", "lines.0.unit_price": "9.00"}


@pytest.mark.parametrize("role", ["clerk", "manager"])
def test_a_price_typed_over_is_not_taken_without_a_reason(client, db, role):
    sign_in(client, role)
    make_product(sku="MUG", price="10.00")
    refused = client.post("/sales", data=TYPED | LINE | {"lines.0.price_reason": ""})
    assert refused.status_code == 422 and 'id="f-lines-0-price_reason-error"' in refused.text
    made = client.post("/sales", data=TYPED | LINE | {"lines.0.price_reason": "Riscada"})
    assert made.status_code == 303
    sale = db.session.scalars(db.select(Sale)).one()
    assert sale.lines[0].price_reason == "Riscada"
    page = client.get(made.location).text
    assert page.count("Riscada") == 2 and "Price typed over" in page
    assert "1 × MUG (R$9.00): Riscada" in page.replace("\xa0", "")
    told = db.session.scalars(db.select(AuditEntry).where(AuditEntry.action == "repriced")).one()
    assert (told.why, told.after) == ("Riscada", {"lines": "1 × MUG (9.00)"})


def test_the_catalog_s_price_and_one_that_it_had_before_need_none(client, db):
    sign_in(client)
    make_product(sku="MUG", price="10.00")
    lines = [{"sku": "MUG", "quantity": 1, "unit_price": "9.00"}]
    sale = make_sale(lines=lines, paid=False)
    bare = {"lines.0.price_reason": "", "version": sale.version}
    bare["customer.name"] = CUSTOMER["name"]
    saved = client.post(f"/sales/{sale.id}/edit", data=TYPED | LINE | bare)
    assert saved.status_code == 303
    at_catalog = TYPED | LINE | bare | {"lines.0.unit_price": "10.00"}
    assert client.post("/sales", data=at_catalog).status_code == 303


def test_a_program_may_tell_one_and_is_not_asked(client, db):
    make_product(sku="BOOK-1", price="10.00")
    calls = api(client, make_token())
    line = {"sku": "BOOK-1", "quantity": 1, "unit_price": "8.00"}
    bare = calls.post("/sales", sale_body(lines=[line]))
    told = calls.post("/sales", sale_body(lines=[line | {"price_reason": "Coupon X"}]))
    assert [answer.json["lines"][0]["price_reason"] for answer in (bare, told)] == ["", "Coupon X"]


@pytest.fixture
def paid(client, db):
    open_shop()
    sign_in(client, "manager")
    sale = make_sale(sku=make_product().sku, quantity=2)
    work_off()
    return sale


def test_a_refund_s_reason_is_chosen_from_the_shop_s_own(client, paid, db):
    assert "Arrived damaged" in client.get(f"/sales/{paid.id}/refunds/new").text
    the_shop().give_back_reasons = "Cor errada\n\nOutra loja"
    db.session.commit()
    page = client.get(f"/sales/{paid.id}/refunds/new").text
    assert "Cor errada" in page and "Arrived damaged" not in page
    path, unit = f"/sales/{paid.id}/refunds", {"quantity.1": "1"}
    nothing = client.post(path, data=unit | {"reason": "", "details": " "})
    assert nothing.status_code == 422 and 'id="f-reason-error"' in nothing.text
    told = unit | {"reason": "Cor errada", "details": "azul em vez de verde"}
    assert client.post(path, data=told).status_code == 303
    assert client.post(path, data=unit | {"reason": "", "details": "Presente"}).status_code == 303
    reasons = db.session.scalars(db.select(Refund.reason).order_by(Refund.id)).all()
    assert reasons == ["Cor errada: azul em vez de verde", "Presente"]
