"""Which version of which tax profile each item of a note goes by, and by what it was chosen: kept
with the note that is signed, so that it tells so whatever is chosen later."""

import datetime as dt
from typing import TypedDict

from webapp.fiscal.note import Item, Note
from webapp.fiscal.tax_book import TaxBook, kind_of


class TakenProfile(TypedDict):
    """`line` is the item's, in the sale; `by` is "product", "category", "default", "gift" or
    "export"; `of` the category, or the kind of item. `version` is None where no version is in
    force."""

    line: int
    by: str
    of: str
    code: str
    name: str
    version: int | None
    signed_off: bool


def profiles_taken(note: Note, book: TaxBook, day: dt.date) -> list[TakenProfile]:
    """In the order of the note's items."""
    return [_taken(note, item, book, day) for item in note.items]


def _taken(note: Note, item: Item, book: TaxBook, day: dt.date) -> TakenProfile:
    by, code = book.choice_of(note, item)
    profile = book.profile_of(note, item, day)
    return TakenProfile(
        line=item.position,
        by=by,
        of=item.category if by == "category" else kind_of(item),
        code=code,
        name=profile.name if profile else code,
        version=profile.version if profile else None,
        signed_off=bool(profile and profile.signed_off),
    )
