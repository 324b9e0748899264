"""Queues that a person has paused: kept in the database, so that a restart or a wiped Redis lets
nothing go on that was to rest."""

from sqlalchemy import ColumnElement, delete, exists, or_, select

from webapp.audit.tracking import actor, record
from webapp.platform.clock import utc_now
from webapp.platform.database import db, rows_changed
from webapp.platform.notices import notices_of
from webapp.processing.models import QueuePause
from webapp.store.models import Shop


def is_resting(queue: str) -> ColumnElement[bool]:
    """The SQL condition, for workers before each batch: nothing of this queue may be done now, for
    it is paused or the whole shop sleeps."""
    sleeps = select(Shop.asleep_since).scalar_subquery().is_not(None)
    return or_(sleeps, exists().where(QueuePause.queue == queue))


def pauses() -> dict[str, QueuePause]:
    """By the queue."""
    return {pause.queue: pause for pause in db.session.scalars(select(QueuePause))}


def pause(queue: str, reason: str) -> bool:
    """A batch that is at hand is brought to its end. Said twice, the first reason stands; whether
    it changed anything."""
    if db.session.get(QueuePause, queue):
        return False
    db.session.add(QueuePause(queue=queue, reason=reason, actor=actor(), since=utc_now()))
    record(db.session, "paused", "queues", queue, queue, why=reason)
    notices_of(db.session).row_changed("jobs", 0)
    return True


def resume(queue: str) -> bool:
    """What is owed goes on at once. Said twice, it changes nothing; whether it did."""
    if not rows_changed(delete(QueuePause).where(QueuePause.queue == queue)):
        return False
    record(db.session, "resumed", "queues", queue, queue)
    notices_of(db.session).ring(queue)
    return True
