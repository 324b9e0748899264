"""The queue monitor for programs."""

import redis
from flask_babel import lazy_gettext as _l

from webapp.monitor import registries
from webapp.monitor.forms import PauseIn
from webapp.monitor.history import paces
from webapp.monitor.queries import owed_by_queue
from webapp.monitor.schedule import Planned, schedule
from webapp.monitor.shapes import JobsOut, PauseOut, ScheduleOut
from webapp.platform.database import db
from webapp.platform.errors import NotFound
from webapp.platform.queue import QUEUES
from webapp.processing.models import QueuePause
from webapp.processing.pausing import pause, pauses, resume
from webapp.web.api import api_blueprint, endpoint

bp = api_blueprint("monitor")
_TOLD_OF_WORKER = ("name", "pid", "state", "current", "queue", "version", "rss_mb")
UNKNOWN = _l("There is no such queue.")


@endpoint(
    bp,
    "GET",
    "/jobs",
    "manager",
    answer=JobsOut,
    summary=_l(
        "Queues, owed by the database and held by Redis, and workers; what Redis holds "
        "is null while it does not answer."
    ),
)
def jobs() -> dict[str, object]:
    try:
        workers = registries.workers()
        counts, swept_at = registries.queue_counts(workers), registries.swept_at()
    except redis.RedisError:
        counts, workers, swept_at = {}, [], None
    unknown, paused, pace = dict.fromkeys(registries.STATES), pauses(), paces()
    return {
        "queues": [
            {
                "name": row.queue,
                "owed": row.owed,
                **counts.get(row.queue, unknown),
                "oldest_age_s": row.oldest_age_s,
                "done_per_minute": pace[row.queue].done,
                "in_vain_per_minute": pace[row.queue].in_vain,
                "latency_p50_ms": pace[row.queue].p50_ms,
                "latency_p95_ms": pace[row.queue].p95_ms,
                "paused": pause_json(paused.get(row.queue)),
            }
            for row in owed_by_queue()
        ],
        "workers": [
            {name: worker[name] for name in _TOLD_OF_WORKER}
            | {
                "since": worker["since"] and worker["since"].isoformat(),
                "heartbeat": worker["heartbeat"].isoformat(),
            }
            for worker in workers
        ],
        "swept_at": swept_at and swept_at.isoformat(),
    }


def pause_json(row: QueuePause | None) -> dict[str, object] | None:
    if row is None:
        return None
    return {"reason": row.reason, "actor": row.actor, "since": row.since.isoformat()}


@endpoint(
    bp,
    "POST",
    "/queues/<queue>/pause",
    "manager",
    body=PauseIn,
    answer=PauseOut,
    refusals={404: UNKNOWN},
    summary=_l(
        "Nobody works on the queue until it is resumed; said twice, the first reason stands."
    ),
)
def pause_queue(wanted: PauseIn, queue: str) -> dict[str, object] | None:
    pause(_known(queue), wanted.reason)
    db.session.flush()
    return pause_json(pauses()[queue])


@endpoint(
    bp,
    "DELETE",
    "/queues/<queue>/pause",
    "manager",
    status=204,
    refusals={404: UNKNOWN},
    summary=_l("A paused queue goes on; said twice, it changes nothing."),
)
def resume_queue(queue: str) -> None:
    resume(_known(queue))


def _known(name: str) -> str:
    """Raises NotFound."""
    if name not in QUEUES:
        raise NotFound(UNKNOWN)
    return name


@endpoint(
    bp,
    "GET",
    "/schedule",
    "manager",
    answer=ScheduleOut,
    summary=_l("What recurs: when, what became of it last, and when it comes next."),
)
def planned_work() -> dict[str, object]:
    return {"items": [_planned_json(planned) for planned in schedule()]}


def _planned_json(planned: Planned) -> dict[str, object]:
    last = planned.last
    return {
        "name": planned.work.name,
        "label": str(planned.work.label),
        "when": planned.words,
        "off": planned.off is not None,
        "next_at": planned.next_at and planned.next_at.isoformat(),
        "last": last
        and {
            "owed_for": last.owed_for.isoformat(),
            "ended_at": last.ended_at and last.ended_at.isoformat(),
            "outcome": last.status,
            "count": last.count,
        },
    }
