"""A number that a discarded note was refused with is the next note's: no gap, no repeat."""

import datetime as dt

import pytest
from sqlalchemy import select

from tests.factories import make_sale, open_shop, work_off
from tests.support.processed_sales import book
from tests.support.sale_reversals import cancel, manager
from webapp.authority.models import SandboxNote
from webapp.fiscal.sandbox import SandboxAuthority
from webapp.invoices.models import Invoice
from webapp.platform.clock import utc_now
from webapp.platform.database import db as database
from webapp.sales.models import Sale
from webapp.store.models import Series
from webapp.store.queries import the_shop


@pytest.fixture
def strict(monkeypatch):
    """An authority that refuses every note, until `undo`."""
    made = SandboxAuthority.__init__

    def behind(self, ledger, **known):
        made(self, ledger, lambda: utc_now() - dt.timedelta(hours=1), **known)

    with monkeypatch.context() as patched:
        patched.setattr(SandboxAuthority, "__init__", behind)
        yield patched


def numbers() -> dict[int, tuple[int | None, str]]:
    database.session.rollback()
    rows = database.session.execute(select(Invoice.sale_id, Invoice.number, Invoice.status))
    return {sale: (number, str(status)) for sale, number, status in rows}


def test_the_next_note_takes_it_over(client, db, strict):
    calls, sku = manager(client), book(stock=20)
    open_shop()
    refused, kept = make_sale(sku=sku).id, make_sale(sku=sku).id
    work_off()
    assert numbers() == {refused: (1, "rejected"), kept: (2, "rejected")}
    assert cancel(calls, refused).status_code == 200
    strict.undo()
    first, second = make_sale(sku=sku).id, make_sale(sku=sku).id
    work_off()
    assert numbers() == {
        refused: (None, "discarded"),
        kept: (2, "rejected"),
        first: (1, "authorized"),
        second: (3, "authorized"),
    }
    assert sorted(db.session.scalars(select(SandboxNote.number))) == [1, 3]
    assert db.session.scalar(select(Series.next_number)) == 4


@pytest.mark.both_databases
def test_an_older_note_takes_over_the_number_of_a_newer_one(client, db, strict):
    """Rows are written in the order of their ids: the number must be given up before it is
    taken."""
    calls, sku = manager(client), book(stock=20)
    open_shop()
    the_shop().review_policy = "all"
    db.session.commit()
    older, newer = make_sale(sku=sku).id, make_sale(sku=sku).id
    work_off()
    notes = dict(db.session.execute(select(Invoice.sale_id, Invoice.id)).all())
    calls.post(f"/invoices/{notes[newer]}/approval")
    work_off()
    assert numbers() == {older: (None, "review"), newer: (1, "rejected")}
    cancel(calls, newer)
    strict.undo()
    calls.post(f"/invoices/{notes[older]}/approval")
    work_off()
    assert numbers() == {older: (1, "authorized"), newer: (None, "discarded")}


def test_when_the_signing_fails_nothing_is_taken(client, db, strict, monkeypatch):
    calls, sku = manager(client), book(stock=20)
    open_shop()
    refused = make_sale(sku=sku).id
    work_off()
    cancel(calls, refused)
    strict.undo()
    sale = make_sale(sku=sku).id
    send = Invoice.send

    def fails(*_arguments):
        raise ZeroDivisionError

    monkeypatch.setattr(Invoice, "send", fails)
    work_off()
    assert numbers() == {refused: (1, "discarded"), sale: (None, "pending")}
    monkeypatch.setattr(Invoice, "send", send)
    db.session.execute(db.update(Sale).where(Sale.due_at.is_not(None)).values(due_at=utc_now()))
    db.session.commit()
    work_off()
    assert numbers() == {refused: (None, "discarded"), sale: (1, "authorized")}
