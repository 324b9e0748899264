"""The queue monitor for programs."""

import redis
from flask_babel import lazy_gettext as _l

from webapp.monitor import registries
from webapp.monitor.queries import owed_by_queue
from webapp.monitor.shapes import JobsOut
from webapp.web.api import api_blueprint, endpoint

bp = api_blueprint("monitor")


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
        counts = registries.queue_counts(workers)
    except redis.RedisError:
        counts, workers = {}, []
    unknown = dict.fromkeys(registries.STATES)
    return {
        "queues": [
            {
                "name": row.queue,
                "owed": row.owed,
                **counts.get(row.queue, unknown),
                "oldest_age_s": row.oldest_age_s,
            }
            for row in owed_by_queue()
        ],
        "workers": [
            {name: worker[name] for name in ("name", "pid", "state", "current")}
            | {"heartbeat": worker["heartbeat"].isoformat()}
            for worker in workers
        ],
    }
