"""What was changed: who, what, before, after and why."""

import datetime as dt
from typing import NamedTuple
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template, request
from flask_babel import gettext as _

from webapp.audit import words
from webapp.audit.history import Actor, event_of, learn_names, who
from webapp.audit.models import AuditEntry
from webapp.audit.queries import audit_entries
from webapp.audit.words import FieldChange
from webapp.http.lists import page_of
from webapp.http.localization import time_zone
from webapp.platform.errors import FieldError, Invalid
from webapp.platform.text import storable
from webapp.staff.access import allow

bp = Blueprint("audit", __name__)
FILTERS = ("q", "subject", "subject_id", "action", "since")


@bp.get("/audit")
@allow("admin")
def index() -> str:
    chosen = {name: storable(request.args.get(name, "")).strip()[:100] for name in FILTERS}
    actor = chosen["q"].lower() if "@" in chosen["q"] else chosen["q"]
    query = audit_entries(
        actor, chosen["subject"], chosen["subject_id"], chosen["action"], _since(chosen["since"])
    )
    page = page_of(query, (AuditEntry.id,))
    return render_template(
        "audit/page.html", page=page, rows=_rows(page.items), chosen=chosen, words=words
    )


class AuditRow(NamedTuple):
    """An entry as the page shows it. `text` and `icon` are those of every other page that shows the
    event; `href` leads to what was changed, where that has a page."""

    entry: AuditEntry
    text: str
    icon: str
    actor: Actor
    about: str
    href: str | None
    changes: list[FieldChange]


def _rows(entries: list[AuditEntry]) -> list[AuditRow]:
    learn_names(entry.actor for entry in entries)
    return [_row(entry) for entry in entries]


def _row(entry: AuditEntry) -> AuditRow:
    event = event_of(entry)
    return AuditRow(
        entry,
        event.text if event else str(words.ACTIONS.get(entry.action, entry.action)),
        event.icon if event else words.ICON,
        who(entry.actor),
        str(words.SUBJECTS.get(entry.subject, entry.subject)),
        words.page_of(entry),
        words.changes(entry),
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
