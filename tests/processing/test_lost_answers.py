"""An NF-e whose answer was lost is asked for before it is sent again, and never given up."""

import datetime as dt

import flask_migrate
import pytest
from sqlalchemy import select, update

from tests.factories import make_sale, open_shop, work_off
from tests.support.claims import claim
from webapp import migrations
from webapp.authority.sandbox import Sandbox
from webapp.invoices.models import Invoice, InvoiceStatus
from webapp.platform.clock import utc_now
from webapp.processing.claims import MAX_ATTEMPTS
from webapp.processing.send_step import SendStep


class Calls(list):
    """What the authority is asked, in order; while `away`, its answers are lost."""

    away = False


@pytest.fixture
def calls(monkeypatch) -> Calls:
    calls = Calls()
    authorize, query = Sandbox.authorize, Sandbox.query

    def send(authority, signed):
        calls.append("authorize")
        answers = authorize(authority, signed)
        if calls.away:
            raise ConnectionError("no answer")
        return answers

    def ask(authority, keys):
        calls.append("query")
        return query(authority, keys)

    monkeypatch.setattr(Sandbox, "authorize", send)
    monkeypatch.setattr(Sandbox, "query", ask)
    return calls


def _invoice(db) -> Invoice:
    db.session.rollback()
    return db.session.scalars(db.select(Invoice).execution_options(populate_existing=True)).one()


def _make_due(db) -> None:
    db.session.execute(update(Invoice).values(due_at=utc_now() - dt.timedelta(seconds=1)))
    db.session.commit()


def test_what_is_sent_the_first_time_is_not_asked_for(db, calls):
    open_shop()
    make_sale()
    work_off()
    assert calls == ["authorize"]
    assert _invoice(db).status is InvoiceStatus.AUTHORIZED
    assert not _invoice(db).answer_unknown


def test_a_lost_answer_is_asked_for_before_it_is_sent_again(db, calls):
    open_shop()
    make_sale()
    calls.away = True
    work_off()
    assert (_invoice(db).status, _invoice(db).answer_unknown) == (InvoiceStatus.SENDING, True)
    calls.clear()
    calls.away = False
    _make_due(db)
    work_off()
    assert calls[0] == "query"
    assert (_invoice(db).status, _invoice(db).answer_unknown) == (InvoiceStatus.AUTHORIZED, False)
    assert _invoice(db).number == 1


@pytest.mark.both_databases
def test_what_a_dead_worker_may_have_sent_is_asked_for(db, calls):
    open_shop()
    make_sale()
    calls.away = True
    work_off()
    db.session.execute(update(Invoice).values(answer_unknown=False))
    _make_due(db)
    assert claim(SendStep()) is not None
    assert not _invoice(db).answer_unknown
    _make_due(db)
    assert claim(SendStep()) is not None
    assert _invoice(db).answer_unknown


def test_it_is_never_given_up_and_each_attempt_is_counted(db, calls):
    open_shop()
    make_sale()
    calls.away = True
    work_off()
    for _attempt in range(MAX_ATTEMPTS + 2):
        calls.clear()
        _make_due(db)
        db.session.execute(update(Invoice).values(access_key=f"{0:044}"))
        db.session.commit()
        work_off()
    invoice = _invoice(db)
    assert (invoice.status, invoice.attempts) == (InvoiceStatus.SENDING, MAX_ATTEMPTS + 3)
    assert invoice.error == "ConnectionError: no answer"


@pytest.mark.operations
@pytest.mark.both_databases
def test_invoices_on_their_way_keep_that_their_answer_is_not_known(app, db, calls):
    """An upgrade finds out by how often they were sent, as was told until then."""
    open_shop()
    make_sale()
    calls.away = True
    work_off()
    db.session.remove()
    migrations.bind(app)
    flask_migrate.downgrade(revision="0004")
    flask_migrate.upgrade(revision="0005")
    assert db.session.scalars(select(Invoice.answer_unknown)).one()
