"""What was changed: who, what, before, after and why."""

import datetime as dt
from zoneinfo import ZoneInfo

from flask import render_template, request
from flask_babel import gettext as _

from webapp.asked import storable
from webapp.errors import FieldError, Invalid
from webapp.lists import page_of
from webapp.localization import time_zone
from webapp.staff import words
from webapp.staff.access import allow
from webapp.staff.blueprint import bp
from webapp.staff.models import AuditEntry
from webapp.staff.queries import audit_entries

FILTERS = ("q", "subject", "subject_id", "action", "since")


@bp.get("/audit")
@allow("admin")
def audit():
    chosen = {name: storable(request.args.get(name, "")).strip()[:100] for name in FILTERS}
    who = chosen["q"].lower() if "@" in chosen["q"] else chosen["q"]
    query = audit_entries(
        who, chosen["subject"], chosen["subject_id"], chosen["action"], _since(chosen["since"])
    )
    return render_template(
        "staff/audit.html", page=page_of(query, (AuditEntry.id,)), chosen=chosen, words=words
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
