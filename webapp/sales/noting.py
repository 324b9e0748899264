"""Notes of the staff about a sale."""

from webapp.notes.models import Note
from webapp.notes.writing import MENTIONED_ON_ORDER, Place, write_note
from webapp.sales.models import Sale


def add_note(sale: Sale, text: str, actor: str) -> Note:
    """See `write_note`."""
    link = f"/sales/{sale.id}#notes"
    place = Place("sale_id", sale.id, MENTIONED_ON_ORDER, link, sale.reference)
    return write_note(place, text, actor)
