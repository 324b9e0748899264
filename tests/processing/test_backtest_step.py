"""Backtests as background work: slice by slice, stopped, taken over from the dead, and nothing
written but themselves."""

import datetime as dt
import time
from decimal import Decimal

import pytest
from sqlalchemy import event, select, update

from tests.support.claims import claim
from tests.support.past_decisions import RULES, changed, keep_past, open_draft_of
from tests.support.rule_facts import catalog
from webapp.platform.clock import utc_now
from webapp.platform.database import db as database
from webapp.platform.sliced import SliceStatus
from webapp.platform.transactions import reading_only
from webapp.processing import backtest_step, claims
from webapp.processing.backtest_step import BacktestStep
from webapp.processing.claims import look_at
from webapp.processing.pipeline import owing_queues, work_off
from webapp.rules.backtesting.backtests import ask_backtest, look_back
from webapp.rules.backtesting.comparison import Comparison
from webapp.rules.core.engine import RuleSet
from webapp.rules.models import Backtest, Decision, RuleDraft
from webapp.rules.queries import published

COMMISSION_8 = {"then": [{"do": "commission", "percent": "8.00"}]}


@pytest.fixture
def past(db):
    keep_past(70)


def small_slices(monkeypatch, chunk=10):
    """One chunk a slice."""
    monkeypatch.setattr(backtest_step, "CHUNK", chunk)
    monkeypatch.setattr(backtest_step, "SLICE_SECONDS", 0)


def ask(days=None, as_of=None, **changes) -> int:
    if database.session.scalar(select(RuleDraft.id)) is None:
        open_draft_of(changed("commission", **changes or COMMISSION_8))
    asked = ask_backtest(look_back(days), as_of, "Ana Paula Reis")
    database.session.commit()
    return asked.id


def now(backtest_id) -> Backtest:
    database.session.rollback()
    return database.session.get_one(Backtest, backtest_id, populate_existing=True)


def run() -> int:
    time.sleep(0.002)  # what was just committed is due on the database's clock
    return BacktestStep().run()


def finish(backtest_id) -> Backtest:
    while run():
        pass
    return now(backtest_id)


def by_hand(rules) -> Comparison:
    """The same, without a job."""
    comparison = Comparison(RuleSet(1, published().rules), RuleSet(2, rules), catalog)
    for decision in database.session.scalars(select(Decision).order_by(Decision.id.desc())):
        comparison.judge(decision.sale_id, decision.facts, utc_now().date())
    return comparison


@pytest.mark.both_databases
def test_it_comes_to_what_a_comparison_comes_to(past):
    done = finish(ask())
    totals = by_hand(changed("commission", **COMMISSION_8)).totals
    assert (done.status, done.sales, done.total, done.due_at) == (SliceStatus.DONE, 70, 70, None)
    assert done.finished_at is not None
    assert (done.result, done.changes) == (totals.figures_to_json(), totals.changes)
    assert (
        Decimal(done.result["commission"][0]) != Decimal(done.result["commission"][1])
        and done.result["changed"] > 10
    )


def test_it_goes_on_where_the_slice_before_ended_and_tells_how_far_it_is(past, monkeypatch):
    small_slices(monkeypatch)
    asked, seen = ask(), []
    while run():
        seen.append((now(asked).sales, str(now(asked).status)))
    assert [sales for sales, _status in seen] == [10, 20, 30, 40, 50, 60, 70, 70][: len(seen)]
    assert seen[-1] == (70, "done") and {status for _sales, status in seen[:-1]} == {"pending"}
    assert (
        now(asked).result == by_hand(changed("commission", **COMMISSION_8)).totals.figures_to_json()
    )


def test_the_newest_sales_come_first(past, monkeypatch):
    small_slices(monkeypatch)
    asked = ask(then=[{"do": "commission", "percent": "99.00"}])
    run()
    told = [change["sale"] for change in now(asked).changes]
    newest = database.session.scalars(
        select(Decision.sale_id).order_by(Decision.id.desc()).limit(10)
    ).all()
    assert told and told == [sale for sale in newest if sale in told]


@pytest.mark.both_databases
def test_a_slice_whose_worker_died_is_judged_again_and_counted_once(past, monkeypatch):
    small_slices(monkeypatch)
    asked = ask()
    run()
    step = BacktestStep()
    time.sleep(0.002)
    token, ids = claim(step)
    shared = step._call(token, ids)
    database.session.execute(update(Backtest).values(due_at=utc_now() - dt.timedelta(seconds=1)))
    database.session.commit()
    run()
    step._write(token, ids, shared)  # the dead one's late write
    assert now(asked).sales == 20
    assert (
        finish(asked).result
        == by_hand(changed("commission", **COMMISSION_8)).totals.figures_to_json()
    )


def test_one_that_was_stopped_stays_stopped_though_a_worker_is_at_it(past, monkeypatch):
    small_slices(monkeypatch)
    asked = ask()
    run()
    step = BacktestStep()
    time.sleep(0.002)
    token, ids = claim(step)
    shared = step._call(token, ids)
    now(asked).stop(utc_now())
    database.session.commit()
    step._write(token, ids, shared)
    stopped = now(asked)
    assert (stopped.status, stopped.sales, stopped.due_at, stopped.result["sales"]) == (
        SliceStatus.STOPPED,
        10,
        None,
        10,
    )
    assert run() == 0


def test_what_is_over_cannot_be_stopped(past):
    done = finish(ask())
    done.stop(utc_now())
    assert done.status is SliceStatus.DONE


def test_only_sales_paid_within_the_days_are_judged(db):
    keep_past(40, every=dt.timedelta(days=1))
    done = finish(ask(days=30))
    assert (done.total, done.sales, done.result["sales"]) == (30, 30, 30)


def test_without_past_sales_it_is_done_at_once(db):
    asked = now(ask(days=30))
    assert (asked.status, asked.total, asked.due_at) == (SliceStatus.DONE, 0, None)
    assert run() == 0


def test_sales_decided_after_the_asking_are_not_judged(past):
    asked = ask()
    database.session.execute(update(Backtest).values(upto=Backtest.upto - 5))
    database.session.commit()
    assert finish(asked).sales == 65


def test_all_sales_may_be_judged_by_one_day_to_come(past):
    tomorrow = utc_now().date() + dt.timedelta(days=2)
    own_days = finish(ask(valid_from=str(tomorrow), **COMMISSION_8)).result["commission"]
    by_then = finish(ask(as_of=tomorrow)).result["commission"]
    assert Decimal(own_days[1]) == 0
    assert Decimal(by_then[1]) > Decimal(by_then[0]) == Decimal(own_days[0])


def test_a_test_that_cannot_be_done_is_tried_again_and_then_ends_with_the_reason(past, monkeypatch):
    monkeypatch.setattr(Comparison, "judge", lambda *_: 1 / 0)
    asked = ask()
    for attempt in range(claims.MAX_ATTEMPTS):
        database.session.execute(
            update(Backtest).values(due_at=utc_now() - dt.timedelta(seconds=1))
        )
        database.session.commit()
        run()
        assert now(asked).attempts == attempt + 1
    failed = now(asked)
    assert (failed.status, failed.due_at, failed.sales) == (SliceStatus.FAILED, None, 0)
    assert failed.error == "ZeroDivisionError: division by zero"


@pytest.mark.both_databases
def test_one_backtest_is_worked_on_at_a_time(past):
    first, second = ask(), ask(days=30)
    time.sleep(0.002)
    step = BacktestStep()
    token, ids = claim(step)
    assert ids == [first] and look_at((step,)) == [(None, None)] and claim(step) is None
    step._advance(token, ids)
    assert finish(second).status is SliceStatus.DONE


def test_a_job_does_one_slice_and_lets_the_other_queues_have_their_turn(past, monkeypatch):
    small_slices(monkeypatch)
    asked = ask()
    time.sleep(0.002)
    assert work_off("bulk", seconds=-1) is True
    assert now(asked).sales == 10
    time.sleep(0.002)
    assert owing_queues() == ["bulk"]


@pytest.mark.both_databases
def test_no_transaction_is_open_and_no_lock_is_held_while_it_judges(past, monkeypatch):
    judge, seen = Comparison.judge, set()

    def looks(self, *facts):
        seen.add((database.session().in_transaction(), reading_only.get()))
        return judge(self, *facts)

    monkeypatch.setattr(Comparison, "judge", looks)
    finish(ask())
    assert seen == {(False, True)}


def dump() -> dict[str, list]:
    """All rows of all tables but the backtests', and what was tried."""
    return {
        table.name: sorted(map(repr, database.session.execute(select(table)).all()))
        for table in database.metadata.sorted_tables
        if table.name not in ("backtests", "attempts")
    }


def test_nothing_is_written_but_the_backtest(past, monkeypatch):
    small_slices(monkeypatch)
    asked, written = ask(), set()
    before = dump()
    database.session.rollback()
    gifts = [
        raw | {"then": [{"do": "add_item", "sku": "FI-0001"}]}
        if raw["code"] == "streaming_links"
        else raw
        for raw in RULES
    ]
    database.session.execute(update(Backtest).values(rules=gifts))
    database.session.commit()

    @event.listens_for(database.engine, "before_cursor_execute")
    def note(_connection, _cursor, statement, *_others):
        if not statement.startswith(("SELECT", "WITH clock", "BEGIN")):
            written.add(statement.split("SET")[0].split("(")[0].strip())

    try:
        assert finish(asked).result["kinds"]["add_item"][0] > 0
    finally:
        event.remove(database.engine, "before_cursor_execute", note)
    assert written == {"UPDATE backtests", "INSERT INTO attempts", "UPDATE attempts"}
    assert dump() == before
