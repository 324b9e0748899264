"""What the database owes, queue by queue: the truth of the queue monitor. Redis only says what was rung."""

from dataclasses import dataclass

from sqlalchemy import func, select

from webapp.extensions import database_now, db
from webapp.processing.steps import STEPS
from webapp.queue import QUEUES


@dataclass(frozen=True)
class OwedRow:
    """`owed`: rows that owe a step of this queue, due now, leased or waiting for their next try.
    `oldest_age_s`: whole seconds for which the oldest of them has been due; 0 when none is due."""

    queue: str
    owed: int
    oldest_age_s: int


def owed_by_queue() -> list[OwedRow]:
    """One row for each queue, in their order; one index-only query for each step."""
    now = database_now(db.session)
    owed, ages = dict.fromkeys(QUEUES, 0), dict.fromkeys(QUEUES, 0)
    for step in STEPS:
        count, oldest = db.session.execute(
            select(func.count(), func.min(step.model.due_at)).where(
                step.model.status == step.status, step.model.due_at.is_not(None)
            )
        ).one()
        owed[step.queue] += count
        if oldest:
            ages[step.queue] = max(ages[step.queue], int((now - oldest).total_seconds()))
    return [OwedRow(queue, owed[queue], ages[queue]) for queue in QUEUES]
