"""A month's closing: every number accounted for, sums that meet the files to the cent, and what
changes later is marked."""

import csv
import datetime as dt
import io
import zipfile
from decimal import Decimal

import pytest
from lxml import etree
from sqlalchemy import delete

from tests.factories import api, make_product, make_token, sign_in, work_off
from tests.support import worlds
from tests.support.invoices import authorized, worked_off
from tests.support.processed_sales import counted, sold
from webapp.closings.models import Closing
from webapp.closings.queries import account_of, the_watch
from webapp.fiscal.events import EventKind
from webapp.fiscal.xml import NAMESPACE
from webapp.fulfilment.tasks.models import Task
from webapp.invoices import archive
from webapp.invoices.models import (
    ForeignNumber,
    Invoice,
    InvoiceEvent,
    InvoiceStatus,
    InvoiceSum,
    Voiding,
)
from webapp.platform.clock import utc_now
from webapp.platform.database import db as database
from webapp.processing.archive_upkeep import look_at_files, note_files, sum_up
from webapp.store.queries import issuer_day, the_shop

CLUB = "Club"


@pytest.fixture
def month(db):
    """Five NF-e with the numbers 1, 2, 4, 5 and 6, of which 2 is cancelled, 4 without an answer and
    6 discarded; and a membership."""
    return make_month()


@worlds.scene
def make_month() -> str:
    invoices = [authorized(), *(worked_off() for _number in range(4))]
    sold(make_product(name=CLUB, kind="membership", price="40.00").sku)
    invoices[2].number = 6
    invoices[1].status = InvoiceStatus.CANCELLED
    invoices[2].status = InvoiceStatus.DISCARDED
    invoices[3].status = InvoiceStatus.SENDING
    for lost in invoices[2:4]:
        lost.proc_xml = None
        database.session.execute(delete(InvoiceSum).where(InvoiceSum.invoice_id == lost.id))
    database.session.commit()
    return f"{issuer_day(invoices[0].issued_at):%Y-%m}"


def total_in(xml: bytes) -> Decimal:
    return Decimal(etree.fromstring(xml).findtext(f".//{{{NAMESPACE}}}vNF"))


def table(archive, name: str) -> list[list[str]]:
    text = archive.read(name).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


@pytest.mark.both_databases
def test_every_number_and_every_cent(db, client, month):
    closing = api(client, make_token("accountant")).get(f"/closings/{month}").json
    assert closing["numbers"] == [
        {
            "series": 1,
            "first": 1,
            "last": 6,
            "authorized": 2,
            "cancelled": 1,
            "sending": 1,
            "voided": 0,
            "spare": 1,
            "elsewhere": 0,
            "kept": 0,
            "gaps": [{"first": 3, "last": 3}],
        }
    ]
    assert closing["sold"]["total"] == "259.80" and closing["cancelled_total"] == "129.90"
    (row,) = closing["sums"]
    assert (row["cfop"], row["cst"], row["total"]) == ("5102", "102", "259.80")
    assert closing["nfse"] == [{"kind": "membership", "count": 1, "total": "40.00"}]


def test_what_followed_and_was_voided_is_told_and_comes_along(db, client, month):
    now, numbers = utc_now(), {"series": 1, "first": 3, "last": 3}
    kept = {"asked_by": "x", "has_file": True}
    voided = Voiding(**numbers, **kept, text="left out", status="done", received_at=now)
    voided.proc_xml = b"<ProcInutNFe/>"
    (one, *_others) = db.session.scalars(db.select(Invoice).order_by(Invoice.id))
    event = InvoiceEvent(
        invoice_id=one.id,
        sale_id=one.sale_id,
        kind=EventKind.CORRECTION,
        status="registered",
        registered_at=now,
        proc_xml=b"<procEventoNFe/>",
        **kept,
    )
    db.session.add_all([voided, event])
    last = db.session.scalar(db.select(Invoice).where(Invoice.number == 6))
    last.number = 9
    db.session.add(ForeignNumber(series=1, number=7, code="539", found_at=now, invoice_id=1))
    db.session.commit()

    (series,) = account_of(month).series
    assert (series.counted["voided"], series.counted["elsewhere"]) == (1, 1)
    assert series.gaps == [(6, 6), (8, 8)] and series.missing == 2

    answer = api(client, make_token("manager")).get(f"/closings/{month}.zip")
    names = zipfile.ZipFile(io.BytesIO(answer.data)).namelist()
    assert f"eventos/110110-{one.access_key}-01-procEventoNFe.xml" in names
    assert "inutilizacoes/001-000000003-000000003-procInutNFe.xml" in names


def test_orders_owed_a_service_note_that_are_all_listed_are_not_told_as_the_first(
    client, db, month
):
    sign_in(client, "accountant")
    page = client.get(f"/closing?month={month}").text
    assert "Owed under an NFS-e" in page and "The first ones" not in page


def test_the_zip_meets_the_page(db, client, month, monkeypatch):
    monkeypatch.setattr(archive, "ROWS_AT_ONCE", 2)
    answer = api(client, make_token("manager")).get(f"/closings/{month}.zip")
    files = zipfile.ZipFile(io.BytesIO(answer.data))
    notes = [name for name in files.namelist() if name.startswith("nfe/")]
    assert len(notes) == 3 and files.namelist()[3:] == ["notas.csv", "resumo.csv", "nfse.csv"]

    lines = table(files, "notas.csv")[1:]
    by_note = {f"nfe/{line[2].strip(chr(39))}.xml": Decimal(line[9]) for line in lines}
    assert by_note == {name: total_in(files.read(name)) for name in notes}
    whole = table(files, "resumo.csv")[-1]
    assert (whole[0], Decimal(whole[3])) == ("Total of the month", account_of(month).sold["total"])
    assert table(files, "nfse.csv")[1][4:] == [CLUB, "40.00"]


def test_what_changes_after_the_closing_is_marked(db, client, month):
    sign_in(client, "accountant")
    for _press in range(2):
        assert client.post(f"/closing/lock?month={month}").status_code == 303
    page = client.get(f"/closing?month={month}").text
    assert "Closed" in page and "Changed after the closing" not in page
    worked_off()
    page = client.get(f"/closing?month={month}").text
    assert "Changed after the closing" in page and "389.70" in page
    (total,) = [
        each
        for each in api(client, make_token("accountant")).get(f"/closings/{month}").json["changed"]
        if each["name"].endswith("total")
    ]
    assert (total["before"], total["now"]) == ("259.80", "389.70")


def test_a_month_to_come_is_neither_closed_nor_sent(db, client):
    the_shop().accountant_email = "conta@example.com"
    db.session.commit()
    sign_in(client, "accountant")
    for act in ("lock", "sending"):
        answer = client.post(f"/closing/{act}?month=2099-05", follow_redirects=True)
        assert "May 2099 has not begun" in answer.text
    assert "/closing/lock" not in client.get("/closing?month=2099-05").text
    assert db.session.scalars(db.select(Closing)).all() == []


def test_what_comes_back_is_told_apart(db, client):
    sale = authorized(quantity=2).sale
    asked = {"lines": [{"line": 1, "quantity": 1}], "reason": "came back"}
    calls = api(client, make_token("manager"))
    calls.post(f"/sales/{sale.id}/shipment", {"carrier": "Correios", "tracking_code": "AA1"})
    assert calls.post(f"/sales/{sale.id}/returns", asked).status_code == 202
    work_off()
    account = account_of(f"{issuer_day(utc_now()):%Y-%m}")
    assert [(row.cfop, row.comes_in) for row in account.rows] == [("1202", True), ("5102", False)]
    assert (account.sold["total"], account.returned["total"]) == (
        Decimal("259.80"),
        Decimal("129.90"),
    )


def test_a_month_without_gaps_still_tells_the_one_before_it(db):
    """3 and 4 are this month's, 1 was the month before's; of a CFOP whose notes are all cancelled
    nothing stands."""
    before, three, four = authorized(), worked_off(), worked_off()
    before.issued_at -= dt.timedelta(days=40)
    four.number = 4
    db.session.flush()
    three.number = 3
    three.status = InvoiceStatus.CANCELLED
    db.session.commit()
    account = account_of(f"{issuer_day(three.issued_at):%Y-%m}")
    (series,) = account.series
    assert (series.first, series.last, series.gaps) == (3, 4, [(2, 2)])
    four.status = InvoiceStatus.CANCELLED
    db.session.execute(delete(InvoiceSum).where(InvoiceSum.invoice_id == before.id))
    db.session.commit()
    account = account_of(account.month)
    assert (account.sums, str(account.cancelled_total)) == ([], "259.80")


def test_a_month_costs_few_questions(db, client, month):
    sign_in(client, "manager")
    # What a process reads once.
    client.get("/account")
    with counted() as said:
        client.get(f"/closing?month={month}")
    asked = [each for each in said if each.startswith("SELECT")]
    assert len(asked) <= 12, "\n\n".join(asked)


def test_a_month_is_not_added_up_again_while_nothing_of_it_changes(db, client, month):
    """Of what changes a page tells at once: `test_what_changes_after_the_closing_is_marked`."""
    sign_in(client, "manager")
    asked = []
    for _look in range(2):
        with counted() as said:
            page = client.get(f"/closing?month={month}").text
        asked.append([each for each in said if "FROM invoice_sums" in each])
        assert "259.80" in page
    assert [len(each) for each in asked] == [1, 0]


def test_older_notes_get_their_sums_from_the_sweeper(db, month):
    before = account_of(month)
    db.session.execute(delete(InvoiceSum))
    the_watch().unsummed_upto = 5
    db.session.commit()
    assert account_of(month).rows == []
    assert sum_up() == 3 and sum_up() == 0 and the_watch().unsummed_upto == 0
    assert account_of(month) == before


def test_a_file_that_does_not_verify_any_more_becomes_a_task_once(db):
    good, bad = authorized(), worked_off()
    bad.proc_xml = bad.proc_xml.replace(b"<vNF>129.90<", b"<vNF>129.91<")
    db.session.commit()
    for night in (1, 2):
        found = look_at_files()
        assert sorted(found.looked_at) == sorted([good.id, bad.id]) and list(found.bad) == [bad.id]
        note_files(dt.date(2026, 11, night), found)
        db.session.commit()
    (task,) = db.session.scalars(db.select(Task).where(Task.code == "file_damaged"))
    assert task.sale_id == bad.sale_id != good.sale_id
    work_off()
