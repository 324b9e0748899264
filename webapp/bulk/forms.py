"""The shapes in which a bulk act is asked for, on its page and by programs."""

from typing import Annotated

from flask_babel import lazy_gettext as _l
from pydantic import Field, model_validator

from webapp.http.forms import Day, FieldRefused, LongText, OneOf, Shape, Text, example
from webapp.http.query import MOST_ROWS
from webapp.platform.whole import MAX_ID
from webapp.sales.leaving import Due
from webapp.sales.models import Shipping, Status

# Those acts that make no file: what a program prints or downloads it asks for by itself.
ACTS_OF_PROGRAMS = ("resume", "pay", "buy_labels", "ship", "tag", "untag")
Id = Annotated[int, Field(strict=True, ge=1, le=MAX_ID)]


class BulkTermsIn(Shape):
    """What single acts ask. `codes`: one per line, those of `ship`; `label_carrier`: by its code
    among the partners, of `buy_labels`."""

    carrier: Annotated[str, Text(60)] = ""
    codes: Annotated[str, LongText(400_000)] = ""
    label_carrier: Annotated[str, Text(20)] = ""
    tag: Annotated[str, Text(30)] = ""


class BulkIn(BulkTermsIn):
    """`act`: one of webapp.processing.bulk_acts. `ids`: the marked orders, with commas between;
    `filter`: the list's address."""

    act: Annotated[str, Text(20, required=True)]
    ids: str = ""
    filter: Annotated[str, Text(8000)] = ""


class SaleFilterIn(Shape):
    """The orders that their list shows with these filters, one at least; days count both."""

    status: Status | None = None
    shipping: Shipping | None = None
    due: Due | None = None
    channel: Annotated[str, Text(20)] = ""
    agent: Annotated[str, Text(20)] = ""
    tag: Annotated[str, Text(30)] = ""
    q: Annotated[str, Text(120)] = ""
    since: Day | None = None
    until: Day | None = None
    paid_since: Day | None = None
    paid_until: Day | None = None

    @property
    def written(self) -> dict[str, str]:
        """As the list's address tells it."""
        return {name: str(value) for name, value in self if value not in (None, "")}


class BulkActIn(BulkTermsIn):
    """Of the orders by their `ids`, unknown ones passed over, or of all that the `filter` finds
    now."""

    model_config = example({"act": "tag", "filter": {"channel": "site"}, "tag": "presente"})

    act: Annotated[str, OneOf(ACTS_OF_PROGRAMS)]
    ids: Annotated[list[Id], Field(min_length=1, max_length=MOST_ROWS)] | None = None
    filter: SaleFilterIn | None = None

    @model_validator(mode="after")
    def of_some_orders(self):
        if bool(self.ids) == bool(self.filter and self.filter.written):
            raise FieldRefused("filter", _l("Say either the ids or a filter."))
        return self
