"""What may be done to a sale while it is open, and not any more after."""

import pytest

from tests.factories import ADDRESS, api, make_product, make_sale, make_token, open_shop, work_off
from webapp.audit.models import AuditEntry


@pytest.fixture
def checkout(client, db):
    return api(client, make_token())


@pytest.mark.both_databases
def test_a_part_of_it_is_changed_and_the_rest_stays(checkout, db):
    product = make_product(price="10.00", stock=10)
    sale = make_sale(sku=product.sku, quantity=3, paid=False, reference="WEB-1")
    answer = checkout.patch(
        f"/sales/{sale.id}", {"freight": "5.00", "customer": {"phone": "1133334444"}}
    )
    assert answer.status_code == 200
    told = answer.json
    assert (told["total"], told["reference"], told["customer"]["phone"]) == (
        "35.00",
        "WEB-1",
        "1133334444",
    )
    assert told["customer"]["name"] == "José da Conceição" and told["status"] == "open"
    db.session.expire_all()
    assert product.stock == 7


def test_its_lines_are_replaced_and_the_stock_follows(checkout, db):
    old, new = make_product(stock=10), make_product(stock=10)
    sale = make_sale(sku=old.sku, quantity=3, paid=False)
    told = checkout.patch(f"/sales/{sale.id}", {"lines": [{"sku": new.sku, "quantity": 4}]}).json
    assert [(line["sku"], line["quantity"]) for line in told["lines"]] == [(new.sku, 4)]
    db.session.expire_all()
    assert (old.stock, new.stock) == (10, 6)


def test_what_was_changed_is_kept_in_the_audit(checkout, db):
    product = make_product(sku="MUG", price="10.00", stock=10)
    sale = make_sale(sku=product.sku, quantity=3, paid=False)
    lines = [{"sku": "MUG", "quantity": 2, "unit_price": "15.00"}]
    checkout.patch(f"/sales/{sale.id}", {"customer": {"phone": "1133334444"}, "lines": lines})
    kept = db.session.scalars(
        db.select(AuditEntry).where(AuditEntry.action == "changed", AuditEntry.subject == "sales")
    )
    after = {name: value for entry in kept for name, value in entry.after.items()}
    assert {"customer_phone": "1133334444", "lines": "2 × MUG (15.00)"}.items() <= after.items()


@pytest.mark.both_databases
def test_a_change_beyond_the_stock_changes_nothing(checkout, db):
    product = make_product(stock=5)
    sale = make_sale(sku=product.sku, quantity=3, paid=False)
    answer = checkout.patch(f"/sales/{sale.id}", {"lines": [{"sku": product.sku, "quantity": 6}]})
    assert answer.status_code == 409 and answer.json["errors"][0]["field"] == "lines.0.quantity"
    db.session.expire_all()
    assert product.stock == 2 and sale.lines[0].quantity == 3


@pytest.mark.parametrize(
    "body",
    [
        {"nonsense": 1},
        {"customer": "José"},
        {"lines": []},
        {"freight": 5},
        {"address": {"zip": "1"}},
    ],
)
def test_a_change_is_read_as_strictly_as_a_sale(checkout, db, body):
    sale = make_sale(paid=False)
    assert checkout.patch(f"/sales/{sale.id}", body).status_code == 422


@pytest.mark.parametrize("body", ["[]", "null", '"text"', "{", "NaN"])
def test_a_change_is_an_object(checkout, db, body):
    sale = make_sale(paid=False)
    assert checkout.patch(f"/sales/{sale.id}", body).status_code == 422


@pytest.mark.both_databases
def test_cancelled_it_gives_its_stock_back_once(checkout, db):
    product = make_product(stock=5)
    sale = make_sale(sku=product.sku, quantity=3, paid=False)
    assert checkout.delete(f"/sales/{sale.id}").status_code == 204
    assert checkout.delete(f"/sales/{sale.id}").status_code == 204
    db.session.expire_all()
    assert (sale.status, product.stock) == ("cancelled", 5)
    assert checkout.post(f"/sales/{sale.id}/payment").status_code == 409
    assert checkout.patch(f"/sales/{sale.id}", {"freight": "1.00"}).status_code == 409


def test_paid_it_is_neither_changed_nor_cancelled(checkout, db):
    sale = make_sale()
    assert checkout.patch(f"/sales/{sale.id}", {"freight": "1.00"}).status_code == 409
    assert checkout.delete(f"/sales/{sale.id}").status_code == 409


def test_a_mended_address_keeps_what_was_left_out_and_goes_on(checkout, db):
    open_shop()
    sale = make_sale(address=ADDRESS | {"number": ""})
    work_off()
    answer = checkout.patch(f"/sales/{sale.id}/address", {"number": "77"})
    assert (
        answer.status_code == 200
        and answer.json["status"] == "address"
        and answer.json["address"]["zip_code"] == "05010-000"
    )
    work_off()
    assert checkout.get(f"/sales/{sale.id}").json["status"] == "invoiced"
    assert checkout.patch(f"/sales/{sale.id}/address", {"number": "78"}).status_code == 409


def test_another_cep_brings_its_own_street(checkout, db):
    open_shop()
    sale = make_sale(address={"zip_code": "05010-000", "number": ""})
    work_off()
    checkout.patch(f"/sales/{sale.id}/address", {"zip_code": "40140-650", "number": "1"})
    work_off()
    told = checkout.get(f"/sales/{sale.id}").json
    assert (told["address"]["city"], told["status"]) == ("Salvador", "invoiced")
