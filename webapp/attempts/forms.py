"""The shapes of what is said of causes."""

import datetime as dt
from typing import Annotated, Self

from flask_babel import lazy_gettext as _l
from pydantic import model_validator

from webapp.http.forms import BlankIsNone, FieldRefused, Flag, Shape, Text, Whole, example

Why = Annotated[str, Text(300, required=True)]
# For so many hours a cause may be ignored.
MOST_HOURS = 24 * 30
MOST_MORE = 1_000_000


class CauseActIn(Shape):
    """What is typed on a cause's page, whatever is done then: why, the rows that are marked, and
    how long to ignore it."""

    reason: Why
    ids: Annotated[str, Text(20)] = ""
    hours: Annotated[Annotated[int, Whole(1, MOST_HOURS)] | None, BlankIsNone] = None
    more: Annotated[Annotated[int, Whole(1, MOST_MORE)] | None, BlankIsNone] = None


class IgnoreIn(CauseActIn):
    """Until so many hours are over, or so many `more` attempts have failed; one of both at
    least."""

    @model_validator(mode="after")
    def _not_for_ever(self) -> Self:
        if self.hours is None and self.more is None:
            raise FieldRefused("hours", _l("Say for how many hours, or until how many more."))
        return self

    def until(self, now: dt.datetime) -> dt.datetime | None:
        return None if self.hours is None else now + dt.timedelta(hours=self.hours)


class RetryIn(Shape):
    """`first`: only the row that waits for the longest time, to see what comes of it."""

    model_config = example({"reason": "ViaCEP answers again", "first": False})

    reason: Annotated[str, Text(300)] = ""
    first: Flag = False
