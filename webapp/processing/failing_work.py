"""What was tried in vain and is wanted no more is dropped: its order was called off, a person went
another way. A slice in each pass of the sweeper."""

from collections.abc import Iterable
from typing import Any

from flask import current_app
from sqlalchemy import select

from webapp.attempts.models import FailingWork
from webapp.attempts.recording import Weighing, lock_causes
from webapp.platform.database import db
from webapp.platform.owed import models_by_kind
from webapp.platform.transactions import only_reading
from webapp.processing.outcomes import ENDS_IN_VAIN, WAIT_FOR_A_PERSON, totals_of
from webapp.sales.models import Sale, Status

AT_ONCE = 1000
# How far the last pass came, in the app's extensions.
_CURSOR = "failing_work_cursor"


def drop_unwanted() -> int:
    """How many rows were dropped."""
    with only_reading():
        works = _slice()
        unwanted = _unwanted(works)
        db.session.rollback()
    if not unwanted:
        return 0
    causes = lock_causes({work.cause_id for work in unwanted})
    # Once more, under the locks: whoever fails just now waits for them, and is seen or comes after.
    ids = [work.id for work in unwanted]
    query = select(FailingWork).where(FailingWork.id.in_(ids), FailingWork.cause_id.in_(causes))
    still = _unwanted(db.session.scalars(query).all())
    sale_ids = {work.sale_id for work in still if work.sale_id is not None}
    weighing = Weighing(causes, still, sale_ids, totals_of)
    for work in still:
        weighing.drop(work)
    weighing.settle()
    db.session.commit()
    return len(still)


def _slice() -> list[FailingWork]:
    """The next ones by their ids; after the last, the first."""
    cursor = current_app.extensions.get(_CURSOR, 0)
    query = select(FailingWork).where(FailingWork.id > cursor).order_by(FailingWork.id)
    works = list(db.session.scalars(query.limit(AT_ONCE)))
    current_app.extensions[_CURSOR] = works[-1].id if len(works) == AT_ONCE else 0
    return works


def _unwanted(works: Iterable[FailingWork]) -> list[FailingWork]:
    by_kind: dict[str, list[FailingWork]] = {}
    for work in works:
        by_kind.setdefault(work.kind, []).append(work)
    models = models_by_kind()
    wanted = {
        (kind, *known)
        for kind, some in by_kind.items()
        if kind in models
        for known in _wanted_of(models[kind], {work.row_id for work in some})
    }
    return [
        work
        for some in by_kind.values()
        for work in some
        if (work.kind, work.row_id, work.step) not in wanted
        and (work.kind, work.row_id, None) not in wanted
    ]


def _wanted_of(model: Any, ids: set[int]) -> Iterable[tuple[int, str | None]]:
    """Which step each row owes, or waits for a person at; None: at whichever it was."""
    step = model.step if model is Sale else model.status
    query = select(model.id, model.status, model.due_at, step).where(model.id.in_(ids))
    for row_id, status, due_at, at in db.session.execute(query):
        if due_at is not None:
            yield row_id, str(status)
        elif model is Sale and status is Status.ATTENTION:
            yield row_id, at
        elif model in WAIT_FOR_A_PERSON and str(status) in ENDS_IN_VAIN:
            yield row_id, None
