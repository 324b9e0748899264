"""The shape of what a person says to undo a sale, or a part of it."""

from typing import Annotated

from flask_babel import lazy_gettext as _l
from pydantic import Field, model_validator

from webapp.http.forms import FieldRefused, Quantity, Shape, Text, Whole, example
from webapp.invoices.models import ReturnCause
from webapp.sales.forms import MAX_LINES


class CancellationIn(Shape):
    model_config = example({"reason": "the customer gave it up"})

    reason: Annotated[str, Text(500, required=True)]


class RefundLineIn(Shape):
    """`line` is the line's position in the sale, from 1 on."""

    line: Annotated[int, Whole(1, 10_000)]
    quantity: Quantity


class RefundIn(Shape):
    model_config = example({"lines": [{"line": 1, "quantity": 1}], "reason": "arrived damaged"})

    lines: Annotated[list[RefundLineIn], Field(min_length=1, max_length=2 * MAX_LINES)]
    reason: Annotated[str, Text(500, required=True)]


class GoodsReturnIn(Shape):
    """Goods of an authorized NF-e that come back: the lines as in a refund, and why, by a `cause`,
    in words or both."""

    model_config = example({"lines": [{"line": 1, "quantity": 1}], "reason": "arrived damaged"})

    lines: Annotated[list[RefundLineIn], Field(min_length=1, max_length=2 * MAX_LINES)]
    cause: ReturnCause = ReturnCause.OTHER
    reason: Annotated[str, Text(300)] = ""

    @model_validator(mode="after")
    def other_is_explained(self):
        if self.cause is ReturnCause.OTHER and not self.reason:
            raise FieldRefused("reason", _l("Say why the goods come back."))
        return self
