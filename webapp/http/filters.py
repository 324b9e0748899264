"""The shapes of what a call's query says, beside the shapes of bodies: names, types and bounds."""

import datetime as dt
import re
from typing import Annotated
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from pydantic import BeforeValidator, ValidationInfo, WithJsonSchema

from webapp.http.forms import Shape, is_from_form
from webapp.http.localization import time_zone
from webapp.http.query import month_from
from webapp.platform.errors import Invalid
from webapp.platform.whole import MAX_ID, whole_number

MOST_A_PAGE = 200
USUAL_PAGE = 50
EARLIEST, LATEST = 2000, 2999
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_TYPED_DAY = re.compile(r"\b([0-9]{2})/([0-9]{2})/([0-9]{4})\b", re.ASCII)
_TO_LAST_MINUTE = dt.timedelta(days=1, minutes=-1)


def _limit(written: object) -> int:
    number = whole_number(str(written), 1, MOST_A_PAGE)
    if number is None:
        raise ValueError(_l("Use a whole number from 1 to 200."))
    return number


def _customer_id(written: object) -> int:
    number = whole_number(str(written))
    if number is None:
        raise ValueError(_l("Use the customer's id, a whole number."))
    return number


def _moment(written: object) -> dt.datetime:
    try:
        if _DAY.fullmatch(str(written)):
            day = dt.datetime.fromisoformat(str(written))
            return day.replace(tzinfo=ZoneInfo(time_zone())).astimezone(dt.UTC)
        # A "+" that was not quoted comes as a space.
        moment = dt.datetime.fromisoformat(str(written).replace(" ", "+"))
        return (moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        raise ValueError(_l("Write a moment like 2026-11-20T14:30:00Z.")) from None


def _end(written: object) -> dt.datetime:
    moment = _moment(written)
    return moment + dt.timedelta(1) if _DAY.fullmatch(str(written)) else moment


def _by(written: object, info: ValidationInfo) -> dt.datetime:
    if isinstance(written, dt.datetime):
        return written
    text = written if isinstance(written, str) else ""
    if is_from_form(info):
        return typed_by(text)
    moment = _within_reach(_moment(text))
    return moment + _TO_LAST_MINUTE if _DAY.fullmatch(text) else moment


def typed_by(written: str) -> dt.datetime:
    """As a person writes it, or a table does, in the shop's zone; a day alone is its last minute.
    Raises ValueError, with words."""
    text = _TYPED_DAY.sub(r"\3-\2-\1", written.strip())
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(_l("Write a day, or a moment like 20/11/2026 14:30.")) from None
    moment = _within_reach(moment)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(time_zone()))
    moment += _TO_LAST_MINUTE if _DAY.fullmatch(text) else dt.timedelta()
    return moment.astimezone(dt.UTC)


def _within_reach(moment: dt.datetime) -> dt.datetime:
    if not EARLIEST <= moment.year <= LATEST:
        raise ValueError(_l("This year is out of reach."))
    return moment


def _month(written: object) -> dt.date:
    try:
        return month_from(str(written))
    except Invalid as refusal:
        raise ValueError(refusal.errors[0].message) from None


Limit = Annotated[
    int,
    BeforeValidator(_limit),
    WithJsonSchema({"type": "integer", "minimum": 1, "maximum": MOST_A_PAGE}),
]
CustomerId = Annotated[
    int,
    BeforeValidator(_customer_id),
    WithJsonSchema({"type": "integer", "minimum": 0, "maximum": MAX_ID}),
]
# A day alone is its midnight in the shop's zone; a moment without a zone is UTC.
Since = Annotated[
    dt.datetime,
    BeforeValidator(_moment),
    WithJsonSchema(
        {
            "type": "string",
            "anyOf": [{"format": "date-time"}, {"format": "date"}],
            "examples": ["2026-11-20T14:30:00Z"],
        }
    ),
]
# By when something is to be done; a day alone is its last minute.
By = Annotated[dt.datetime, BeforeValidator(_by), Since.__metadata__[1]]
# A day alone counts to its end.
Until = Annotated[dt.datetime, BeforeValidator(_end), Since.__metadata__[1]]
# Its first day.
Month = Annotated[
    dt.date,
    BeforeValidator(_month),
    WithJsonSchema(
        {"type": "string", "pattern": "^20[0-9]{2}-(0[1-9]|1[0-2])$", "examples": ["2026-11"]}
    ),
]


class ListQuery(Shape):
    """What every list takes."""

    limit: Limit = USUAL_PAGE
    cursor: str | None = None
