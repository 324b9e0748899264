"""The shape of what a person says to undo a sale, or a part of it."""

from typing import Annotated

from pydantic import Field

from webapp.http.forms import Quantity, Shape, Text, Whole, example
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
