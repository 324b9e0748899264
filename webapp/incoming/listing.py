"""The list of incoming NF-e as a declaration."""

from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select

from webapp.http.formatting import access_key_text
from webapp.http.lists import Order
from webapp.http.query import query_month, query_word
from webapp.incoming.models import IncomingNote
from webapp.incoming.queries import VIEWS, incoming_notes, named_notes
from webapp.staff.access import shown_document
from webapp.web.listings import Asked, Cell, Listing


def _rows(asked: Asked) -> Select[Any]:
    view = query_word("status", VIEWS, asked)
    return incoming_notes(view, asked.get("q", ""), query_month(asked=asked))


def _field(label: Any, name: str) -> Cell:
    return Cell(label, lambda note: getattr(note, name))


INCOMING = Listing(
    name="incoming",
    label=_l("Incoming NF-e"),
    endpoint="incoming.index",
    rows=_rows,
    orders={"when": Order((IncomingNote.issued_at, IncomingNote.id), down=True)},
    named=named_notes,
    cells=(
        _field(_l("Series"), "series"),
        _field(_l("Number"), "number"),
        Cell(_l("Access key"), lambda note: access_key_text(note.access_key)),
        Cell(_l("Status"), lambda note: str(note.status.label)),
        _field(_l("Issuer"), "issuer_name"),
        Cell(_l("Issuer's CNPJ"), lambda note: shown_document(note.issuer_document)),
        _field(_l("Recipient"), "recipient_name"),
        Cell(_l("Recipient's document"), lambda note: shown_document(note.recipient_document)),
        _field(_l("Issued"), "issued_at"),
        _field(_l("Total"), "total"),
        _field(_l("Taken into stock"), "stocked_at"),
    ),
    filters=("q", "status", "month"),
)
