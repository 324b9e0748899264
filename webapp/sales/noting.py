"""Notes of the staff about a sale."""

from webapp.notes.models import StaffNote
from webapp.notes.writing import MENTIONED_ON_ORDER, NotePlace, write_note
from webapp.sales.models import Sale


def add_note(sale: Sale, text: str, actor: str) -> StaffNote:
    """See `write_note`."""
    link = f"/sales/{sale.id}#notes"
    place = NotePlace("sale_id", sale.id, MENTIONED_ON_ORDER, link, sale.reference)
    return write_note(place, text, actor)
