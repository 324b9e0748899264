"""For machines that watch: alive, ready, measured."""

import redis
from flask import Blueprint, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from sqlalchemy import text

from webapp.monitor.queries import owed_by_queue
from webapp.platform.database import db
from webapp.platform.queue import redis_of_app
from webapp.staff.access import anyone

bp = Blueprint("health", __name__)


@bp.get("/healthz")
@anyone
def healthz():
    return {"status": "ok"}


@bp.get("/readyz")
@anyone
def readyz():
    """Ready when the database answers with its tables. Redis may be away: sales are taken all the
    same."""
    db.session.execute(text("SELECT count(*) FROM alembic_version"))
    return {"status": "ready", "database": True, "redis": _redis_answers()}


@bp.get("/metrics")
@anyone
def metrics():
    registry = CollectorRegistry()
    owed = Gauge("balcao_owed", "Rows that owe a step, by queue", ["queue"], registry=registry)
    age = Gauge(
        "balcao_oldest_owed_seconds",
        "Age of the oldest row that is due",
        ["queue"],
        registry=registry,
    )
    for row in owed_by_queue():
        owed.labels(row.queue).set(row.owed)
        age.labels(row.queue).set(row.oldest_age_s)
    Gauge("balcao_redis_up", "Whether Redis answers", registry=registry).set(_redis_answers())
    return Response(generate_latest(registry), mimetype=CONTENT_TYPE_LATEST)


def _redis_answers() -> bool:
    try:
        return bool(redis_of_app().ping())
    except redis.RedisError:
        return False
