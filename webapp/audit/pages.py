"""What was changed: who, what, before, after and why."""

from typing import Any, NamedTuple

from flask import Blueprint, render_template, request
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select

from webapp.audit import words
from webapp.audit.history import Actor, actors_called, event_of, job_name, learn_names, who
from webapp.audit.models import AuditEntry
from webapp.audit.queries import audit_entries
from webapp.audit.words import FieldChange
from webapp.http.lists import newest_first
from webapp.http.periods import Period
from webapp.http.query import WrongFilter
from webapp.platform.text import storable
from webapp.staff.access import allow
from webapp.web.listings import Asked, Cell, Listing

bp = Blueprint("audit", __name__)
FILTERS = ("q", "subject", "subject_id", "action")


@bp.get("/audit")
@allow("admin")
def index() -> str:
    page = AUDIT.page(request.args)
    return render_template(
        "audit/page.html",
        page=page,
        rows=_rows(page.items),
        chosen=_chosen(request.args),
        period=Period.asked(),
        words=words,
    )


def _chosen(asked: Asked) -> dict[str, str]:
    """Raises WrongFilter."""
    chosen = {name: storable(asked.get(name, "")).strip()[:100] for name in FILTERS}
    for name, known in (("subject", words.SUBJECTS), ("action", words.ACTIONS)):
        if chosen[name] and chosen[name] not in known:
            raise WrongFilter(name, args=asked)
    return chosen


def _found(asked: Asked) -> Select[Any]:
    chosen, period = _chosen(asked), Period.asked(asked)
    return audit_entries(
        actors_called(chosen["q"]) if chosen["q"] else (),
        chosen["subject"],
        chosen["subject_id"],
        chosen["action"],
        period.begins,
        period.ends,
    )


class AuditRow(NamedTuple):
    """An entry as the page shows it. `text` and `icon` are those of every other page that shows the
    event; `href` leads to what was changed, where that has a page."""

    entry: AuditEntry
    text: str
    icon: str
    actor: Actor
    job: str
    about: str
    name: str
    href: str | None
    changes: list[FieldChange]

    @property
    def asked_by(self) -> str:
        """What is typed to find all that this actor did."""
        return self.entry.actor if self.actor.is_person else self.job or self.actor.name


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
        job_name(entry.actor),
        str(words.SUBJECTS.get(entry.subject, entry.subject)),
        words.subject_name(entry),
        words.page_of(entry),
        words.changes(entry),
    )


def _told(change: FieldChange) -> str:
    return f"{change.field}: {change.before or '—'} → {change.after or '—'}"


AUDIT = Listing(
    name="audit",
    label=_l("Audit"),
    endpoint="audit.index",
    rows=_found,
    orders=newest_first(AuditEntry.id),
    cells=(
        Cell(_l("When"), lambda row: row.entry.at),
        Cell(_l("Who"), lambda row: row.actor.name),
        Cell(_l("Subject"), lambda row: row.about),
        Cell(_l("Name"), lambda row: row.name),
        Cell(_l("What"), lambda row: row.text),
        Cell(_l("Before and after"), lambda row: "; ".join(map(_told, row.changes))),
        Cell(_l("Reason"), lambda row: row.entry.why),
    ),
    filters=(*FILTERS, "since", "until"),
    gather=_rows,
    asks_ahead=("since", "until"),
)
