"""The shapes of what a person or program says of an import."""

from typing import Annotated

from flask_babel import lazy_gettext as _l
from pydantic import AfterValidator, Field

from webapp.http.forms import (
    MAX_QUANTITY,
    Flag,
    LongText,
    OneOf,
    Shape,
    Text,
    Whole,
    example,
)
from webapp.imports.models import ImportKind
from webapp.incoming.models import Stance

# Of a note; an authority takes no more.
MOST_ITEMS, MOST_REASON = 990, 255


def _kind(written: str) -> str:
    if written not in list(ImportKind):
        raise ValueError(_l("What can be imported is: notes (NF-e and their events)."))
    return written


class ImportIn(Shape):
    """Sent beside the file. `mapping` tells which column of a table is what; files of NF-e have
    none."""

    model_config = example({"kind": "notes"})

    kind: Annotated[str, Text(40, required=True), AfterValidator(_kind)]
    mapping: Annotated[str, LongText(10_000)] = ""


class TakeIn(Shape):
    """`skip_refused`: the rest is taken without them; else nothing is where some are refused."""

    model_config = example({"skip_refused": True})

    skip_refused: Flag = False


class StockEntryLineIn(Shape):
    """Of an item of a note, in its order: without `sku` it goes into no stock; `units` of ours are
    in one of the supplier's."""

    sku: Annotated[str, Text(200)] = ""
    units: Annotated[int, Whole(1, MAX_QUANTITY)] = 1


class StockEntryIn(Shape):
    lines: Annotated[list[StockEntryLineIn], Field(min_length=1, max_length=MOST_ITEMS)]


class ManifestationIn(Shape):
    """What is told to the authority; a reason with what was not carried out alone."""

    stance: Annotated[str, OneOf(tuple(Stance))]
    reason: Annotated[str, Text(MOST_REASON)] = ""


class InboxIn(Shape):
    """Whether what others issue against the shop is fetched."""

    open: Flag
