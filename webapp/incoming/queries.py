"""Questions about imports and the notes that came in."""

import datetime as dt
from collections.abc import Sequence

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select, select, true

from webapp.incoming.models import Inbox, IncomingEvent, IncomingNote, Manifestation, NoteStatus
from webapp.invoices.queries import month_bounds
from webapp.platform.codes import codes_in
from webapp.platform.database import db
from webapp.platform.rows import row_by_id
from webapp.platform.searching import matching
from webapp.store.queries import the_shop

RECEIVED = IncomingNote.is_own.is_(False)
# The tabs of the list, by their name in its address.
VIEWS: dict[str, ColumnElement[bool]] = {
    "": RECEIVED,
    **{str(status): RECEIVED & (IncomingNote.status == status) for status in NoteStatus},
    "own": IncomingNote.is_own.is_(True),
}


def incoming_notes(view: str = "", q: str = "", month: dt.date | None = None) -> Select:
    """`q` finds by number, access key, or name and document of a party; `month` is that of the
    issue, where the shop is."""
    note = codes_in(q).note
    # As lists print it a number does not stand in the search text.
    named = named_notes(q) if note and note.series is not None else None
    found = matching(IncomingNote, q, named) if q else true()
    query = select(IncomingNote).where(VIEWS[view], found)
    if month:
        first, end = month_bounds(month)
        query = query.where(IncomingNote.issued_at >= first, IncomingNote.issued_at < end)
    return query


def named_notes(q: str) -> Select[int] | None:
    """Ids of those that `q` is the access key or number of."""
    codes = codes_in(q)
    if codes.access_key:
        return select(IncomingNote.id).where(IncomingNote.access_key == codes.access_key)
    if codes.note is None:
        return None
    number = str(codes.note.number)
    series = codes.note.series
    of_series = true() if series is None else IncomingNote.series == series
    # The number has no index but that of searching.
    numbered = (IncomingNote.number == codes.note.number, matching(IncomingNote, number))
    return select(IncomingNote.id).where(of_series, *numbered)


def unknown_notes() -> Select[int]:
    return select(IncomingNote.id).where(VIEWS[NoteStatus.UNKNOWN])


def note_by_id(note_id: int, lock: bool = False) -> IncomingNote:
    """Raises NotFound."""
    return row_by_id(IncomingNote, note_id, _l("There is no such note."), lock)


def events_of(note: IncomingNote) -> Sequence[IncomingEvent]:
    query = select(IncomingEvent).where(IncomingEvent.access_key == note.access_key)
    return db.session.scalars(query.order_by(IncomingEvent.at, IncomingEvent.id)).all()


def manifestations_of(note: IncomingNote) -> Sequence[Manifestation]:
    query = select(Manifestation).where(Manifestation.note_id == note.id)
    return db.session.scalars(query.order_by(Manifestation.id)).all()


def the_inbox(lock: bool = False) -> Inbox | None:
    """That of the shop's CNPJ; none before it was opened for the first time."""
    query = select(Inbox).where(Inbox.cnpj == the_shop().cnpj)
    return db.session.scalar(query.with_for_update() if lock else query)
