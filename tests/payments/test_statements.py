"""Statements against orders: what fits, and what does not, each named once."""

import datetime as dt
import random
from decimal import Decimal

import pytest
from sqlalchemy import insert, select, update

from tests.factories import api, make_product, make_sale, make_token, open_shop, sign_in
from tests.support.imported_tables import counts, looked_over, taken, told
from webapp.http.formatting import shop_day
from webapp.imports.models import Import, ImportKind, ImportRow, ImportStatus
from webapp.payments.models import AgreedFee, Finding, Receipt, Statement
from webapp.payments.statement_import import StatementImport
from webapp.platform.clock import utc_now
from webapp.platform.database import db as database
from webapp.sales.models import PaymentMethod, Sale, Status
from webapp.store.price_rights import UNBOUND

TODAY = utc_now().date()
HEAD = "Data;Referência externa;ID da transação;Valor bruto;Taxa;Descrição\n"


@pytest.fixture
def calls(client, db):
    open_shop()
    return api(client, make_token("manager"))


def sale(reference: str, total: str = "100.00", paid: bool = True) -> None:
    """Paid today, its way behind it."""
    product = make_product(price=total)
    made = make_sale(sku=product.sku, reference=reference, paid=False, freight="0.00")
    if paid:
        settled = {"paid_at": utc_now(), "status": Status.COMPLETED, "hold_until": None}
        database.session.execute(update(Sale).where(Sale.id == made.id).values(settled))
        database.session.commit()


def line(reference: str, amount: str = "100,00", key: str = "", fee: str = "", text: str = ""):
    return f"{TODAY:%d/%m/%Y};{reference};{key};{amount};{fee};{text}\n"


def findings() -> set[tuple[str, str]]:
    """What is open: its kind, and the order or what the line says of it."""
    database.session.rollback()
    rows = database.session.scalars(select(Finding).where(Finding.settled_at.is_(None)))
    return {
        (str(row.kind), row.sale.reference if row.sale else row.receipt.reference) for row in rows
    }


@pytest.mark.both_databases
def test_each_thing_that_does_not_fit_is_named_once(calls, db):
    for reference in ("A1", "LOST", "TWICE", "SHORT", "OVER", "FEE"):
        sale(reference)
    sale("OPEN", paid=False)
    db.session.add(AgreedFee(method=PaymentMethod.PIX, percent=Decimal("1.00")))
    db.session.commit()
    table = (
        HEAD
        + line("A1", fee="-1,00", key="p1")
        + line("TWICE", key="p2", fee="1,00")
        + line("TWICE", key="p3", fee="1,00")
        + line("SHORT", "90,00", key="p4")
        + line("OVER", "100,01", key="p5")
        + line("FEE", key="p6", fee="3,50")
        + line("OPEN", key="p7", fee="1,00")
        + line("WHOSE", "12,34", key="p8")
        # Money that goes out is no order's.
        + line("", "-55,00", key="p9", text="TARIFA")
    )

    assert counts(taken(calls, table, kind="statement"))[:2] == ("done", 9)

    assert findings() == {
        ("no_money", "LOST"),
        ("twice", "TWICE"),
        ("short", "SHORT"),
        ("over", "OVER"),
        ("fee", "FEE"),
        ("unpaid", "OPEN"),
        ("no_order", "WHOSE"),
    }
    (statement,) = db.session.scalars(select(Statement))
    assert (statement.lines, statement.matched) == (8, 7)
    assert str(statement.amount) == "702.35"
    # Sent again, it brings nothing new.
    taken(calls, table, kind="statement")
    assert len(findings()) == 7
    assert db.session.query(Receipt).count() == 8


def test_what_was_missed_settles_itself_when_it_comes(calls, db):
    for reference in ("A", "B", "C"):
        sale(reference)
    taken(calls, HEAD + line("A", key="1") + line("B", "60,00", key="2"), kind="statement")
    assert findings() == {("no_money", "C"), ("short", "B")}

    taken(calls, HEAD + line("B", "40,00", key="3") + line("C", key="4"), kind="statement")

    assert findings() == set()
    settled = db.session.scalars(select(Finding)).all()
    assert len(settled) == 2 and all(row.settled_by == "" for row in settled)


def test_of_ten_thousand_orders_all_sixty_that_do_not_fit_are_named_and_no_other(db):
    open_shop()
    sale("T0")
    first = dict(db.session.execute(select(Sale.__table__)).mappings().one())
    paid = [first["paid_at"] - dt.timedelta(days=number % 28) for number in range(10_000)]
    rows = [
        first
        | {"id": 10 + number, "reference": f"T{10 + number}", "paid_at": moment}
        | {"total": Decimal(50 + number % 97)}
        for number, moment in enumerate(paid)
    ]
    db.session.execute(insert(Sale.__table__), rows)
    db.session.execute(update(Sale).where(Sale.id == first["id"]).values(paid_at=None))
    random.Random(13).shuffle(rows)
    lost, twice, short = rows[:20], rows[20:40], rows[40:60]
    lines = [(row, row["total"], f"p{row['id']}") for row in rows[20:40] + rows[60:]]
    lines += [(row, row["total"] - Decimal("0.01"), f"p{row['id']}") for row in short]
    # A second payment has an id of its own.
    lines += [(row, row["total"], f"again{row['id']}") for row in twice]
    sent = Import(kind=ImportKind.STATEMENT, status=ImportStatus.TAKING, file_name="a", asked_by="")
    db.session.add(sent)
    db.session.flush()
    work = StatementImport()
    read = [import_row(sent.id, number, *each) for number, each in enumerate(lines, 1)]
    for place in range(0, len(read), work.chunk):
        work.write(read[place : place + work.chunk], {}, UNBOUND, "")
    work.end(sent)
    db.session.commit()

    named = {("no_money", row["reference"]) for row in lost}
    named |= {("twice", row["reference"]) for row in twice}
    named |= {("short", row["reference"]) for row in short}
    assert findings() == named and len(named) == 60
    assert db.session.query(Finding).count() == 60


def import_row(import_id: int, number: int, row: dict, amount: Decimal, payment_id: str):
    said = {"day": shop_day(row["paid_at"]).isoformat(), "amount": str(amount)}
    said |= {"reference": row["reference"], "payment_id": payment_id}
    facts = {"said": said}
    return ImportRow(import_id=import_id, number=number, key=payment_id, facts=facts, name="")


OFX = """OFXHEADER:100
DATA:OFXSGML
VERSION:102
SECURITY:NONE
ENCODING:USASCII
CHARSET:1252
COMPRESSION:NONE
OLDFILEUID:NONE
NEWFILEUID:NONE

<OFX><SIGNONMSGSRSV1><SONRS><STATUS><CODE>0<SEVERITY>INFO</STATUS><DTSERVER>20261130<LANGUAGE>POR
</SONRS></SIGNONMSGSRSV1><BANKMSGSRSV1><STMTTRNRS><TRNUID>1<STMTRS><CURDEF>BRL<BANKTRANLIST>
{rows}</BANKTRANLIST></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>
"""


def transaction(amount: str, memo: str, fitid: str = "") -> str:
    return (
        f"<STMTTRN>\n<TRNTYPE>CREDIT\n<DTPOSTED>{TODAY:%Y%m%d}100000[-03:EST]\n<TRNAMT>{amount}\n"
        f"<FITID>{fitid}\n<MEMO>{memo}\n</STMTTRN>\n"
    )


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16"])
def test_a_bank_s_ofx_is_read_in_any_encoding(calls, db, encoding):
    sale("WEB-1001")
    sale("2026", "50.00")
    sale("SUM", "77.10")
    rows = (
        transaction("100.00", "PIX RECEBIDO JOSÉ & CIA WEB-1001", "N1")
        # A number may be anything; with the order's own sum it is the order.
        + transaction("31.00", "PIX 2026 AG 0001", "N2")
        + transaction("50.00", "PIX 2026", "N3")
        # No word leads to it; sum and day fit it alone.
        + transaction("77.10", "PIX RECEBIDO CONCEIÇÃO", "N4")
    )

    answer = taken(calls, OFX.format(rows=rows).encode(encoding), kind="statement")

    assert counts(answer)[:2] == ("done", 4)
    assert findings() == {("no_order", "")}
    texts = set(db.session.scalars(select(Receipt.text)))
    assert "PIX RECEBIDO CONCEIÇÃO" in texts and "PIX RECEBIDO JOSÉ & CIA WEB-1001" in texts


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (OFX.format(rows=transaction("1.00", "x")).encode()[:-160], "cut short"),
        (b"OFXHEADER:100\n\nnothing", "cut short"),
        (HEAD.encode("utf-16-le") + b"\xff", "letters cannot be read"),
        (b"", "nothing in the file"),
        (b"%PDF-1.7 ...", "not a table"),
    ],
)
def test_a_file_that_is_none_is_refused_in_words_and_nothing_is_taken(calls, db, content, words):
    answer = looked_over(calls, content, kind="statement")

    assert answer["status"] == "refused"
    assert words in answer["problems"][0]["message"]
    assert db.session.query(Statement).count() == 0


def test_a_line_that_cannot_be_read_is_named_at_its_cell(calls, db):
    table = HEAD + f"31/02/2026;A;;10,00;;\n{TODAY:%d/%m/%Y};A;;dez;;\n;A;;10,00;;\n"
    answer = looked_over(calls, table, kind="statement")
    said = {(row, column): words for row, column, words in told(answer)}
    assert "not a day" in said[2, "Data"] and "not a number" in said[3, "Valor bruto"]
    assert "Fill this in" in said[4, "Data"]
    assert db.session.query(Receipt).count() == 0


def test_what_a_line_brings_is_told_before_it_is_taken(client, calls, db):
    table = HEAD + line("A1", "1.234,50", "p1", "-2,00") + line("", "-50,00", "p2", text="Tarifa")
    found = looked_over(calls, table, kind="statement")
    sign_in(client, "manager")
    page = client.get(f"/imports/{found['id']}").text
    assert "R$1,234.50 · fee R$2.00" in page and "No money that came: it is left out." in page
    rows = client.get(f"/exports/import-rows.csv?import_id={found['id']}", buffered=True).text
    assert "R$1,234.50 · fee R$2.00" in rows


def test_only_a_manager_sends_statements(client, db):
    open_shop()
    clerk = api(client, make_token("clerk"))
    answer = clerk.post("/imports", {"kind": "statement"})
    assert answer.status_code in (403, 415, 422)
