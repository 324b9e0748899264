"""The history of the work: each minute kept once, longer spans made of them, old ones forgotten."""

import datetime as dt
from collections import Counter

import pytest
from sqlalchemy import func, select

from webapp.attempts.models import Attempt, AttemptOutcome
from webapp.monitor import history
from webapp.monitor.charts import Charts, Range
from webapp.monitor.history import HOUR, MINUTE, TEN_MINUTES, keep_history, paces, points, within
from webapp.monitor.models import WorkSpan
from webapp.platform.queue import QUEUES

# A whole hour; by Brazil's clock it is nine.
NINE = dt.datetime(2026, 11, 30, 12, tzinfo=dt.UTC)
SECOND = dt.timedelta(seconds=1)


@pytest.fixture
def clock(monkeypatch):
    """Sets what time it is."""

    def set_to(moment):
        monkeypatch.setattr(history, "utc_now", lambda: moment)
        monkeypatch.setattr(history, "database_now", lambda _session: moment)

    return set_to


def tried(db, ended_at, outcome="done", *, began_at=None, queue="mail", ms=100, many=1):
    for _ in range(many):
        db.session.add(
            Attempt(
                kind="message",
                row_id=1,
                step="pending",
                queue=queue,
                outcome=AttemptOutcome(outcome),
                began_at=began_at or ended_at,
                ended_at=ended_at,
                waited_ms=ms - 30,
                took_ms=30,
                batch=1,
                worker="w",
            )
        )
    db.session.commit()


def of_mail(db, seconds=MINUTE):
    query = select(WorkSpan).where(WorkSpan.seconds == seconds, WorkSpan.queue == "mail")
    return db.session.scalars(query.order_by(WorkSpan.began_at)).all()


@pytest.mark.both_databases
def test_a_minute_is_kept_once_it_is_settled_and_only_once(db, clock):
    tried(db, NINE, many=3)
    tried(db, NINE + 59 * SECOND, ms=4000)
    tried(db, NINE + 60 * SECOND)
    tried(db, NINE + 30 * SECOND, "failed")
    tried(db, NINE + 30 * SECOND, "given_up")
    # Tried again and again since before, and still: it was tried in this minute too.
    tried(db, NINE + 65 * SECOND, "waited", began_at=NINE - 600 * SECOND)
    tried(db, NINE + 2 * SECOND, queue="rules")

    clock(NINE + 10 * SECOND)
    keep_history()  # the minute before: a history begins
    clock(NINE + 69 * SECOND)
    assert keep_history() == 0
    clock(NINE + 70 * SECOND)
    assert keep_history() == 1
    assert keep_history() == 0
    kept = of_mail(db)[-1]
    assert (kept.began_at, kept.done, kept.failed, kept.given_up) == (NINE, 4, 1, 1)
    assert (kept.waited, kept.owed, kept.oldest_s) == (1, 0, 0)
    # 100 ms are within the place that ends at 5 ms * 1.25 ** 14 = 114 ms, 4 s within 4.04 s.
    assert kept.times == {"14": 3, "30": 1}
    minutes = select(func.count(WorkSpan.queue)).where(WorkSpan.seconds == MINUTE)
    assert db.session.scalar(minutes) == 2 * len(QUEUES)


@pytest.mark.both_databases
def test_what_another_sweeper_has_kept_stays_as_it_is(db, clock):
    clock(NINE + 70 * SECOND)
    keep_history()
    history._insert(NINE, {"mail": history.SpanFigures(done=7)})
    db.session.commit()
    assert [kept.done for kept in of_mail(db)] == [0]


@pytest.mark.both_databases
def test_a_sweeper_that_was_away_keeps_what_it_missed_and_folds_it(db, clock):
    clock(NINE + 10 * SECOND)
    keep_history()
    for minute in range(120):
        tried(db, NINE + minute * 60 * SECOND, ms=100 if minute % 2 else 50)
    clock(NINE + 2 * 3600 * SECOND + 10 * SECOND)
    assert [keep_history() for _ in range(3)] == [60, 60, 0]

    assert len(of_mail(db)) == 121
    # The ten minutes before nine ended with the first minute that was kept.
    assert [kept.done for kept in of_mail(db, TEN_MINUTES)] == [0, *[10] * 12]
    assert [kept.done for kept in of_mail(db, HOUR)] == [0, 60, 60]
    assert of_mail(db, HOUR)[-1].times == {"11": 30, "14": 30}
    # What waited is known of the minute that was kept in time alone.
    assert [kept.owed for kept in of_mail(db)] == [0, *[None] * 119, 0]


def test_a_history_that_is_long_over_is_forgotten_by_the_hour(db, clock):
    kept = {(MINUTE, 1), (TEN_MINUTES, 13), (HOUR, 399)}
    old = {(MINUTE, 3), (TEN_MINUTES, 15), (HOUR, 402)}
    for seconds, days in kept | old:
        began_at = NINE - dt.timedelta(days)
        db.session.add(WorkSpan(seconds=seconds, began_at=began_at, queue="mail"))
    # The last minute of the hour is still to be kept.
    db.session.add(WorkSpan(seconds=MINUTE, began_at=NINE - 120 * SECOND, queue="mail"))
    db.session.commit()
    clock(NINE + 10 * SECOND)
    assert keep_history() == 1
    spans = {
        (span.seconds, (NINE - span.began_at).days) for span in db.session.scalars(select(WorkSpan))
    }
    assert kept <= spans and not old & spans


def test_a_share_of_the_times_is_told_to_a_quarter(db):
    times: Counter[int] = Counter()
    assert within(times, 0.5) is None
    for ms, many in ((40, 50), (900, 45), (60_000, 5)):
        times[history.place_of(ms)] += many
    assert 40 <= within(times, 0.5) <= 50
    assert 900 <= within(times, 0.95) <= 1125
    assert 60_000 <= within(times, 0.96) <= 75_000


def test_the_pace_of_a_queue_is_that_of_its_last_minute_until_it_is_old(db, clock):
    clock(NINE + 10 * SECOND)
    keep_history()
    tried(db, NINE, many=3)
    tried(db, NINE, "failed", many=2)
    tried(db, NINE, queue="rules", ms=1000)
    clock(NINE + 70 * SECOND)
    keep_history()
    assert (paces()["mail"].done, paces()["mail"].in_vain) == (3, 2)
    assert (paces()[""].done, paces()[""].in_vain) == (4, 2)
    assert paces()["mail"].p95_ms == 114 and 1000 <= paces()[""].p95_ms <= 1250
    assert paces()["bulk"].p50_ms is None
    clock(NINE + 240 * SECOND)
    assert paces()["mail"].done is None


def test_a_chart_has_a_gap_where_nobody_kept_anything(app, db, clock, monkeypatch):
    monkeypatch.setattr("webapp.monitor.charts.utc_now", lambda: NINE + 130 * SECOND)
    tried(db, NINE, many=2)
    tried(db, NINE, queue="rules")
    clock(NINE + 70 * SECOND)
    keep_history()
    with app.test_request_context():
        every, mail = Charts(Range.HOUR, ""), Charts(Range.HOUR, "mail")
        done = every.drawn[0].plot["lines"][0]["values"]
        assert done[-2:] == [3, None] and len(done) == 60 and done.count(None) == 59
        assert mail.drawn[0].plot["lines"][0]["values"][-2] == 2
        # As the shop's clock shows it.
        last = dt.datetime.fromtimestamp(every.drawn[0].plot["steps"][-1], dt.UTC)
        assert last.replace(tzinfo=None) == dt.datetime(2026, 11, 30, 9, 1)
        (row,) = every.rows
        assert row[1].done == 3
        assert Charts(Range.WEEK, "").is_empty


def test_points_of_several_queues_are_added(db, clock):
    tried(db, NINE)
    tried(db, NINE, queue="rules", ms=50)
    clock(NINE + 70 * SECOND)
    keep_history()
    (told,) = points(MINUTE, NINE, NINE + 60 * SECOND).values()
    assert (told.done, told.owed, told.times) == (2, 0, Counter({11: 1, 14: 1}))
