"""Writing notes, and telling whom they mention."""

from typing import NamedTuple

from flask_babel import lazy_gettext as _l

from webapp.notes.mentions import mentioned
from webapp.notes.models import StaffNote
from webapp.notes.queries import colleagues, notes_of
from webapp.notifications.telling import NotificationKind, notify
from webapp.platform.database import db
from webapp.platform.errors import Forbidden
from webapp.platform.notices import notices_of
from webapp.staff.access import roles_from

MENTIONED_ON_ORDER = NotificationKind(
    "mentioned_on_order", _l("%(who)s mentions you in a note on order %(name)s"), "message"
)
MENTIONED_ON_CUSTOMER = NotificationKind(
    "mentioned_on_customer", _l("%(who)s mentions you in a note on a customer"), "message"
)
# Who works with notes, and so may be mentioned.
READERS = roles_from("clerk")


class NotePlace(NamedTuple):
    """Where a note stands: the column that says so, and the id there; what a mention tells, and the
    page that it leads to. `name` is of nobody."""

    column: str
    id: int
    mention: NotificationKind
    link: str
    name: str = ""


def write_note(place: NotePlace, text: str, actor: str) -> StaffNote:
    """Said twice in a row, it is written, and told, once. Raises Invalid for a mention that may
    mean several people."""
    of = {place.column: place.id}
    latest = db.session.scalar(notes_of(**of).limit(1))
    if latest and (latest.text, latest.actor) == (text, actor):
        return latest
    note = StaffNote(text=text, actor=actor, **of)
    db.session.add(note)
    db.session.flush()
    if "@" in text:
        others = [each for each in mentioned(text, colleagues(READERS)) if each.email != actor]
        params = {"who": actor} | ({"name": place.name} if place.name else {})
        notify(others, place.mention, params, place.link)
    _tell(place.column, place.id)
    return note


def remove_note(column: str, row_id: int, note_id: int, actor: str) -> None:
    """Whoever wrote it takes it back; nobody else does. Idempotent."""
    note = db.session.get(StaffNote, note_id)
    if note is None or getattr(note, column) != row_id:
        return
    if note.actor != actor:
        raise Forbidden(_l("Only who wrote a note removes it."))
    db.session.delete(note)
    db.session.flush()
    _tell(column, row_id)


def _tell(column: str, row_id: int) -> None:
    """Open pages: see `templates/notes/_notes.html`."""
    notices_of(db.session).row_changed(f"notes-{column.removesuffix('_id')}", row_id)
