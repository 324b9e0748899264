"""The shapes of what is counted, and of what becomes of it."""

import datetime as dt
from typing import Annotated

from annotated_types import MaxLen, MinLen
from flask_babel import lazy_gettext as _l
from pydantic import AfterValidator, model_validator

from webapp.catalog.forms import Stock
from webapp.counting.models import Scope
from webapp.http.filters import Since
from webapp.http.forms import BlankIsNone, FieldRefused, Flag, Shape, Text, example
from webapp.platform.clock import utc_now

# By how much the clock of who counts may be ahead of ours.
AHEAD = dt.timedelta(minutes=5)
MOST_LINES = 5000


def _not_ahead(moment: dt.datetime) -> dt.datetime:
    if moment > utc_now() + AHEAD:
        raise ValueError(_l("This moment is still to come."))
    return moment


Past = Annotated[Since, AfterValidator(_not_ahead)]


class CountedIn(Shape):
    """So many of a product were there at a moment; now where none is told."""

    sku: Annotated[str, Text(200, required=True)]
    counted: Stock
    at: Past | None = None


class CountIn(Shape):
    """Of a product that comes twice the latest number counts."""

    model_config = example(
        {"lines": [{"sku": "LV-0001", "counted": 11, "at": "2026-11-20T14:30:00Z"}]}
    )

    lines: Annotated[list[CountedIn], MinLen(1), MaxLen(MOST_LINES)]
    name: Annotated[str, Text(80)] = ""
    includes_reserved: Flag = False


class TakingIn(Shape):
    model_config = example({"reason": "yearly stocktaking"})

    reason: Annotated[str, Text(200, required=True)]


class BeginIn(Shape):
    """A count that people enter line by line."""

    name: Annotated[str, Text(80)] = ""
    scope: Scope = Scope.ALL
    category: Annotated[str, Text(60)] = ""
    supplier: Annotated[str, Text(80)] = ""
    includes_reserved: Flag = True

    @model_validator(mode="after")
    def of_something(self):
        for scope, field in ((Scope.CATEGORY, "category"), (Scope.SUPPLIER, "supplier")):
            if self.scope is scope and not getattr(self, field):
                raise FieldRefused(field, _l("Fill this in."))
        return self


class EntryIn(Shape):
    """One scan, or one number: a SKU, GTIN or ISBN. Without a number, and with `adds`, it is added
    to what is counted of the product; else it takes its place. `key`: of this one entry."""

    code: Annotated[str, Text(200, required=True)]
    counted: Annotated[Stock | None, BlankIsNone] = None
    adds: Flag = False
    key: Annotated[str, Text(40)] = ""
