"""Who sees a person's CPF: the reviewers and those above them, and the accountant. A clerk reads it
masked on every page and in every answer; where it is changed, and in the NF-e itself, it stands."""

import json

import pytest

from tests.factories import (
    CUSTOMER,
    api,
    make_product,
    make_sale,
    make_token,
    open_shop,
    sign_in,
    work_off,
)
from webapp.invoices.models import Invoice
from webapp.platform.database import db as database

BARE, WRITTEN, MASKED = "11144477735", "111.444.777-35", "•••.444.777-••"
CNPJ = "11222333000181"
SEE = {"clerk": False, "reviewer": True, "manager": True, "admin": True, "accountant": True}


@pytest.fixture
def sold(db):
    open_shop()
    make_product(sku="BOOK-1")
    sale = make_sale(sku="BOOK-1")
    held = make_sale(sku="BOOK-1", customer=CUSTOMER | {"name": "Ana & Cia", "document": CNPJ})
    work_off()
    return sale, held


def pages(sale) -> list[str]:
    slip, invoice = (
        database.session.scalar(database.text(f"SELECT id FROM {table} WHERE sale_id = {sale.id}"))
        for table in ("packing_slips", "invoices")
    )
    return [
        "/customers",
        f"/customers/{sale.customer_id}",
        f"/sales/{sale.id}",
        "/sales/export.csv",
        f"/invoices/{invoice}",
        f"/packing-slips/{slip}",
        f"/packing-slips/print?ids={slip}",
        "/search?q=Concei%C3%A7%C3%A3o",
    ]


def test_pages_show_a_persons_document_to_who_may_see_it(client, db, sold):
    sale, _company = sold
    addresses = pages(sale)
    for role, sees in SEE.items():
        sign_in(client, role)
        whole = masked = 0
        for address in addresses:
            answer = client.get(address, buffered=True)
            if answer.status_code == 200:
                shown = BARE in answer.text or WRITTEN in answer.text
                assert sees or not shown, (role, address)
                whole, masked = whole + shown, masked + (MASKED in answer.text)
        assert whole >= 2 if sees else masked >= 6, role


def test_answers_tell_it_by_the_role_of_the_token(client, db, sold):
    sale, company = sold
    read = [f"/sales/{sale.id}", "/sales", f"/sales/{sale.id}/packing-slip"]
    customers = [f"/customers/{sale.customer_id}", "/customers"]
    for role, sees in SEE.items():
        calls = api(client, make_token(role, name=role))
        for path in read + (customers if role != "accountant" else []):
            text = json.dumps(calls.get(path).json, ensure_ascii=False)
            assert (BARE in text, MASKED in text) == (sees, not sees), (role, path)
        assert calls.get(f"/sales/{company.id}").json["customer"]["document"] == CNPJ


def test_who_sends_a_document_is_told_it_as_it_was_kept(client, db, sold):
    calls = api(client, make_token())
    body = {
        "payment_method": "pix",
        "customer": CUSTOMER,
        "address": {"zip_code": "05010-000", "number": "100"},
        "lines": [{"sku": "BOOK-1", "quantity": 1}],
    }
    for _twice in range(2):
        answer = calls.post("/sales", body, Idempotency_Key="own")
        assert answer.json["customer"]["document"] == BARE
    made = calls.post("/customers", {"name": "Maria", "document": "529.982.247-25"})
    assert made.json["document"] == "52998224725"


def test_the_draft_of_a_note_is_masked_too(client, db, sold):
    sale, _company = sold
    invoice = db.session.scalars(db.select(Invoice).where(Invoice.sale_id == sale.id)).one()
    invoice.signed_xml = None
    db.session.commit()
    for role, whole in (("clerk", False), ("reviewer", True)):
        sign_in(client, role)
        page = client.get(f"/invoices/{invoice.id}").text
        assert (f"&lt;CPF&gt;{BARE}&lt;" in page) == whole


def test_what_a_clerk_changes_and_the_legal_file_are_whole(client, db, sold):
    sale, _company = sold
    sign_in(client, "clerk")
    invoice = db.session.scalars(db.select(Invoice).where(Invoice.sale_id == sale.id)).one()

    assert WRITTEN in client.get(f"/customers/{sale.customer_id}/edit").text
    assert f"<CPF>{BARE}</CPF>" in client.get(f"/invoices/{invoice.id}/xml").text
