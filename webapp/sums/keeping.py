"""Days are kept: each once it is over, the past of a shop backwards, and anew those that are
marked. A part in each pass of the sweeper, a day in a transaction."""

import datetime as dt
from typing import Any, NamedTuple

from sqlalchemy import delete, exists, func, insert, select

from webapp.http.formatting import shop_day
from webapp.http.localization import time_zone
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.transactions import only_reading
from webapp.sales.models import MoneyMark, Sale
from webapp.store.models import Shop
from webapp.sums.models import By, DaySum
from webapp.sums.queries import (
    TOP_A_DAY,
    DayFigures,
    days_of,
    marked_days,
    midnight,
    plain_sums,
    total_of,
)

# A day is kept so long after its end: later than `UNMARKED` by more than any transaction lasts.
SETTLED = dt.timedelta(hours=2)
# In one pass of the sweeper.
DAYS_AT_ONCE = 20


def keep_days() -> int:
    """How many days were kept, or kept anew."""
    with only_reading():
        kept = _kept()
        is_void = _is_any_void() or bool(kept and kept.zone != time_zone())
        days = [] if is_void else _owed(kept)[:DAYS_AT_ONCE]
        db.session.rollback()
    if is_void:
        _forget()
        return keep_days()
    for day in days:
        _keep(day)
    return len(days)


def _is_any_void() -> bool:
    query = select(exists(select(MoneyMark.id).where(MoneyMark.paid_at.is_(None))))
    return bool(db.session.scalar(query))


class _KeptDays(NamedTuple):
    """All days from `since` to `until` are kept."""

    since: dt.date
    until: dt.date
    zone: str


def _kept() -> _KeptDays | None:
    of_all = select(DaySum.day, DaySum.zone).where(DaySum.by == By.ALL)
    newest = db.session.execute(of_all.order_by(DaySum.day.desc()).limit(1)).first()
    if newest is None:
        return None
    oldest = db.session.execute(of_all.order_by(DaySum.day).limit(1)).one()
    return _KeptDays(oldest.day, newest.day, newest.zone)


def _owed(kept: _KeptDays | None) -> list[dt.date]:
    """Those that are marked; the next ones up to the last that is over; and behind them, backwards,
    those before the oldest."""
    last = shop_day(utc_now() - SETTLED) - dt.timedelta(1)
    first_paid = db.session.scalar(select(func.min(Sale.paid_at)))
    if first_paid is None:
        return []
    since, marked, ahead = last + dt.timedelta(1), [], []
    if kept:
        since = kept.since
        days = marked_days(kept.until)
        marked = sorted(day for day in days if day and day >= kept.since)
        ahead = days_of(kept.until + dt.timedelta(1), last)
    some = since - dt.timedelta(DAYS_AT_ONCE)
    behind = days_of(max(shop_day(first_paid), some), since - dt.timedelta(1))
    return marked + ahead + behind[::-1]


def _in_turn() -> None:
    """Who keeps days, one after the other: what is read from here on is as the last one left it."""
    db.session.execute(select(Shop.id).with_for_update())


def _keep(day: dt.date) -> None:
    """What is marked is taken away before the orders are read: a change that they do not show yet
    has a mark that is not seen yet either."""
    _in_turn()
    begins, ends = midnight(day), midnight(day + dt.timedelta(1))
    marked = MoneyMark.paid_at >= begins, MoneyMark.paid_at < ends
    db.session.execute(delete(MoneyMark).where(*marked))
    db.session.execute(delete(DaySum).where(DaySum.day == day, DaySum.by.in_(By)))
    db.session.execute(insert(DaySum), _rows(day))
    db.session.commit()


def _forget() -> None:
    """All days: they begin at another moment than when they were kept, or something changed that
    all of them are reckoned by."""
    _in_turn()
    db.session.execute(delete(MoneyMark).where(MoneyMark.paid_at.is_(None)))
    db.session.execute(delete(DaySum))
    db.session.commit()


def _rows(day: dt.date) -> list[dict[str, Any]]:
    parted = {by: plain_sums(by, [day]).get(day, {}) for by in (By.CHANNEL, By.AGENT, By.PRODUCT)}
    parted[By.ALL] = {"": total_of(parted[By.CHANNEL].values())}
    products = parted[By.PRODUCT]
    top = sorted(products, key=lambda sku: (-products[sku].sold, sku))[:TOP_A_DAY]
    return [
        {"by": by, "day": day, "key": key, "zone": time_zone()}
        | {"is_top": by is By.PRODUCT and key in top}
        | dict(zip(DayFigures._fields, figures, strict=True))
        for by, found in parted.items()
        for key, figures in found.items()
    ]
