"""What was changed: who, what, before, after and why."""

from typing import NamedTuple

from flask import Blueprint, render_template, request

from webapp.audit import words
from webapp.audit.history import Actor, actors_called, event_of, job_name, learn_names, who
from webapp.audit.models import AuditEntry
from webapp.audit.queries import audit_entries
from webapp.audit.words import FieldChange
from webapp.http.lists import newest_first, page_of
from webapp.http.periods import Period
from webapp.http.query import WrongFilter
from webapp.platform.text import storable
from webapp.staff.access import allow

bp = Blueprint("audit", __name__)
FILTERS = ("q", "subject", "subject_id", "action")


@bp.get("/audit")
@allow("admin")
def index() -> str:
    chosen = {name: storable(request.args.get(name, "")).strip()[:100] for name in FILTERS}
    for name, known in (("subject", words.SUBJECTS), ("action", words.ACTIONS)):
        if chosen[name] and chosen[name] not in known:
            raise WrongFilter(name)
    period = Period.asked()
    query = audit_entries(
        actors_called(chosen["q"]) if chosen["q"] else (),
        chosen["subject"],
        chosen["subject_id"],
        chosen["action"],
        period.begins,
        period.ends,
    )
    page = page_of(query, newest_first(AuditEntry.id))
    return render_template(
        "audit/page.html",
        page=page,
        rows=_rows(page.items),
        chosen=chosen,
        period=period,
        words=words,
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
