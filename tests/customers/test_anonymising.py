"""A person is made nobody: what tax law keeps stays, no trace of them is left anywhere else."""

import datetime as dt
import io
import json
import zipfile

import pytest
from sqlalchemy import MetaData, String, Text, select

from tests.factories import (
    CUSTOMER,
    api,
    make_product,
    make_sale,
    make_token,
    make_user,
    open_shop,
    sign_in,
    work_off,
)
from webapp.audit.models import AuditEntry
from webapp.audit.tracking import because
from webapp.customers.customer_edits import add_address, add_note
from webapp.customers.forms import CustomerAddressIn
from webapp.customers.models import Customer
from webapp.fulfilment.memberships.models import Membership, MembershipStatus
from webapp.http.forms import parse
from webapp.imports.models import Import, ImportKind, ImportRow, ImportStatus, RowOutcome
from webapp.invoices.models import Invoice
from webapp.messages.models import Message
from webapp.payments.models import NoticeStatus, PaymentNotice, PaymentProvider, Receipt
from webapp.platform.clock import utc_now
from webapp.platform.database import Model
from webapp.platform.database import db as database
from webapp.sales.models import Sale, Shipping
from webapp.sales.noting import add_note as add_order_note
from webapp.views.models import ExportFile, ExportSchedule, Rhythm

METADATA: MetaData = Model.metadata
NAME = CUSTOMER["name"]
TRACES = ("conceicao", "11144477735", "jose@example.com", "19999990000", "campainha")


@pytest.fixture
def customer(db):
    """Of two orders, one with an NF-e and one that was cancelled before it had one; with an
    address, a note and an e-mail."""
    open_shop()
    bought, dropped = make_sale(sku=make_product().sku), make_sale(paid=False)
    work_off()
    sale = db.session.get_one(Sale, bought.id)
    sale.shipping = Shipping.SHIPPED
    known = db.session.get_one(Customer, sale.customer_id)
    with because("CONCEICAO gave it up"):
        db.session.get_one(Sale, dropped.id).cancel()
        member = Membership(customer=known, plan="basico", since=utc_now().date())
        member.status = MembershipStatus.ACTIVE
        db.session.add(member)
        db.session.flush()
        member.lapse("CONCEICAO gave it up", "ana@example.com")
        db.session.flush()
    place = {"label": "Casa da José", "address": {"zip_code": "05010-000", "number": "1"}}
    add_address(known, parse(CustomerAddressIn, place))
    add_note(known, "A campainha não toca", "ana@example.com")
    add_order_note(sale, "Sem campainha; avisar José", "ana@example.com")
    table = Import(kind=ImportKind.CUSTOMERS, status=ImportStatus.DONE, file_name="c.csv")
    table.asked_by, table.finished_at = "ana@example.com", utc_now()
    db.session.add(table)
    db.session.flush()
    row = ImportRow(import_id=table.id, number=1, name=NAME, outcome=RowOutcome.ACCEPTED)
    row.key, row.facts = "11144477735", {"said": {"email": "jose@example.com"}}
    db.session.add(row)
    told = '{"infoPagador": "José da Conceição"}'
    notice = PaymentNotice(provider=PaymentProvider.PIX, key="E1", body=told, sale_id=sale.id)
    notice.status = NoticeStatus.APPLIED
    day = utc_now().date()
    receipt = Receipt(key="E1", day=day, amount=sale.total, text="PIX CONCEICAO", sale_id=sale.id)
    db.session.add_all([notice, receipt, _kept_file(make_user("manager"))])
    known.phone = "19999990001"
    db.session.flush()
    known.phone = "19999990000"
    db.session.commit()
    return known


def _kept_file(recipient):
    """A list of customers that went out by e-mail."""
    schedule = ExportSchedule(name="Buyers", listing="customers", ending="csv", hour=18)
    schedule.rhythm, schedule.recipient = Rhythm.DAILY, recipient
    schedule.begin(utc_now(), dt.UTC)
    database.session.add(schedule)
    database.session.flush()
    told = {"given_on": utc_now().date(), "at": utc_now(), "content": NAME.encode()}
    return ExportFile(schedule_id=schedule.id, **told)


def texts_with(db, *traces: str) -> dict[str, set[str]]:
    """Of each, every column that holds it."""
    found: dict[str, set[str]] = {trace: set() for trace in traces}
    for table in METADATA.sorted_tables:
        columns = [column for column in table.columns if holds_text(column)]
        for row in db.session.execute(select(*columns)) if columns else ():
            for column, value in zip(columns, row, strict=True):
                text = (value if isinstance(value, str) else json.dumps(value)).lower()
                for trace in traces:
                    if trace in text:
                        found[trace].add(f"{table.name}.{column.name}")
    return found


def holds_text(column) -> bool:
    kind = type(column.type).__name__
    return isinstance(column.type, String | Text) or kind in ("JSON", "TextOrNothing")


@pytest.mark.both_databases
def test_only_what_tax_law_keeps_is_left_of_them(customer, client, db):
    (before,) = texts_with(db, "jose@example.com").values()
    assert {"customers.email", "sales.customer_email", "messages.recipient"} <= before
    calls, path = api(client, make_token("manager")), f"/customers/{customer.id}/anonymisation"
    for _twice in range(2):
        told = calls.post(path, {"name": "  josé da CONCEIÇÃO "})
        assert (told.status_code, told.json["name"]) == (200, f"Anonymised #{customer.id}")
    db.session.expire_all()
    assert db.session.scalars(select(ExportFile.id)).all() == []
    left = texts_with(db, *TRACES)
    assert left == {trace: set() for trace in TRACES} | {"11144477735": {"sales.customer_document"}}
    kept, dropped = db.session.scalars(select(Sale).order_by(Sale.id))
    assert (kept.customer_name, kept.customer_email, bool(kept.street)) == (NAME, "", True)
    assert (dropped.customer_document, dropped.zip_code) == ("", "")
    assert b"11144477735" in db.session.scalars(select(Invoice.proc_xml)).one()
    kept.tracking_code = "BR123"
    db.session.commit()
    assert "br123" in kept.search_text and "11144477735" not in kept.search_text
    for asked in ("111.444.777-35", "jose@example.com", "Conceição"):
        assert calls.get(f"/sales?q={asked}").json["items"] == []
        assert calls.get(f"/customers?q={asked}").json["items"] == []


def test_a_later_order_makes_a_new_customer(customer, client, db):
    calls = api(client, make_token("manager"))
    calls.post(f"/customers/{customer.id}/anonymisation", {"name": NAME})
    again = make_sale(paid=False)
    assert again.customer_id != customer.id
    assert calls.patch(f"/customers/{customer.id}", {"name": "X"}).status_code == 409


def test_it_is_refused_while_an_order_is_under_way_and_for_another_name(customer, client, db):
    calls = api(client, make_token("manager"))
    path = f"/customers/{customer.id}/anonymisation"
    assert calls.post(path, {"name": "Somebody"}).json["errors"][0]["field"] == "name"
    make_sale(paid=False, reference="WEB-7")
    refused = calls.post(path, {"name": NAME})
    assert (refused.status_code, "WEB-7" in refused.json["detail"]) == (409, True)


def test_a_manager_types_the_name(customer, client, db):
    sign_in(client, "manager")
    path = f"/customers/{customer.id}"
    assert "132 months" in client.get(f"{path}/anonymisation").text
    assert client.post(f"{path}/anonymisation", data={"name": "X"}).status_code == 422
    page = client.post(f"{path}/anonymisation", data={"name": NAME}, follow_redirects=True).text
    assert "Anonymised on" in page and CUSTOMER["email"] not in page
    mail = db.session.scalars(select(Message.id)).first()
    assert client.get(f"/messages/{mail}").status_code == 409
    for still in ("/sales/1", "/messages", "/invoices/1", "/customers"):
        page = client.get(still)
        assert page.status_code == 200 and CUSTOMER["email"] not in page.text
        assert f'/messages/{mail}"' not in page.text and f"{path}/edit" not in page.text
    assert NAME not in client.get("/messages").text
    assert "No notes" in client.get(path).text
    assert client.get(f"{path}/addresses/new").status_code == 409
    refused = client.post(f"{path}/notes", data={"text": "Calls back"})
    assert refused.status_code == 422 and "This customer was anonymised" in refused.text


def test_all_that_is_kept_of_one_person_is_one_file(customer, client, db):
    sign_in(client, "manager")
    answer = client.post(f"/customers/{customer.id}/data")
    assert answer.mimetype == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.data)) as files:
        told = json.loads(files.read("data.json"))
        kinds = {"orders.csv", "nfe.csv", "emails.csv", "notes.csv", "payments.csv"}
        assert kinds <= set(files.namelist())
    assert told["customer"]["email"] == CUSTOMER["email"]
    assert [order["name"] for order in told["orders"]] == [NAME, NAME]
    assert len(told["nfe"][0]["access_key"]) == 44
    texts = [note["text"] for note in told["notes"]]
    assert texts == ["Sem campainha; avisar José", "A campainha não toca"]
    assert told["emails"] and told["customer"]["other_addresses"]


def test_its_tables_are_in_words(customer, client, db):
    sign_in(client, "manager", locale="pt_BR")
    answer = client.post(f"/customers/{customer.id}/data")
    with zipfile.ZipFile(io.BytesIO(answer.data)) as files:
        names = [name for name in files.namelist() if name.endswith(".csv")]
        tables = {name: files.read(name).decode("utf-8-sig") for name in names}
    assert {"customer.csv", "addresses.csv", "membership.csv", "audit.csv"} <= set(tables)
    header, bought, dropped = tables["orders.csv"].splitlines()
    assert header.startswith("Pedido;Quando;Itens;Situação;") and "Faturado" in bought
    assert "Cancelado" in dropped and "111.444.777-35" in dropped
    for codes in ("reference", "cancelled", "invoice_authorized", "non_contributor", "{", "pix;"):
        assert not [name for name, text in tables.items() if codes in text], codes


def test_a_program_gets_the_same_file_and_it_is_kept_that_it_did(customer, client, db):
    path = f"/customers/{customer.id}/data"
    assert api(client, make_token("clerk")).post(path, {}).status_code == 403
    answer = api(client, make_token("manager")).post(path, {})
    with zipfile.ZipFile(io.BytesIO(answer.data)) as files:
        assert json.loads(files.read("data.json"))["customer"]["id"] == customer.id
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "exported")).one()
    assert (entry.subject, entry.subject_id) == ("customers", str(customer.id))
