"""Once the shop's terms of dispatch have changed, what has not left is reckoned anew, slice by
slice."""

import datetime as dt

from sqlalchemy import and_, bindparam, exists, or_, select, update

from webapp.catalog.models import Kind
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.transactions import only_reading
from webapp.sales.models import TO_SHIP, Sale, SaleLine, Shipping, Status
from webapp.sales.shipping_times import ship_by
from webapp.store.dispatch import TERMS, DispatchTerms
from webapp.store.models import Shop

SLICE = 500
UNDER_WAY = (Status.ADDRESS, Status.RULES, Status.INVOICE, Status.REVIEW, Status.ATTENTION)
_sales, _shop = Sale.__table__, Shop.__table__
# One that leaves meanwhile keeps what it left by.
_NOT_LEFT = and_(_sales.c.shipping != Shipping.SHIPPED, _sales.c.shipping != Shipping.DELIVERED)
_SET = (
    update(_sales)
    .where(_sales.c.id == bindparam("sale_id"), _NOT_LEFT)
    .values(ship_by=bindparam("moment"), updated_at=bindparam("now"))
)


def reckon_ship_by() -> int:
    """In each pass of a sweeper: the next slice, if one is left. How many orders leave at another
    moment than before."""
    with only_reading():
        asked = db.session.execute(select(Shop.ship_by_from)).scalar_one()
        db.session.rollback()
    return 0 if asked is None else _reckon_slice(utc_now())


def _reckon_slice(now: dt.datetime) -> int:
    query = select(Shop.ship_by_from, *TERMS).with_for_update()
    after, *terms = db.session.execute(query).one()
    if after is None:
        # Another sweeper was first.
        db.session.rollback()
        return 0
    carries = exists().where(
        SaleLine.sale_id == Sale.id, SaleLine.kind.in_([kind for kind in Kind if kind.is_goods])
    )
    found = db.session.execute(
        select(Sale.id, Sale.paid_at, Sale.ship_by)
        .where(
            or_(Sale.status.in_(UNDER_WAY), TO_SHIP),
            _NOT_LEFT,
            Sale.id > after,
            Sale.paid_at.is_not(None),
            Sale.ship_by_told.is_(False),
            carries,
        )
        .order_by(Sale.id)
        .limit(SLICE)
    ).all()
    moments = [(row, ship_by(row.paid_at, DispatchTerms(*terms))) for row in found]
    moved = [
        {"sale_id": row.id, "moment": moment, "now": now}
        for row, moment in moments
        if row.ship_by != moment
    ]
    if moved:
        db.session.connection().execute(_SET, moved)
    goes_on = found[-1].id if len(found) == SLICE else None
    db.session.execute(update(_shop).values(ship_by_from=goes_on))
    db.session.commit()
    return len(moved)
