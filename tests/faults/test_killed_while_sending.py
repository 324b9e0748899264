"""A worker is killed two hundred times between sending and answer: never two notes for a sale, and
no number lost."""

import datetime as dt
import random

import pytest
from sqlalchemy import func, select, update

from tests.factories import make_product, make_sale, open_shop, work_off
from webapp.authority.models import AuthorityService, SandboxNote
from webapp.authority.sandbox import Sandbox
from webapp.fiscal.authority import AuthorityAway, Service
from webapp.invoices.models import Invoice, InvoiceStatus
from webapp.platform.clock import utc_now
from webapp.platform.database import db as database
from webapp.processing.send_step import SendStep
from webapp.store.models import Series

KILLS = 200
SALES = 6


class Kill(BaseException):
    """Nothing in the program catches it."""


@pytest.fixture
def fate(monkeypatch):
    """Where the next call ends: before it arrives, after it was judged, with its answer lost, or
    after the answer, at the commit that would keep it."""
    chosen = {"at": ""}
    authorize, query = Sandbox.authorize, Sandbox.query
    commit = type(database.session()).commit

    def send(authority, signed):
        if chosen["at"] == "before":
            raise Kill
        answers = authorize(authority, signed)
        if chosen["at"] == "after":
            raise Kill
        if chosen["at"] == "lost":
            raise AuthorityAway(Service.AUTHORIZATION, "no answer")
        return answers

    def ask(authority, keys):
        if chosen["at"] == "query":
            raise Kill
        return query(authority, keys)

    def keep(session):
        if chosen["at"] == "commit" and any(
            isinstance(row, Invoice) for row in (*session.identity_map.values(), *session.dirty)
        ):
            raise Kill
        commit(session)

    monkeypatch.setattr(Sandbox, "authorize", send)
    monkeypatch.setattr(Sandbox, "query", ask)
    monkeypatch.setattr(type(database.session()), "commit", keep)
    return chosen


def _due_again() -> None:
    """What a dead worker held, and what waits for its next try."""
    database.session.rollback()
    past = utc_now() - dt.timedelta(seconds=1)
    database.session.execute(
        update(Invoice.__table__).where(Invoice.due_at.is_not(None)).values(due_at=past)
    )
    database.session.execute(update(AuthorityService.__table__).values(rests_until=None))
    database.session.commit()


def test_never_two_notes_and_no_number_lost(app, db, fate):
    open_shop()
    sku = make_product(sku="KILL", stock=1000).sku
    chance, step, killed = random.Random(11), SendStep(), 0
    fate["at"] = "before"
    for number in range(SALES):
        make_sale(sku=sku, reference=f"K-{number}")
    with pytest.raises(Kill):
        work_off()
    killed += 1
    while killed < KILLS:
        _due_again()
        fate["at"] = chance.choice(["before", "query", "commit"] * 3 + ["after", "lost"])
        try:
            if not step.run():
                fate["at"] = ""
                for _number in range(SALES):
                    make_sale(sku=sku)
                fate["at"] = "before"
                work_off()
        except Kill:
            pass
        killed += 1
    fate["at"] = ""
    for _round in range(6):
        _due_again()
        work_off()
    sales = database.session.scalar(select(func.count()).select_from(Invoice))
    assert set(database.session.scalars(select(Invoice.status))) == {InvoiceStatus.AUTHORIZED}
    numbers = database.session.scalars(select(Invoice.number).order_by(Invoice.number)).all()
    assert numbers == list(range(1, sales + 1))
    assert database.session.scalar(select(Series.next_number)) == sales + 1
    here = set(database.session.execute(select(Invoice.access_key, Invoice.protocol)))
    there = set(database.session.execute(select(SandboxNote.access_key, SandboxNote.protocol)))
    assert here == there and len(there) == sales >= SALES
