"""What came of the work, minute by minute, kept so compactly that a page reads a week at once.

The sweeper keeps each minute once it is over, from the attempts of that minute, and with it the
longer spans that end there: ten minutes and hours. One process or many, each span is kept once.
"""

import datetime as dt
import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Select, case, delete, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from webapp.attempts.models import Attempt, AttemptOutcome
from webapp.monitor.models import WorkSpan
from webapp.monitor.queries import owed_by_queue
from webapp.platform.clock import database_now, utc_now
from webapp.platform.database import db
from webapp.platform.notices import notices_of
from webapp.platform.queue import QUEUES
from webapp.platform.transactions import only_reading

MINUTE, TEN_MINUTES, HOUR = 60, 600, 3600
KEPT_DAYS = {MINUTE: 2, TEN_MINUTES: 14, HOUR: 400}
# A minute is kept so long after its end: what was written in it is committed by then.
SETTLED = dt.timedelta(seconds=10)
# In one pass of the sweeper, where it was away.
MINUTES_AT_ONCE = 60
# How current the newest minute must be to be told of as that of now.
CURRENT = dt.timedelta(minutes=3)
LATENCY_MINUTES = 10
# Times are kept by places, each of which reaches a quarter further than the one before; the last
# holds whatever took longer.
_SHORTEST_MS, _RATIO, _LAST = 5, 1.25, 80
_IN_VAIN = (AttemptOutcome.WAITED, AttemptOutcome.FAILED)


@dataclass
class SpanFigures:
    """What came of the steps of one queue, or of several together, in a span of `seconds`. A done
    step's time runs from when it was due until it was done."""

    seconds: int = MINUTE
    done: int = 0
    waited: int = 0
    failed: int = 0
    given_up: int = 0
    owed: int | None = None
    oldest_s: int | None = None
    times: Counter[int] = field(default_factory=Counter)

    @property
    def in_vain(self) -> int:
        return self.waited + self.failed + self.given_up

    @property
    def done_per_minute(self) -> float:
        return self.done * 60 / self.seconds

    @property
    def in_vain_per_minute(self) -> float:
        return self.in_vain * 60 / self.seconds

    @property
    def p50_ms(self) -> int | None:
        return within(self.times, 0.5)

    @property
    def p95_ms(self) -> int | None:
        return within(self.times, 0.95)

    def values(self) -> dict[str, Any]:
        """The columns of a span."""
        names = ("seconds", "done", "waited", "failed", "given_up", "owed", "oldest_s")
        times = {str(place): count for place, count in sorted(self.times.items())}
        return {name: getattr(self, name) for name in names} | {"times": times}


def place_of(milliseconds: int) -> int:
    if milliseconds <= _SHORTEST_MS:
        return 0
    return min(math.ceil(math.log(milliseconds / _SHORTEST_MS, _RATIO)), _LAST)


def within(times: Counter[int], share: float) -> int | None:
    """Milliseconds within which that share of the steps was done, at most a quarter too many; None
    without any."""
    left = math.ceil(times.total() * share)
    for place, count in sorted(times.items()):
        left -= count
        if left <= 0:
            return round(_SHORTEST_MS * _RATIO**place)
    return None


def together(spans: Iterable[SpanFigures], seconds: int) -> SpanFigures:
    """Several spans of one queue, one after the other."""
    told = SpanFigures(seconds)
    for span in spans:
        _add(told, span)
        told.owed = _most(told.owed, span.owed)
    return told


def side_by_side(spans: Iterable[SpanFigures], seconds: int) -> SpanFigures:
    """The same span of several queues."""
    told = SpanFigures(seconds)
    for span in spans:
        _add(told, span)
        told.owed = (told.owed or 0) + span.owed if span.owed is not None else told.owed
    return told


def _add(told: SpanFigures, span: SpanFigures) -> None:
    told.done += span.done
    told.waited += span.waited
    told.failed += span.failed
    told.given_up += span.given_up
    told.times.update(span.times)
    told.oldest_s = _most(told.oldest_s, span.oldest_s)


def _most(one: int | None, other: int | None) -> int | None:
    return max((value for value in (one, other) if value is not None), default=None)


# -- keeping ---------------------------------------------------------------------------------------


def keep_history() -> int:
    """Keeps what is over and not kept yet; how many minutes that were."""
    with only_reading():
        end = _begin_of(database_now(db.session) - SETTLED, MINUTE)
        minutes = _unkept(end)[:MINUTES_AT_ONCE]
        spans = {minute: _tally(minute) for minute in minutes}
        if end - _span(MINUTE) in spans:
            _note_owed(spans[end - _span(MINUTE)])
        db.session.rollback()
    for minute, by_queue in spans.items():
        _insert(minute, by_queue)
        for seconds, part in ((TEN_MINUTES, MINUTE), (HOUR, TEN_MINUTES)):
            ended = minute + _span(MINUTE)
            if ended == _begin_of(ended, seconds):
                _fold(ended - _span(seconds), seconds, part)
    if spans:
        notices_of(db.session).row_changed("history", 0)
        db.session.commit()
    return len(spans)


def _span(seconds: int) -> dt.timedelta:
    return dt.timedelta(seconds=seconds)


def _begin_of(moment: dt.datetime, seconds: int) -> dt.datetime:
    passed = int(moment.timestamp())
    return dt.datetime.fromtimestamp(passed - passed % seconds, dt.UTC)


def _unkept(end: dt.datetime) -> list[dt.datetime]:
    """The minutes before `end` that follow the newest one kept."""
    newest = db.session.scalar(
        select(WorkSpan.began_at)
        .where(WorkSpan.seconds == MINUTE, WorkSpan.began_at < end)
        .order_by(WorkSpan.began_at.desc())
        .limit(1)
    )
    first = newest + _span(MINUTE) if newest else end - _span(MINUTE)
    first = max(first, end - dt.timedelta(KEPT_DAYS[MINUTE]))
    return [first + n * _span(MINUTE) for n in range(int((end - first).total_seconds()) // MINUTE)]


def _tally(minute: dt.datetime) -> dict[str, SpanFigures]:
    """By queue. A row that is tried in vain again and again is one attempt, which goes on."""
    until = minute + _span(MINUTE)
    took = case(
        (Attempt.outcome == AttemptOutcome.DONE, Attempt.waited_ms + Attempt.took_ms), else_=0
    ).label("latency")
    tried = (
        Attempt.ended_at >= minute,
        Attempt.began_at < until,
        or_(Attempt.ended_at < until, Attempt.outcome.in_(_IN_VAIN)),
    )
    found = {queue: SpanFigures() for queue in QUEUES}
    # As no column of an index: SQLite would go through all attempts by their queue.
    queue_of = (Attempt.queue + "").label("queue_of")
    grouped = select(queue_of, Attempt.outcome, took, func.count()).where(*tried)
    for queue, outcome, latency, count in db.session.execute(
        grouped.group_by("queue_of", Attempt.outcome, "latency")
    ):
        if (figures := found.get(queue)) is None:
            continue
        setattr(figures, outcome, getattr(figures, outcome) + count)
        if outcome is AttemptOutcome.DONE:
            figures.times[place_of(latency)] += count
    return found


def _note_owed(spans: dict[str, SpanFigures]) -> None:
    for row in owed_by_queue():
        spans[row.queue].owed, spans[row.queue].oldest_s = row.owed, row.oldest_age_s


def _insert(began_at: dt.datetime, spans: dict[str, SpanFigures]) -> None:
    """Somebody else may have kept them just now."""
    on = postgresql if db.engine.dialect.name == "postgresql" else sqlite
    rows = [
        {"began_at": began_at, "queue": queue} | figures.values()
        for queue, figures in spans.items()
    ]
    db.session.execute(on.insert(WorkSpan.__table__).on_conflict_do_nothing(), rows)


def _fold(began_at: dt.datetime, seconds: int, part: int) -> None:
    parts = defaultdict(list)
    for _moment, queue, figures in _spans(part, began_at, began_at + _span(seconds)):
        parts[queue].append(figures)
    _insert(began_at, {queue: together(spans, seconds) for queue, spans in parts.items()})
    if seconds == HOUR:
        for kept, days in KEPT_DAYS.items():
            old = WorkSpan.began_at < began_at - dt.timedelta(days)
            db.session.execute(delete(WorkSpan).where(WorkSpan.seconds == kept, old))


# -- reading ---------------------------------------------------------------------------------------


def _spans(
    seconds: int, since: dt.datetime, until: dt.datetime, queue: str = ""
) -> list[tuple[dt.datetime, str, SpanFigures]]:
    """When each began, its queue and figures; those of `queue` alone where it is said."""
    table = WorkSpan.__table__.c
    query: Select[Any] = select(*table).where(
        table.seconds == seconds, table.began_at >= since, table.began_at < until
    )
    if queue:
        query = query.where(table.queue == queue)
    found = []
    for row in db.session.execute(query.order_by(table.began_at)):
        told = row._asdict()
        began_at, name = told.pop("began_at"), told.pop("queue")
        times = Counter({int(place): count for place, count in told.pop("times").items()})
        found.append((began_at, name, SpanFigures(**told, times=times)))
    return found


def points(
    seconds: int, since: dt.datetime, until: dt.datetime, queue: str = ""
) -> dict[dt.datetime, SpanFigures]:
    """The spans by when they began, of one queue or of all together; those that nobody kept are
    not there."""
    by_moment = defaultdict(list)
    for began_at, _name, figures in _spans(seconds, since, until, queue):
        by_moment[began_at].append(figures)
    return {moment: side_by_side(found, seconds) for moment, found in by_moment.items()}


@dataclass(frozen=True)
class Pace:
    """How a queue works just now: `done` and `in_vain` of the newest minute that is kept, and
    within how many milliseconds half of the steps, and 95 %, were done in the last minutes. Each is
    None where nobody knows."""

    done: int | None = None
    in_vain: int | None = None
    p50_ms: int | None = None
    p95_ms: int | None = None


def paces() -> dict[str, Pace]:
    """By queue; "" is all of them together."""
    now = utc_now()
    found = _spans(MINUTE, now - LATENCY_MINUTES * _span(MINUTE) - CURRENT, now)
    newest = max((moment for moment, _queue, _figures in found), default=None)
    if newest is None or newest < now - CURRENT:
        return dict.fromkeys(("", *QUEUES), Pace())
    return {queue: _pace(found, newest, queue) for queue in ("", *QUEUES)}


def _pace(
    found: list[tuple[dt.datetime, str, SpanFigures]], newest: dt.datetime, wanted: str
) -> Pace:
    mine = [(at, figures) for at, queue, figures in found if wanted in ("", queue)]
    last = side_by_side((figures for at, figures in mine if at == newest), MINUTE)
    recent = newest - LATENCY_MINUTES * _span(MINUTE)
    times = side_by_side((figures for at, figures in mine if at > recent), MINUTE)
    return Pace(last.done, last.in_vain, times.p50_ms, times.p95_ms)
