"""The shape of what people want to be told."""

from typing import Annotated, Any, Literal

from pydantic import create_model

from webapp.alerts.kinds import KINDS, AlertKind, Unit
from webapp.http.filters import ListQuery
from webapp.http.forms import BlankIsNone, Flag, Shape, Whole

MOST = {Unit.MINUTES: 10_000, Unit.PERCENT: 100, Unit.DAYS: 365, Unit.MEGABYTES: 10_000_000}
MOST_COUNTED = 1_000_000


def _field(kind: AlertKind) -> Any:
    if kind.unit is Unit.STATE:
        return Flag
    limit = Annotated[int, Whole(1, MOST.get(kind.unit, MOST_COUNTED))]
    return Annotated[limit | None, BlankIsNone]


_fields: dict[str, Any] = {
    key: (_field(kind), False if kind.unit is Unit.STATE else None) for key, kind in KINDS.items()
}
# A field for each kind; a limit that is blank: nobody is told.
AlertLimitsIn = create_model("AlertLimitsIn", __base__=Shape, **_fields)


class AlertMailIn(Shape):
    wanted: Flag


class AlertQuery(ListQuery):
    status: Literal["open", "resolved"] | None = None
