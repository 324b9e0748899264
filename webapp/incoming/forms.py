"""The shapes of what a person or program says of an import."""

from typing import Annotated

from pydantic import Field

from webapp.http.forms import (
    MAX_QUANTITY,
    Flag,
    OneOf,
    Shape,
    Text,
    Whole,
)
from webapp.incoming.models import Stance

# Of a note; an authority takes no more.
MOST_ITEMS, MOST_REASON = 990, 255


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
