"""The shop's own record."""

from sqlalchemy import select

from webapp.extensions import db
from webapp.store.models import Shop


def the_shop() -> Shop:
    """Its one row; made by the first migration, filled by the demo or on the settings page."""
    return db.session.scalars(select(Shop)).one()
