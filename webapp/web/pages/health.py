"""For machines that watch: alive, ready, measured."""

import ipaddress

import redis
from flask import Blueprint, Response, request
from flask_babel import gettext as _
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from sqlalchemy import text

from webapp.monitor.queries import owed_by_queue
from webapp.platform.database import db
from webapp.platform.errors import Forbidden
from webapp.platform.queue import redis_of_app
from webapp.staff import access
from webapp.staff.access import anyone

# What proxies say of who asks.
PROXY_HEADERS = ("X-Forwarded-For", "X-Real-IP", "Forwarded", "Via")
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
    """For who is near (this machine or its private network, with no proxy between), or has an API
    token; the others are refused."""
    if not (_is_near() or access.by_token()):
        raise Forbidden(_("Measured values are for whoever watches the shop from its own network."))
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


def _is_near() -> bool:
    if any(name in request.headers for name in PROXY_HEADERS):
        return False
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_private
    except ValueError:
        return False


def _redis_answers() -> bool:
    try:
        return bool(redis_of_app().ping())
    except redis.RedisError:
        return False
