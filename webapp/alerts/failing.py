"""How long the oldest work that is tried in vain has waited, told from few rows of each cause."""

import datetime as dt

from sqlalchemy import Select, func, literal, select, union_all

from webapp.attempts.models import FailingWork, FailureCause
from webapp.platform.database import db

CAUSES_LOOKED_AT = 20
# What a person was asked about stands among them, and is no work any more.
ROWS_LOOKED_AT = 500


def oldest_by_queue() -> dict[str, dt.datetime]:
    pressing = select(FailureCause.id, FailureCause.queue).where(FailureCause.waiting > 0)
    latest = pressing.order_by(FailureCause.last_at.desc()).limit(CAUSES_LOOKED_AT)
    queues = {cause_id: queue for cause_id, queue in db.session.execute(latest)}
    if not queues:
        return {}
    found: dict[str, dt.datetime] = {}
    for cause_id, since in db.session.execute(union_all(*map(_oldest_of, queues))):
        if since:
            queue = queues[cause_id]
            found[queue] = min(found.get(queue, since), since)
    return found


def _oldest_of(cause_id: int) -> Select:
    first = select(FailingWork.since, FailingWork.is_given_up)
    first = first.where(FailingWork.cause_id == cause_id)
    few = first.order_by(FailingWork.since, FailingWork.id).limit(ROWS_LOOKED_AT).subquery()
    oldest = select(literal(cause_id), func.min(few.c.since))
    return oldest.where(few.c.is_given_up.is_(False))
