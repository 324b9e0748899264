"""Questions about causes, what waits for them, and who tried that again."""

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select, func, select

from webapp.attempts.models import Attempt, CauseRetry, CauseState, FailingWork, FailureCause
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.rows import row_by_id

# What healed is counted for so long after it was seen last.
FOLDED = dt.timedelta(days=7)
# The dearest first, downwards.
BY_MONEY = (FailureCause.amount, FailureCause.waiting, FailureCause.id)

# Since when the first row waits for a cause: one entry of an index.
_FIRST = (
    select(FailingWork.since)
    .where(FailingWork.cause_id == FailureCause.id)
    .order_by(FailingWork.since, FailingWork.id)
    .limit(1)
    .scalar_subquery()
)


class Healed(NamedTuple):
    """Causes for which nothing waits any more, and how many steps went on by themselves."""

    causes: int
    steps: int


def causes(*conditions: ColumnElement[bool], queue: str = "") -> Select[FailureCause]:
    query = select(FailureCause).where(*conditions)
    return query.where(FailureCause.queue == queue) if queue else query


def is_open(now: dt.datetime) -> ColumnElement[bool]:
    """The SQL condition: nobody put the cause aside, or the time is over for which it was."""
    was_ignored = (FailureCause.state == CauseState.IGNORED) & (FailureCause.ignored_until <= now)
    return (FailureCause.state == CauseState.OPEN) | was_ignored


def waits() -> ColumnElement[bool]:
    return FailureCause.waiting > 0


def has_healed() -> ColumnElement[bool]:
    return (FailureCause.waiting == 0) & (FailureCause.healed > 0)


def pressing(most: int) -> dict[FailureCause, dt.datetime | None]:
    """The dearest first, each with the moment since when the first row waits for it."""
    query = causes(is_open(utc_now()), waits()).add_columns(_FIRST)
    rows = db.session.execute(query.order_by(*(key.desc() for key in BY_MONEY)).limit(most))
    return {cause: since for cause, since in rows}


def healed_lately() -> Healed:
    counts = select(func.count(), func.coalesce(func.sum(FailureCause.healed), 0))
    lately = FailureCause.last_at > utc_now() - FOLDED
    row = db.session.execute(counts.where(has_healed(), lately)).one()
    return Healed(row[0], row[1])


def cause_by_id(cause_id: int, lock: bool = False) -> FailureCause:
    """Raises NotFound."""
    return row_by_id(FailureCause, cause_id, _l("There is no such cause."), lock)


def oldest_waits(cause_ids: Collection[int]) -> dict[int, dt.datetime]:
    """By the cause: since when the first row waits for it."""
    if not cause_ids:
        return {}
    query = select(FailureCause.id, _FIRST).where(FailureCause.id.in_(cause_ids))
    rows = db.session.execute(query).all()
    return {cause_id: since for cause_id, since in rows if since is not None}


def waiting_for(cause_id: int) -> Select[FailingWork]:
    return select(FailingWork).where(FailingWork.cause_id == cause_id)


def oldest_waiting(cause_id: int) -> FailingWork | None:
    query = waiting_for(cause_id).order_by(FailingWork.since, FailingWork.id)
    return db.session.scalar(query.limit(1))


def retries_of(cause_id: int, most: int) -> list[CauseRetry]:
    """The newest first."""
    query = select(CauseRetry).where(CauseRetry.cause_id == cause_id)
    return list(db.session.scalars(query.order_by(CauseRetry.id.desc()).limit(most)))


def retry_by_id(retry_id: int, lock: bool = False) -> CauseRetry:
    """Raises NotFound."""
    return row_by_id(CauseRetry, retry_id, _l("There is no such retry."), lock)


def next_to_retry(retry: CauseRetry, most: int) -> list[FailingWork]:
    query = waiting_for(retry.cause_id).where(FailingWork.id <= retry.upto)
    if retry.chosen:
        query = query.where(FailingWork.id.in_(retry.chosen))
    return list(db.session.scalars(query.order_by(FailingWork.id.desc()).limit(most)))


def came_of(retries: Sequence[CauseRetry], cause: FailureCause) -> dict[int, Attempt]:
    """By a retry of a single row: the row's attempt since then, if there was one."""
    found = {}
    for retry in retries:
        row_id: Any = retry.result.get("row_id")
        if row_id is not None:
            query = select(Attempt).where(
                Attempt.kind == cause.kind,
                Attempt.row_id == row_id,
                Attempt.ended_at >= retry.created_at,
            )
            attempt = db.session.scalar(query.order_by(Attempt.id.desc()).limit(1))
            if attempt:
                found[retry.id] = attempt
    return found
