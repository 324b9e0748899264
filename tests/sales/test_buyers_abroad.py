"""A buyer abroad has a passport, or nothing, where others have a CPF or CNPJ."""

import re

import pytest
from lxml import etree

from tests.factories import (
    api,
    make_product,
    make_token,
    open_shop,
    sale_body,
    sign_in,
    work_off,
)
from webapp.customers.forms import AddressIn, NoteAddressIn
from webapp.customers.models import Customer
from webapp.http.forms import parse
from webapp.platform.documents import document_kind, format_document, masked_document
from webapp.platform.errors import Invalid
from webapp.sales.models import Sale

ANA = {"name": "Ana Rita Lopes", "email": "ana@example.pt"}
LISBON = {"country": "PT", "zip_code": "1100-048", "city": "Lisboa", "street": "Rua Augusta 12"}
PASSPORT = {"document": "cc 123.456"}


@pytest.fixture
def checkout(client, db):
    make_product(sku="BOOK-1")
    open_shop()
    return api(client, make_token("reviewer"))


def sent(checkout, customer, address=LISBON, **more):
    return checkout.post("/sales", sale_body(customer=customer, address=address, **more))


def recipient(checkout, answer):
    """The NF-e's, as it was authorized."""
    work_off()
    told = checkout.get(f"/sales/{answer.json['id']}").json
    assert told["status"] == "invoiced", told["attention"]
    xml = checkout.get(f"/invoices/{told['invoice']['id']}/xml").data
    return etree.fromstring(xml).find(".//{*}dest")


@pytest.mark.both_databases
def test_a_passport_stands_in_the_nfe(checkout, db):
    answer = sent(checkout, ANA | PASSPORT)
    assert (answer.status_code, answer.json["customer"]["document"]) == (201, "CC123456")
    dest = recipient(checkout, answer)
    assert dest.findtext("{*}idEstrangeiro") == "CC123456"
    assert dest.find("{*}CPF") is None and dest.findtext(".//{*}xPais") == "PORTUGAL"
    assert sent(checkout, ANA | PASSPORT).json["customer"]["id"] == answer.json["customer"]["id"]


def test_a_cpf_is_no_document_of_another_country(checkout, db):
    answer = sent(checkout, ANA | {"document": "529.982.247-25"})
    assert answer.json["customer"]["document"] == "52998224725"
    dest = recipient(checkout, answer)
    assert dest.findtext("{*}idEstrangeiro") == "" and dest.find("{*}CPF") is None


@pytest.mark.both_databases
def test_without_a_document_one_is_known_by_name_and_address(checkout, db):
    first = sent(checkout, ANA)
    assert (first.status_code, first.json["customer"]["document"]) == (201, "")
    assert recipient(checkout, first).findtext("{*}idEstrangeiro") == ""
    again = sent(checkout, ANA | {"name": "ANA  RITA LOPES", "document": ""})
    assert again.json["customer"]["id"] == first.json["customer"]["id"]
    others = [sent(checkout, ANA | change) for change in ({"name": "Rui"}, {"email": ""})]
    assert len({each.json["customer"]["id"] for each in (first, *others)}) == 3


@pytest.mark.parametrize("document", [{}, {"document": ""}, PASSPORT])
def test_in_brazil_a_cpf_or_cnpj_is_asked_for(checkout, db, document):
    for address in ({}, {"address": {"zip_code": "05010-000", "number": "1"}}):
        answer = checkout.post("/sales", sale_body(customer=ANA | document) | address)
        assert answer.status_code == 422
        assert [error["field"] for error in answer.json["errors"]] == ["customer.document"]
        asked = answer.json["errors"][0]["message"]
        assert asked.startswith("This is not a CPF" if document == PASSPORT else "A CPF or CNPJ is")
    other = checkout.post("/customers", ANA | document)
    assert [error["field"] for error in other.json["errors"]] == ["document"]


@pytest.mark.parametrize("document", ["123", "a" * 21, "Ça va bien"])
def test_what_an_nfe_cannot_hold_is_told(checkout, db, document):
    answer = sent(checkout, ANA | {"document": document})
    assert answer.json["errors"][0]["message"].startswith("A passport or another country")


@pytest.mark.both_databases
def test_a_part_is_judged_with_the_whole(checkout, db):
    sale = sent(checkout, ANA | PASSPORT, paid=False).json["id"]
    change = {"customer": {"document": "CC-654321"}}
    assert checkout.patch(f"/sales/{sale}", change).json["customer"]["document"] == "CC654321"
    home = {"address": {"country": "BR", "zip_code": "05010-000"}}
    refused = checkout.patch(f"/sales/{sale}", home).json["errors"]
    assert [error["field"] for error in refused] == ["customer.document"]

    customer = checkout.post("/customers", ANA | {"address": LISBON}).json
    assert customer["document"] == ""
    other = {"document": "XY 98765"}
    kept = checkout.patch(f"/customers/{customer['id']}", other).json
    assert kept["document"] == "XY98765"
    taken = checkout.post("/customers", ANA | other | {"address": LISBON})
    assert (taken.status_code, taken.json["detail"]) == (
        409,
        "Another customer has this document already.",
    )


@pytest.mark.both_databases
def test_staff_type_find_and_see_one_without_showing_the_passport(checkout, client, db):
    sign_in(client)
    page = client.get("/sales/new").text
    assert re.search(r'<option value="PT"[^>]*>Portugal', page)
    typed = {f"customer.{name}": value for name, value in (ANA | PASSPORT).items()}
    typed |= {f"address.{name}": value for name, value in LISBON.items()}
    typed |= {"lines.0.sku": "BOOK-1", "lines.0.quantity": "1"}
    typed |= {"payment_method": "pix", "channel": "phone"}
    drawn = client.post("/sales/draft", data=typed | {"do": "country"}).text
    assert "Passport or other document" in drawn and "Look up the CEP" not in drawn
    assert client.post("/sales", data=typed).status_code == 303
    sale = db.session.scalars(db.select(Sale)).one()
    assert (sale.customer_document, sale.country) == ("CC123456", "PT")
    known = client.post("/sales/customers/known", data=typed | {"customer.name": "Rui"}).text
    assert "This document belongs to Ana Rita Lopes" in known

    for found in (client.get("/customers?q=cc123456").text, client.get("/customers?q=lopes").text):
        assert "Ana Rita Lopes" in found and "•••56" in found and "CC123456" not in found
        assert "Portugal" in found
    assert "Portugal" in client.get(f"/sales/{sale.id}").text
    edit = client.get(f"/customers/{sale.customer_id}/edit").text
    assert re.search(r'<option value="PT" selected>Portugal', edit)
    sign_in(client, "reviewer")
    assert "CC123456" in client.get("/customers").text
    assert db.session.scalars(db.select(Customer)).one().document == "CC123456"


@pytest.mark.parametrize(
    ("bare", "kind", "shown", "masked"),
    [
        ("11144477735", "cpf", "111.444.777-35", "•••.444.777-••"),
        ("12ABC34501DE35", "cnpj", "12.ABC.345/01DE-35", "12.ABC.345/01DE-35"),
        ("AB123456789", "foreign", "AB123456789", "•••789"),
        ("12345678901234", "foreign", "12345678901234", "•••1234"),
        ("", "foreign", "", ""),
    ],
)
def test_a_document_is_shown_as_what_it_is(bare, kind, shown, masked):
    assert (document_kind(bare), format_document(bare), masked_document(bare)) == (
        kind,
        shown,
        masked,
    )


@pytest.mark.parametrize("written", ["1100-053", "1234567", "01001000"])
def test_another_country_s_postal_code_stays_as_it_is_written(written):
    abroad = parse(AddressIn, {"zip_code": written, "country": "pt"})
    assert (abroad.zip_code, abroad.country) == (written, "PT")
    typed = parse(NoteAddressIn, {"zip_code": written, "country": "PT"}, form=True)
    assert typed.zip_code == written


def test_a_country_that_does_not_exist_is_refused(app):
    for code in ("XX", "ZZ", "EU"):
        with pytest.raises(Invalid) as refused:
            parse(AddressIn, {"country": code})
        assert [error.field for error in refused.value.errors] == ["country"]
    assert parse(AddressIn, {"country": "NZ"}).country == "NZ"


def test_a_mended_address_stays_abroad_and_never_makes_a_passport_brazilian(checkout, db):
    sale_id = sent(checkout, ANA | PASSPORT).json["id"]
    path = f"/sales/{sale_id}/address"
    assert checkout.patch(path, {"zip_code": "1100-053"}).status_code == 200
    sale = db.session.get(Sale, sale_id)
    assert (sale.zip_code, sale.country) == ("1100-053", "PT")
    refused = checkout.patch(path, {"country": "BR", "zip_code": "01025-020"})
    assert refused.status_code == 422
    assert [error["field"] for error in refused.json["errors"]] == ["country"]
    db.session.refresh(sale)
    assert sale.country == "PT"
