"""What the database owes, queue by queue: the truth of the queue monitor. Redis only says what was
rung."""

import datetime as dt
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Select, func, literal, select, union_all

from webapp.addresses.models import PostalProvider
from webapp.monitor.subjects import references, subject_of
from webapp.platform.clock import database_now
from webapp.platform.database import db
from webapp.platform.queue import QUEUES
from webapp.processing.effects import kind_of
from webapp.processing.outcomes import sale_of
from webapp.processing.pipeline import WORKED, Station
from webapp.processing.queries import failed_effects
from webapp.rules.models import Effect
from webapp.sales.models import Sale

FAILING_SHOWN = 20
# A row that failed waits for its next try, so it stands at the far end of what is due; no further
# is looked for it.
FAILING_SOUGHT = 1000
_PLACES = range(len(WORKED))


@dataclass(frozen=True)
class OwedRow:
    """`owed`: rows that owe a step of this queue, due now, leased or waiting for their next try.
    `oldest_age_s`: whole seconds for which the oldest of them has been due; 0 when none is due."""

    queue: str
    owed: int
    oldest_age_s: int


@dataclass(frozen=True)
class FailingRow:
    """A row that was tried in vain and is tried again by itself at `next_try`. `about` and `url`:
    what the work is about, in words, and its page; `tries`: how often since `since`; `error`: why
    the last one came to nothing, as the program wrote it, and `reason` in words, where the kind of
    effect has some."""

    kind: str
    id: int
    about: str
    url: str
    queue: str
    step: str
    tries: int
    since: dt.datetime | None
    error: str
    reason: str
    next_try: dt.datetime


def owing(station: Station) -> ColumnElement[bool]:
    """The SQL condition: rows that owe a station's work, whenever they are due."""
    return (station.model.status == station.status) & station.model.due_at.is_not(None)


def owed_by_queue() -> list[OwedRow]:
    """One row for each queue, in their order; one query, of an index alone for each station."""
    now = database_now(db.session)
    owed, ages = dict.fromkeys(QUEUES, 0), dict.fromkeys(QUEUES, 0)
    for place, count, oldest in db.session.execute(_all_counted()):
        station = WORKED[place]
        owed[station.queue] += count
        if oldest:
            ages[station.queue] = max(ages[station.queue], int((now - oldest).total_seconds()))
    return [OwedRow(queue, owed[queue], ages[queue]) for queue in QUEUES]


@functools.cache
def _all_counted() -> CompoundSelect[Any]:
    return union_all(*map(_counted, _PLACES))


def _counted(place: int) -> Select:
    """Of the station at this place: its place, how many rows owe its work, since when the first;
    each by itself, so that the first is read and not sought among all."""
    model, owes = WORKED[place].model, owing(WORKED[place])
    count = select(func.count()).select_from(model).where(owes)
    first = select(func.min(model.due_at)).where(owes)
    return select(literal(place), count.scalar_subquery(), first.scalar_subquery())


def failing_rows() -> list[FailingRow]:
    """At most FAILING_SHOWN for each station, the next to be tried first."""
    found = list(_failing())
    known = references(sale_of(row) for _station, row in found)
    rows = [
        FailingRow(
            station.kind,
            row.id,
            *subject_of(row, known),
            station.queue,
            str(station.status),
            row.tries,
            row.unmet_since,
            row.error,
            kind_of(row).error_text(row) if isinstance(row, Effect) else "",
            row.due_at,
        )
        for station, row in found
    ]
    return sorted(rows, key=lambda row: row.next_try)


def failing_queues() -> set[str]:
    """Those of which some row is among `failing_rows`."""
    failing = db.session.execute(_all_failing_ids())
    return {WORKED[place].queue for place, _row_id in failing}


def failed_effects_shown() -> list[tuple[Effect, str]]:
    """The newest FAILING_SHOWN effects that a person must look at, each with its sale's
    reference."""
    query = failed_effects().join(Sale, Sale.id == Effect.sale_id).add_columns(Sale.reference)
    return [
        (effect, reference) for effect, reference in db.session.execute(query.limit(FAILING_SHOWN))
    ]


def providers() -> dict[str, PostalProvider]:
    """How the postal code services were when they were asked last, by name."""
    return {row.name: row for row in db.session.scalars(select(PostalProvider))}


def _failing() -> Iterator[tuple[Station, Any]]:
    """One query says which rows fail, one for each model that has some reads them."""
    ids: dict[Any, dict[int, Station]] = {}
    for place, row_id in db.session.execute(_all_failing_ids()):
        ids.setdefault(WORKED[place].model, {})[row_id] = WORKED[place]
    for model, stations in ids.items():
        for row in db.session.scalars(select(model).where(model.id.in_(stations))):
            yield stations[row.id], row


@functools.cache
def _all_failing_ids() -> CompoundSelect[Any]:
    return union_all(*map(_failing_ids, _PLACES))


def _failing_ids(place: int) -> Select:
    model = WORKED[place].model
    last = select(model.id).where(owing(WORKED[place])).order_by(model.due_at.desc())
    failing = (
        select(model.id)
        .where(model.id.in_(last.limit(FAILING_SOUGHT)), model.error != "")
        .order_by(model.due_at)
        .limit(FAILING_SHOWN)
        .subquery()
    )
    return select(literal(place), failing.c.id)
