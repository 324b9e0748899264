"""For machines that watch: alive, ready, measured."""

import ipaddress

import structlog
from flask import Blueprint, Response, current_app, render_template, request
from flask_babel import gettext as _
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from webapp.authority.certificates import ends_at
from webapp.fiscal.certificate import CertificateError
from webapp.monitor.queries import owed_by_queue
from webapp.monitor.troubles import RedisFault, watch
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.errors import Forbidden
from webapp.platform.queue import QUEUES
from webapp.platform.sparing import sparing
from webapp.staff import access
from webapp.staff.access import allow, anyone, unattended

# What proxies say of who asks.
PROXY_HEADERS = ("X-Forwarded-For", "X-Real-IP", "Forwarded", "Via")
bp = Blueprint("health", __name__)
log = structlog.get_logger()
PARTS = ("database", "disk", "redis", "workers", "sweeper")


@bp.get("/healthz")
@anyone
def healthz():
    return {"status": "ok"}


@bp.get("/readyz")
@anyone
def readyz():
    """Whether every part is as it should be, and which is not. Sales are taken all the same while
    Redis, workers or the sweeper are away."""
    missing = {trouble.part for trouble in watch().troubles()} & {*PARTS}
    if not _database_answers():
        missing.add("database")
    parts = {part: part not in missing for part in PARTS}
    return {"status": "trouble" if missing else "ready"} | parts, 503 if missing else 200


@bp.get("/metrics")
@anyone
def metrics():
    """For who is near (this machine or its private network, with no proxy between), or has an API
    token; the others are refused."""
    if not (_is_near() or access.by_token()):
        raise Forbidden(_("Measured values are for whoever watches the shop from its own network."))
    registry = CollectorRegistry()
    answers = _database_answers()
    _gauge(registry, "balcao_database_up", "Whether the database answers", answers)
    if answers:
        _measure_owed(registry)
        _measure_certificate(registry)
    _measure_house(registry)
    return Response(generate_latest(registry), mimetype=CONTENT_TYPE_LATEST)


def _gauge(registry: CollectorRegistry, name: str, meaning: str, value: float) -> None:
    Gauge(name, meaning, registry=registry).set(value)


def _measure_owed(registry: CollectorRegistry) -> None:
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


def _measure_certificate(registry: CollectorRegistry) -> None:
    """Of one that somebody installed; one that cannot be read is as good as over."""
    try:
        end = ends_at()
    except CertificateError:
        end = utc_now()
    if end:
        days = (end - utc_now()).days
        _gauge(registry, "balcao_certificate_days", "Days until the certificate ends", days)


def _is_near() -> bool:
    if any(name in request.headers for name in PROXY_HEADERS):
        return False
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_private
    except ValueError:
        return False


def _measure_house(registry: CollectorRegistry) -> None:
    house = watch().look()
    serves = house.authority is None or house.authority.service is None
    paused = Gauge(
        "balcao_paused", "Whether a person has paused a queue", ["queue"], registry=registry
    )
    for queue in QUEUES:
        paused.labels(queue).set(queue in {pause.queue for pause in house.pauses})
    _gauge(registry, "balcao_authority_up", "Whether the authority takes NF-e", serves)
    free = current_app.extensions["storage"].free_bytes()
    answers = house.redis is not RedisFault.AWAY
    _gauge(registry, "balcao_redis_up", "Whether Redis answers", answers)
    _gauge(registry, "balcao_redis_writable", "Whether Redis takes writes", house.redis is None)
    _gauge(registry, "balcao_disk_free_bytes", "Room on the disk of DATA_DIR", free)
    _gauge(registry, "balcao_disk_writable", "Whether the shop can save", house.storage is None)
    if house.listening is None:
        return
    living = Gauge("balcao_workers", "Living workers, by queue", ["queue"], registry=registry)
    for queue, workers in house.listening.items():
        living.labels(queue).set(workers)
    _gauge(registry, "balcao_sweeper_up", "Whether the sweeper lives", bool(house.sweeper))


@bp.get("/troubles")
@allow("clerk", "accountant")
@unattended
def troubles():
    """The banner of a page that is open, until there is nothing to tell."""
    return render_template("layouts/_troubles.html")


def _database_answers() -> bool:
    try:
        db.session.execute(text("SELECT count(*) FROM alembic_version"))
    except SQLAlchemyError as error:
        db.session.rollback()
        if sparing.lets_through("readyz"):
            log.error("the database does not answer", error=type(error).__name__)
        return False
    return True
