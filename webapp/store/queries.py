"""The shop's own record."""

import datetime as dt

from sqlalchemy import select

from webapp.fiscal.places import state
from webapp.platform.database import db
from webapp.store.models import Series, Shop

# Its one row has the first key.
_KEY = 1


def the_shop() -> Shop:
    """Its one row; made by the first migration, filled by the demo or on the settings page.

    Read once by each session, which would otherwise forget what nobody holds.
    """
    shop = db.session.info["shop"] = db.session.get_one(Shop, _KEY)
    return shop


def the_series() -> Series:
    """The series the shop numbers its NF-e in."""
    return db.session.scalars(select(Series).order_by(Series.id).limit(1)).one()


def shop_time_zone() -> str:
    return the_shop().time_zone


def issuer_zone() -> dt.tzinfo:
    """The zone of the issuer's state: an NF-e is of the day and month that its clock shows."""
    return state(the_shop().state).zone


def issuer_day(moment: dt.datetime) -> dt.date:
    return moment.astimezone(issuer_zone()).date()
