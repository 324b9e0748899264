"""A clock that is set back makes nothing wait for hours that was due in a moment."""

import datetime as dt

import pytest

from tests.factories import make_sale
from webapp.platform.clock import database_now, utc_now
from webapp.platform.set_back import ClockWatch
from webapp.processing import sweeping
from webapp.processing.sweeping import hurry_behind_clock

HOUR = dt.timedelta(hours=1)
NOW = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)


def _after(seconds, said):
    """What is found where so many seconds passed while the clock went from NOW to `said`."""
    passed = iter([100.0, 100.0 + seconds])
    watch = ClockWatch(lambda: next(passed))
    assert watch.set_back(NOW) is None
    return watch.set_back(said)


def test_only_a_clock_that_was_set_back_is_found():
    assert _after(2, NOW + dt.timedelta(seconds=2)) is None
    assert _after(2, NOW - dt.timedelta(seconds=2)) is None
    assert _after(2, NOW + HOUR) is None
    assert _after(10, NOW - HOUR) == HOUR + dt.timedelta(seconds=10)


@pytest.mark.both_databases
def test_what_was_due_by_the_former_clock_is_due(db, monkeypatch):
    due, soon, later, held = (make_sale() for _each in range(4))
    now = database_now(db.session)
    due.due_at = held.due_at = now + HOUR - dt.timedelta(seconds=30)
    soon.due_at = now + HOUR + dt.timedelta(seconds=15)
    later.due_at = now + HOUR * 3
    held.lease = "somebody"
    db.session.commit()
    backs = iter([None, HOUR])
    monkeypatch.setattr(sweeping.clock_watch, "set_back", lambda _now: next(backs))

    assert hurry_behind_clock(now) == 0
    assert hurry_behind_clock(now) == 2
    assert due.due_at == soon.due_at == now < later.due_at
    assert held.due_at > utc_now() + HOUR / 2
