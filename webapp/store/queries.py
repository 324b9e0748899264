"""The shop's own record."""

from sqlalchemy import select

from webapp.platform.database import db
from webapp.store.models import Series, Shop

# Asked for by every page and every job: built once.
_SHOP = select(Shop)


def the_shop() -> Shop:
    """Its one row; made by the first migration, filled by the demo or on the settings page."""
    return db.session.scalars(_SHOP).one()


def the_series() -> Series:
    """The series the shop numbers its NF-e in."""
    return db.session.scalars(select(Series).order_by(Series.id).limit(1)).one()


def shop_time_zone() -> str:
    return db.session.scalars(select(Shop.time_zone)).one()
