"""What was changed: who, what, before, after and why."""

import datetime as dt
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template, request
from flask_babel import gettext as _

from webapp.audit import words
from webapp.audit.models import AuditEntry
from webapp.audit.queries import audit_entries
from webapp.http.lists import page_of
from webapp.http.localization import time_zone
from webapp.platform.errors import FieldError, Invalid
from webapp.platform.text import storable
from webapp.staff.access import allow

bp = Blueprint("audit", __name__)
FILTERS = ("q", "subject", "subject_id", "action", "since")


@bp.get("/audit")
@allow("admin")
def index():
    chosen = {name: storable(request.args.get(name, "")).strip()[:100] for name in FILTERS}
    who = chosen["q"].lower() if "@" in chosen["q"] else chosen["q"]
    query = audit_entries(
        who, chosen["subject"], chosen["subject_id"], chosen["action"], _since(chosen["since"])
    )
    return render_template(
        "audit/page.html", page=page_of(query, (AuditEntry.id,)), chosen=chosen, words=words
    )


def _since(written: str) -> dt.datetime | None:
    """The moment at which the day begins in the shop's zone."""
    if not written:
        return None
    try:
        day = dt.date.fromisoformat(written)
        return dt.datetime.combine(day, dt.time(), ZoneInfo(time_zone())).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        raise Invalid([FieldError("since", _("Write the day like 2026-11-20."))]) from None
