"""A worker is killed again and again between sending and answer: never two notes for a sale, and no
number lost. Two hundred times by an exception that nothing catches, forty times by SIGKILL: a
process of its own for each costs ten times as much."""

import datetime as dt
import os
import random
import signal

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

SALES = 6


TESTS = os.getpid()


class Kill(BaseException):
    """Nothing in the program catches it."""

    def __init__(self):
        if os.getpid() != TESTS:
            os.kill(os.getpid(), signal.SIGKILL)


def by_exception(work) -> bool:
    """Does it until the chosen place; whether there was anything to do."""
    try:
        return bool(work())
    except Kill:
        return True


def by_signal(work) -> bool:
    """The same in a process of its own, which inherits no connection."""
    database.session.remove()
    database.engine.dispose()
    child = os.fork()
    if not child:
        ended = 1
        try:
            ended = 3 if work() else 0
        finally:
            os._exit(ended)
    _pid, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in (0, 3, -signal.SIGKILL)
    return code != 0


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


@pytest.mark.parametrize(("killed", "times"), [(by_exception, 200), (by_signal, 40)])
def test_never_two_notes_and_no_number_lost(app, db, fate, killed, times):
    open_shop()
    sku = make_product(sku="KILL", stock=1000).sku
    chance, step = random.Random(11), SendStep()
    # What is read once a process each of them then has.
    make_sale(sku=sku)
    work_off()
    for _time in range(times):
        fate["at"] = chance.choice(["before", "query", "commit"] * 3 + ["after", "lost"])
        if not killed(step.run):
            fate["at"] = "before"
            for _number in range(SALES):
                make_sale(sku=sku)
            killed(work_off)
        _due_again()
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
