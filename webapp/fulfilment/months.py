"""The month by which commissions and royalties are told: read, named, with its neighbours."""

import datetime as dt

from babel.dates import format_skeleton
from flask_babel import get_locale

from webapp.http.formatting import shop_day
from webapp.http.query import typed_month
from webapp.platform.clock import utc_now


def this_month() -> str:
    return f"{shop_day(utc_now()):%Y-%m}"


def month_of(written: str | None) -> str:
    """The month asked for, like "2026-11"; the shop's present one when none is. Raises Invalid."""
    return f"{typed_month(written):%Y-%m}" if written else this_month()


def month_words(month: str) -> str:
    return format_skeleton("yMMMM", _first_day(month), locale=get_locale())


def month_context(month: str) -> dict:
    """The month in words and its neighbours, for the head of a monthly page."""
    first = _first_day(month)
    before, after = first - dt.timedelta(days=1), first + dt.timedelta(days=32)
    return {
        "month": month,
        "month_words": month_words,
        "month_name": month_words(month),
        "month_before": f"{before:%Y-%m}",
        "month_after": f"{after:%Y-%m}",
        "is_over": month < this_month(),
    }


def _first_day(month: str) -> dt.date:
    return dt.date.fromisoformat(f"{month}-01")
