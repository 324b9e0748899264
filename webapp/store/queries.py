"""The shop's own record."""

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm.attributes import instance_state

from webapp.fiscal.cancelling import usual_hours
from webapp.fiscal.places import state
from webapp.platform.database import db
from webapp.platform.errors import NotFound
from webapp.platform.sealed import OtherKey, unseal
from webapp.platform.whole import whole_number
from webapp.store.models import Series, Shop

# Its one row has the first key.
_KEY = 1
# Every step and every page reads it, so it is built once.
_THE_SHOP = select(Shop).where(Shop.id == _KEY)
# What it is sealed for.
CSRT = "csrt"


def the_shop() -> Shop:
    """Its one row; made by the first migration, filled by the demo or on the settings page.

    Read once by each session, which would otherwise forget what nobody holds.
    """
    shop: Shop | None = db.session.identity_map.get((Shop, (_KEY,), None))
    if shop is None or instance_state(shop).expired:
        shop = db.session.info["shop"] = db.session.scalars(_THE_SHOP).one()
    return shop


def beside_the_shop(query: Select[Any]) -> Select[Any]:
    """`query`, which is of one entity, for `first_beside_the_shop`."""
    return query.add_columns(Shop).outerjoin(Shop, Shop.id == _KEY)


def first_beside_the_shop(query: Select[Any], **values: Any) -> Any:
    """Its first row; the shop is read in the same statement."""
    found = db.session.execute(query, values).first()
    if found is None:
        return None
    row, db.session.info["shop"] = found
    return row


def csrt_of(shop: Shop) -> str:
    """Blank where there is none, and where it was sealed with another SECRET_KEY: who needs it is
    told that it is missing."""
    try:
        return unseal(CSRT, shop.csrt_sealed).decode() if shop.csrt_sealed else ""
    except OtherKey:
        return ""


def every_series() -> Sequence[Series]:
    """The first is that of every channel that has none of its own."""
    return db.session.scalars(select(Series).order_by(Series.id)).all()


def locked_series(series_id: int) -> Series:
    """Waits for an NF-e that is taking its number. Raises NotFound."""
    found = db.session.scalar(_locking(select(Series).where(Series.id == series_id)))
    if found is None:
        raise NotFound(_("There is no such series."))
    return found


def series_numbered(written: str, lock: bool = False) -> Series:
    """By its number, as an address has it. Raises NotFound."""
    number = whole_number(written)
    query = select(Series).where(Series.number == number)
    found = None if number is None else db.session.scalar(_locking(query) if lock else query)
    if found is None:
        raise NotFound(_("There is no such series."))
    return found


def _locking(query: Select[Series]) -> Select[Series]:
    return query.with_for_update().execution_options(populate_existing=True)


def series_of_channels(channels: Collection[str]) -> Select:
    """The series in which sales of these channels are numbered, in the order of locking."""
    chosen = {the_shop().channel_series.get(channel) for channel in channels}
    first = Series.id == select(func.min(Series.id)).scalar_subquery()
    of_its_own = Series.number.in_([number for number in chosen if number is not None])
    return (
        select(Series)
        .where(or_(first, of_its_own) if None in chosen else of_its_own)
        .order_by(Series.id)
    )


def cancellation_hours() -> tuple[int, int]:
    """For how many hours SEFAZ takes the cancellation of an NF-e, and for how many a late one (0:
    none): as the settings say, else as the issuer's state does."""
    shop = the_shop()
    usual, late = usual_hours(shop.state)
    in_time, after = shop.cancellation_hours, shop.late_cancellation_hours
    return usual if in_time is None else in_time, late if after is None else after


def shop_time_zone() -> str:
    return the_shop().time_zone


def issuer_zone() -> dt.tzinfo:
    """The zone of the issuer's state: an NF-e is of the day and month that its clock shows."""
    return state(the_shop().state).zone


def issuer_day(moment: dt.datetime) -> dt.date:
    return moment.astimezone(issuer_zone()).date()
