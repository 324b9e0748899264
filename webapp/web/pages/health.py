"""For machines that watch: alive, ready, measured."""

import ipaddress

import structlog
from flask import Blueprint, Response, render_template, request
from flask_babel import gettext as _
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from webapp.alerts.metrics import registry_of
from webapp.monitor.troubles import watch
from webapp.platform.database import db
from webapp.platform.errors import Forbidden
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
    registry = registry_of(_database_answers())
    return Response(generate_latest(registry), mimetype=CONTENT_TYPE_LATEST)


def _is_near() -> bool:
    if any(name in request.headers for name in PROXY_HEADERS):
        return False
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_private
    except ValueError:
        return False


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
