"""What is tried is written down with what came of it, and what waits is weighed by its cause."""

import datetime as dt
import threading
import time
from decimal import Decimal

import pytest
from sqlalchemy import func, select, update

from tests.factories import (
    make_cause,
    make_failing,
    make_product,
    make_sale,
    open_shop,
    work_off,
)
from tests.support.processed_sales import agent, book, sold
from tests.support.sale_reversals import effect_of, make_due, own_rule
from webapp.attempts.models import Attempt, AttemptOutcome, FailingWork, FailureCause
from webapp.attempts.recording import Weighing, lock_causes
from webapp.fulfilment.memberships.models import Membership, MembershipStatus
from webapp.platform.clock import utc_now
from webapp.platform.database import db as database
from webapp.processing import address_step, claims
from webapp.processing.address_step import AddressStep
from webapp.processing.claims import NotYet
from webapp.processing.failing_work import drop_unwanted
from webapp.processing.rules_step import RulesStep
from webapp.sales.models import Sale, Status

pytestmark = pytest.mark.both_databases
DONE, FAILED, GIVEN_UP = AttemptOutcome.DONE, AttemptOutcome.FAILED, AttemptOutcome.GIVEN_UP


@pytest.fixture(autouse=True)
def shop_is_open(db):
    open_shop()


def _run(step):
    """One batch; whatever waits for its next try is due."""
    past = utc_now() - dt.timedelta(seconds=1)
    waiting = (Sale.status == step.status) & Sale.due_at.is_not(None)
    database.session.execute(update(Sale).where(waiting).values(due_at=past))
    database.session.commit()
    step.run()
    database.session.expire_all()


def _attempts(step: str, kind: str = "sale") -> list[tuple]:
    query = select(Attempt.row_id, Attempt.outcome, Attempt.times, Attempt.cause_id)
    of_these = (Attempt.step == step) & (Attempt.kind == kind)
    return [tuple(row) for row in database.session.execute(query.where(of_these).order_by("id"))]


def _cause(kind: str = "sale") -> FailureCause:
    query = select(FailureCause).where(FailureCause.kind == kind)
    return database.session.scalars(query).one()


def _weight(cause: FailureCause) -> tuple:
    return cause.waiting, cause.orders, cause.amount


def _failing(**wrong):
    """A `_decide` that raises for these sales, by their id as "s12"."""
    decide = RulesStep._decide

    def fails(step, sale, *others):
        if error := wrong.get(f"s{sale.id}"):
            raise error
        return decide(step, sale, *others)

    return fails


def test_a_batch_that_went_well_is_written_down_row_by_row(db):
    one, two = make_sale().id, make_sale().id
    _run(AddressStep())
    assert _attempts("address") == [(one, DONE, 1, None), (two, DONE, 1, None)]
    attempt = database.session.scalars(select(Attempt)).first()
    assert (attempt.queue, attempt.sale_id, attempt.batch) == ("addresses", one, 2)
    assert 1000 <= attempt.waited_ms < 60_000
    assert attempt.took_ms == (attempt.ended_at - attempt.began_at) // dt.timedelta(milliseconds=1)
    assert database.session.scalar(select(func.count()).select_from(FailureCause)) == 0


def test_the_whole_way_of_an_order_is_kept(db):
    sale_id = make_sale().id
    work_off()
    query = select(Attempt.kind, Attempt.step).where(Attempt.sale_id == sale_id).order_by("id")
    assert [tuple(row) for row in database.session.execute(query)][:4] == [
        ("sale", "address"),
        ("sale", "rules"),
        ("sale", "invoice"),
        ("invoice", "sending"),
    ]


def test_a_batch_that_falls_back_to_one_by_one_tells_of_each_row_once(db, monkeypatch):
    bad, good = make_sale(), make_sale()
    bad_id, good_id, total = bad.id, good.id, bad.total
    _run(AddressStep())
    monkeypatch.setattr(RulesStep, "_decide", _failing(**{f"s{bad_id}": ZeroDivisionError("no")}))
    _run(RulesStep())
    cause = _cause()
    assert sorted(_attempts("rules")) == [(bad_id, FAILED, 1, cause.id), (good_id, DONE, 1, None)]
    assert (cause.error, cause.count) == ("ZeroDivisionError: no", 1)
    assert _weight(cause) == (1, 1, total)
    assert cause.place.startswith("webapp/processing/rules_step.py:")


def test_tries_in_vain_with_one_cause_are_one_attempt_and_success_heals_it(db, monkeypatch):
    sale_id = make_sale().id
    _run(AddressStep())
    with monkeypatch.context() as broken:
        broken.setattr(RulesStep, "_decide", _failing(**{f"s{sale_id}": ZeroDivisionError("no")}))
        for _try in range(3):
            _run(RulesStep())
    cause_id = _cause().id
    assert _attempts("rules") == [(sale_id, FAILED, 3, cause_id)]
    assert (_cause().count, _cause().waiting, _cause().healed) == (3, 1, 0)
    _run(RulesStep())
    assert _attempts("rules") == [(sale_id, FAILED, 3, cause_id), (sale_id, DONE, 1, None)]
    assert (_cause().count, _cause().healed, *_weight(_cause())) == (3, 1, 0, 0, Decimal(0))
    assert database.session.scalars(select(FailingWork)).all() == []


def test_what_fails_for_another_reason_leaves_the_first(db, monkeypatch):
    sale = make_sale()
    sale_id, total = sale.id, sale.total
    _run(AddressStep())
    for error in (ZeroDivisionError("no"), KeyError("no"), ZeroDivisionError("again")):
        with monkeypatch.context() as broken:
            broken.setattr(RulesStep, "_decide", _failing(**{f"s{sale_id}": error}))
            _run(RulesStep())
    first, second = database.session.scalars(select(FailureCause).order_by(FailureCause.id))
    assert [attempt[1:3] for attempt in _attempts("rules")] == [(FAILED, 1)] * 3
    assert (first.count, *_weight(first)) == (2, 1, 1, total)
    assert (second.count, *_weight(second)) == (1, 0, 0, Decimal(0))
    assert (first.healed, second.healed) == (0, 0)


def test_the_last_try_waits_for_a_person_and_does_not_heal_by_itself(db, monkeypatch):
    sale_id = make_sale().id
    _run(AddressStep())
    with monkeypatch.context() as broken:
        broken.setattr(RulesStep, "_decide", _failing(**{f"s{sale_id}": ZeroDivisionError("no")}))
        for _try in range(claims.MAX_ATTEMPTS):
            _run(RulesStep())
    cause_id = _cause().id
    assert _attempts("rules") == [(sale_id, FAILED, 7, cause_id), (sale_id, GIVEN_UP, 1, cause_id)]
    assert (_cause().count, _cause().waiting) == (8, 1)
    assert database.session.scalars(select(FailingWork)).one().is_given_up
    database.session.get_one(Sale, sale_id).resume(utc_now())
    database.session.commit()
    _run(RulesStep())
    assert (_cause().waiting, _cause().healed, _attempts("rules")[-1][1]) == (0, 0, DONE)


def test_orders_of_one_cause_add_up_to_their_money(db, monkeypatch):
    dear, cheap = make_product(price="1234.56").sku, make_product(price="0.44").sku
    sales = [make_sale(sku=dear), make_sale(sku=cheap), make_sale(sku=cheap)]
    ids, totals = [sale.id for sale in sales], [sale.total for sale in sales]
    _run(AddressStep())
    wrong = {f"s{sale_id}": ZeroDivisionError(str(sale_id)) for sale_id in ids}
    with monkeypatch.context() as broken:
        broken.setattr(RulesStep, "_decide", _failing(**wrong))
        _run(RulesStep())
        assert _weight(_cause()) == (3, 3, sum(totals))
    wrong.pop(f"s{ids[0]}")
    monkeypatch.setattr(RulesStep, "_decide", _failing(**wrong))
    _run(RulesStep())
    assert (_weight(_cause()), _cause().healed) == ((2, 2, totals[1] + totals[2]), 1)


def test_a_provider_that_is_away_is_waited_for_as_one_cause(db, monkeypatch):
    ids = [make_sale(**{"address": {"zip_code": "99999-999"}}).id for _sale in range(2)]
    sales = [database.session.get_one(Sale, sale_id) for sale_id in ids]
    total = sum(sale.total for sale in sales)

    class Away:
        def __init__(self, reason):
            self.reason, self.outcome, self.answer = reason, address_step.Outcome.UNAVAILABLE, None

    for reason in ("viacep: timeout, opencep: busy", "viacep: breaker_open, opencep: timeout"):
        step = AddressStep()
        monkeypatch.setattr(step, "call_external", lambda rows, why=reason: _all(rows, Away(why)))
        _run(step)
    cause = _cause()
    assert (cause.count, *_weight(cause)) == (4, 2, 2, total)
    assert _attempts("address") == [(each, AttemptOutcome.WAITED, 2, cause.id) for each in ids]
    assert cause.error == "viacep: breaker_open, opencep: timeout"


def _all(rows, answer):
    return {row.zip_code.replace("-", ""): answer for row in rows}


def test_a_house_that_is_not_ready_is_waited_for(db, monkeypatch):
    sale_id = make_sale().id
    _run(AddressStep())
    monkeypatch.setattr(RulesStep, "_decide", _failing(**{f"s{sale_id}": NotYet("no_template")}))
    _run(RulesStep())
    assert _attempts("rules")[0][1] is AttemptOutcome.WAITED


def test_a_question_for_a_person_is_no_failure(db):
    sale_id = make_sale(address={"zip_code": "05010-000", "number": ""}).id
    _run(AddressStep())
    assert database.session.get_one(Sale, sale_id).status is Status.ATTENTION
    assert _attempts("address") == [(sale_id, GIVEN_UP, 1, None)]
    assert database.session.scalars(select(FailureCause)).all() == []


def test_an_effect_that_fails_with_its_decision_is_tried_in_vain_from_then_on(db):
    is_book = {"field": "item_kind", "op": "eq", "value": "book"}
    own_rule({"do": "membership_upgrade"}, when=is_book)
    sale = sold(book(plan="gold"), agent=agent())
    sale_id, customer_id, total = sale.id, sale.customer_id, sale.total
    make_due(sale)
    work_off()
    effect_id = effect_of(sale, "membership_upgrade").id
    cause = _cause("effect")
    (attempt,) = _attempts("pending", "effect")
    assert attempt[:2] == (effect_id, AttemptOutcome.WAITED) and attempt[3] == cause.id
    assert (cause.error, cause.step) == ("NotYet: no_active_membership", "pending")
    assert _weight(cause) == (1, 1, total)
    facts = {"plan": "basic", "status": MembershipStatus.ACTIVE, "since": dt.date(2026, 1, 1)}
    database.session.add(Membership(customer_id=customer_id, **facts))
    database.session.commit()
    make_due(database.session.get_one(Sale, sale_id))
    work_off()
    for kind in ("sale", "effect"):
        assert (_cause(kind).healed, _weight(_cause(kind))) == (1, (0, 0, Decimal(0)))


def test_workers_that_fail_at_once_add_up_exactly(app, db, monkeypatch):
    totals = [make_sale().total for _sale in range(12)]
    _run(AddressStep())
    monkeypatch.setattr(RulesStep, "_decide", lambda *_: 1 / 0)
    monkeypatch.setattr(RulesStep, "batch", 2)
    monkeypatch.setattr(claims, "backoff", lambda _attempts: dt.timedelta(hours=1))
    past = utc_now() - dt.timedelta(seconds=1)
    database.session.execute(update(Sale).values(due_at=past))
    database.session.commit()

    def work():
        with app.app_context():
            while RulesStep().run():
                pass

    threads = [threading.Thread(target=work) for _worker in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    database.session.expire_all()
    assert (_cause().count, *_weight(_cause())) == (12, 12, 12, sum(totals))
    assert sorted(row[1:3] for row in _attempts("rules")) == [(FAILED, 1)] * 12


def test_a_provider_that_came_back_with_a_question_has_healed(db, monkeypatch):
    sale_id = make_sale(address={"zip_code": "05010-000", "number": ""}).id
    step = AddressStep()
    with monkeypatch.context() as broken:
        broken.setattr(step, "write_row", lambda row, _shared, now: row.try_later(now, "away"))
        _run(step)
    assert (_cause().healed, _cause().waiting) == (0, 1)
    _run(step)
    assert _attempts("address")[-1][1:] == (GIVEN_UP, 1, None)
    assert (_cause().healed, _cause().waiting, _cause().count) == (1, 0, 1)
    assert database.session.get_one(Sale, sale_id).status is Status.ATTENTION


def test_what_a_dead_worker_writes_late_is_not_written_down(db):
    make_sale()
    time.sleep(0.002)
    step = AddressStep()
    token, ids = step._claim_batch()
    database.session.execute(update(Sale).values(due_at=utc_now() - dt.timedelta(seconds=1)))
    database.session.commit()
    step.run()
    step._advance(token, ids)
    assert len(_attempts("address")) == 1


def test_what_nobody_wants_any_more_leaves_its_cause(db, monkeypatch):
    called_off, moved, waits = (make_sale() for _sale in range(3))
    ids, total = [called_off.id, moved.id, waits.id], waits.total
    _run(AddressStep())
    wrong = {f"s{sale_id}": ZeroDivisionError("no") for sale_id in ids}
    monkeypatch.setattr(RulesStep, "_decide", _failing(**wrong))
    _run(RulesStep())
    assert drop_unwanted() == 0
    database.session.get_one(Sale, ids[0]).cancel()
    database.session.get_one(Sale, ids[1]).park_in(Status.COMPLETED)
    database.session.commit()
    assert (drop_unwanted(), drop_unwanted()) == (2, 0)
    assert (_cause().healed, *_weight(_cause())) == (0, 1, 1, total)
    for _try in range(claims.MAX_ATTEMPTS):
        _run(RulesStep())
    assert drop_unwanted() == 0, "it waits for a person"
    database.session.get_one(Sale, ids[2]).park_in(Status.COMPLETED)
    database.session.commit()
    assert (drop_unwanted(), _weight(_cause())) == (1, (0, 0, Decimal(0)))


def test_an_order_counts_once_for_a_cause_with_whichever_of_its_rows_waits(db):
    sale = make_sale()
    cause = make_cause(kind="effect", step="pending", queue="rules")
    first = make_failing(cause, sale, row_id=1)
    make_failing(cause, sale, row_id=2, counts_order=False, amount=Decimal(0))
    total, cause_id = sale.total, cause.id
    database.session.commit()
    assert _weight(cause) == (2, 1, total)
    causes = lock_causes({cause_id})
    weighing = Weighing(causes, [first], {sale.id}, lambda _ids: {})
    weighing.drop(first)
    weighing.settle()
    database.session.commit()
    left = database.session.scalars(select(FailingWork)).one()
    assert (left.row_id, left.counts_order, left.amount) == (2, True, total)
    assert _weight(_cause("effect")) == (1, 1, total)
