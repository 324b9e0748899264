"""Attempts as lists: each filter, and each with an outcome in vain, has its own index."""

import datetime as dt

from sqlalchemy import Select, func, select, union_all

from webapp.attempts.models import IN_VAIN, Attempt, AttemptOutcome, FailureCause
from webapp.platform.database import db
from webapp.platform.searching import Ids

NEWEST = (Attempt.ended_at.desc(), Attempt.id.desc())
# What a search looks through: of so many causes, and of each its newest attempts.
CAUSES_SOUGHT, OF_CAUSE = 20, 500


def attempts(
    queue: str = "",
    step: tuple[str, str] | None = None,
    outcome: AttemptOutcome | None = None,
    cause_id: int | None = None,
    sale_id: int | None = None,
    since: dt.datetime | None = None,
    until: dt.datetime | None = None,
) -> Select[Attempt]:
    """Those that fit all filters given; `step`: a row's kind and status, `since` and `until`: when
    they ended."""
    query = select(Attempt)
    if queue:
        query = query.where(Attempt.queue == queue)
    if step:
        query = query.where(Attempt.kind == step[0], Attempt.step == step[1])
    if outcome:
        query = query.where(Attempt.outcome == outcome)
    if outcome and outcome is not AttemptOutcome.DONE and not sale_id:
        # Written out, or SQLite does not see that the index of a part holds them all. Those of an
        # order are fewer still: for them it is to see their own index only.
        query = query.where(IN_VAIN)
    if cause_id:
        query = query.where(Attempt.cause_id == cause_id)
    if sale_id:
        query = query.where(Attempt.sale_id == sale_id)
    if since:
        query = query.where(Attempt.ended_at >= since)
    if until:
        query = query.where(Attempt.ended_at < until)
    return query


def attempts_of(kind: str, row_id: int) -> Select[Attempt]:
    """All steps of a row."""
    return select(Attempt).where(Attempt.kind == kind, Attempt.row_id == row_id)


def attempts_of_sale(sale_id: int) -> Select[Attempt]:
    return select(Attempt).where(Attempt.sale_id == sale_id)


def causes_called(words: str) -> list[FailureCause]:
    """Those whose error says so, the latest first. There are few causes, however many failed."""
    said = func.lower(FailureCause.error).contains(words.lower(), autoescape=True)
    query = select(FailureCause).where(said).order_by(FailureCause.last_at.desc())
    return list(db.session.scalars(query.limit(CAUSES_SOUGHT)))


def among(sale_ids: list[int], causes: list[FailureCause]) -> Ids:
    """Ids of the attempts for these orders, and of the newest that failed for one of these."""
    newest = (
        select(Attempt.id).where(Attempt.cause_id == cause.id).order_by(*NEWEST).limit(OF_CAUSE)
        for cause in causes
    )
    of_sales = select(Attempt.id).where(Attempt.sale_id.in_(sale_ids))
    return union_all(of_sales, *(select(each.subquery().c.id) for each in newest))
