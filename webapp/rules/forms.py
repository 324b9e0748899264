"""The shapes of what a person says when rules are published, and of a rule to be checked."""

import datetime as dt
from typing import Annotated, Any, Literal

from webapp.http.forms import BlankIsNone, Flag, Shape, Text, example


class RestorationIn(Shape):
    reason: Annotated[str, Text(500, required=True)]


class PublicationIn(Shape):
    reason: Annotated[str, Text(500, required=True)]
    warnings_read: Flag = False


class BacktestIn(Shape):
    """`as_of`: the day by which all past sales are judged; None for each one's own."""

    days: Literal["30", "90", "365", "all"] = "90"
    as_of: Annotated[dt.date | None, BlankIsNone] = None

    @property
    def past_days(self) -> int | None:
        return None if self.days == "all" else int(self.days)


class RuleCheckIn(Shape):
    """`rule` is read by the rules themselves, which tell every mistake by its place."""

    model_config = example(
        {
            "rule": {
                "code": "large_orders",
                "name": "Large orders",
                "scope": "sale",
                "when": {"field": "sale_total", "op": "gte", "value": "5000.00"},
                "then": [{"do": "hold"}],
            },
            "facts": {"sale_total": "6000.00"},
        }
    )

    rule: Any
    facts: dict[Any, Any] = {}
