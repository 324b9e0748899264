"""The month by which commissions and royalties are told: read, named, with its neighbours."""

import datetime as dt
from collections.abc import Iterable

from babel.dates import format_skeleton
from flask_babel import get_locale
from sqlalchemy import select

from webapp.fulfilment.commissions.models import Commission
from webapp.fulfilment.royalties.models import RoyaltySlip
from webapp.http.formatting import shop_day
from webapp.http.query import month_from
from webapp.platform.clock import utc_now
from webapp.platform.database import db


def this_month() -> str:
    return shop_day(utc_now()).strftime("%Y-%m")


def month_of(written: str | None) -> str:
    """The month asked for, like "2026-11"; the shop's present one when none is. Raises Invalid."""
    return f"{month_from(written):%Y-%m}" if written else this_month()


def months_reversed(
    model: type[Commission] | type[RoyaltySlip], rows: Iterable[Commission | RoyaltySlip]
) -> dict[int, str]:
    """For those of `rows` that are reversals, by their ids: the month of what they take back."""
    reversed_by = {row.effect.reverses: row.id for row in rows if row.effect.reverses}
    if not reversed_by:
        return {}
    found = db.session.execute(
        select(model.effect_id, model.month).where(model.effect_id.in_(reversed_by))
    )
    return {reversed_by[effect_id]: month for effect_id, month in found}


def month_words(month: str) -> str:
    return format_skeleton("yMMMM", dt.date.fromisoformat(month + "-01"), locale=get_locale())


def month_context(month: str) -> dict:
    """The month in words and its neighbours, for the head of a monthly page."""
    first = dt.date.fromisoformat(month + "-01")
    before, after = first - dt.timedelta(days=1), first + dt.timedelta(days=32)
    return {
        "month": month,
        "month_words": month_words,
        "month_name": month_words(month),
        "month_before": f"{before:%Y-%m}",
        "month_after": f"{after:%Y-%m}",
        "is_over": month < this_month(),
    }
