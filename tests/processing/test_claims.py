"""Claim and advance: a step's rows are worked on once, whatever dies, comes twice or fails."""

import datetime as dt
import threading
import time

import pytest
from sqlalchemy import func, select, update

from tests.factories import make_sale, open_shop, work_off
from tests.support.claims import claim
from tests.support.released_notes import hold_every_note, release_every_note
from webapp.invoices.models import Invoice, InvoiceStatus
from webapp.platform.clock import utc_now
from webapp.platform.database import db as database
from webapp.processing import claims
from webapp.processing.address_step import AddressStep
from webapp.processing.invoice_steps import BuildStep, SignStep
from webapp.processing.rules_step import RulesStep
from webapp.rules.models import Decision, Effect
from webapp.sales.models import Sale, Status


@pytest.fixture(autouse=True)
def shop_is_open(db):
    open_shop()


def _due_now(sale_id):
    database.session.execute(
        update(Sale).where(Sale.id == sale_id).values(due_at=utc_now() - dt.timedelta(seconds=1))
    )
    database.session.commit()


def _now(sale_id) -> Sale:
    """The sale as the database has it: steps let go of the rows they held."""
    database.session.rollback()
    return database.session.get_one(Sale, sale_id, populate_existing=True)


def _run(step):
    """One batch, as soon as what was just committed is due on the database's clock."""
    time.sleep(0.002)
    return step.run()


@pytest.mark.both_databases
def test_a_row_under_a_lease_is_taken_by_nobody_else(db):
    make_sale()
    time.sleep(0.002)
    step = AddressStep()
    assert claim(step) is not None
    assert claim(step) is None


@pytest.mark.both_databases
def test_a_dead_workers_row_is_taken_again_and_its_late_write_changes_nothing(db):
    sale_id = make_sale().id
    time.sleep(0.002)
    step = AddressStep()
    token, ids = claim(step)
    _due_now(sale_id)
    assert step.run() == 1
    version = _now(sale_id).version
    step._advance(token, ids)
    sale = _now(sale_id)
    assert (sale.status, sale.version) == (Status.RULES, version)


@pytest.mark.both_databases
def test_a_bad_row_holds_up_no_other(db, monkeypatch):
    bad, good = make_sale().id, make_sale().id
    decide = RulesStep._decide

    def fails_for_one(step, sale, *others):
        if sale.id == bad:
            raise ZeroDivisionError("broken facts")
        return decide(step, sale, *others)

    _run(AddressStep())
    monkeypatch.setattr(RulesStep, "_decide", fails_for_one)
    began = utc_now()
    _run(RulesStep())
    good, bad = _now(good), _now(bad)
    assert good.status is Status.INVOICE
    assert (bad.status, bad.lease, bad.attempts) == (Status.RULES, None, 1)
    assert bad.error == "ZeroDivisionError: broken facts"
    assert bad.due_at >= began + dt.timedelta(seconds=0.7)


def test_the_last_attempt_ends_with_a_person(db, monkeypatch):
    sale_id = make_sale().id
    _run(AddressStep())
    monkeypatch.setattr(RulesStep, "_decide", lambda *_: 1 / 0)
    for _attempt in range(claims.MAX_ATTEMPTS):
        _due_now(sale_id)
        RulesStep().run()
    sale = _now(sale_id)
    assert (sale.status, sale.step, sale.reason_code) == (Status.ATTENTION, "rules", "step_failed")
    assert sale.due_at is None


@pytest.mark.both_databases
def test_a_row_that_kills_its_worker_is_given_to_a_person_in_the_end(db):
    sale_id = make_sale().id
    in_a_batch = 1
    for _death in range(in_a_batch + claims.MOST_ALONE):
        _due_now(sale_id)
        claim(AddressStep())
    _due_now(sale_id)
    AddressStep().run()
    sale = _now(sale_id)
    assert (sale.status, sale.reason_code) == (Status.ATTENTION, "step_failed")


def test_effects_happen_once_though_the_step_runs_again(db):
    sale_id = make_sale().id
    _run(AddressStep())
    _run(RulesStep())
    db.session.execute(update(Sale).where(Sale.id == sale_id).values(status="rules"))
    _due_now(sale_id)
    work_off()
    assert db.session.scalar(select(func.count()).select_from(Decision)) == 1
    kinds = db.session.scalars(select(Effect.kind)).all()
    assert sorted(kinds) == ["packing_slip"]
    assert db.session.scalar(select(func.count()).select_from(Invoice)) == 1
    assert _now(sale_id).status is Status.INVOICED


@pytest.mark.both_databases
@pytest.mark.parametrize("signing", [BuildStep, SignStep])
def test_signers_at_once_leave_no_gap_and_no_repeat(app, db, signing):
    for _number in range(24):
        make_sale()
    for step in (AddressStep(), RulesStep()):
        _run(step)
    if signing is SignStep:
        hold_every_note()
        _run(BuildStep())
        release_every_note()
    time.sleep(0.002)
    errors = []

    def sign():
        try:
            with app.app_context():
                step = signing()
                step.batch = 3
                while step.run():
                    pass
        except (
            Exception
        ) as error:  # told by the assertion below; a thread's own failure is heard by nobody
            errors.append(error)

    threads = [threading.Thread(target=sign) for _worker in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    numbers = db.session.scalars(
        select(Invoice.number).where(Invoice.status == InvoiceStatus.SENDING)
    ).all()
    assert sorted(numbers) == list(range(1, 25))
