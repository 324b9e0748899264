"""What orders have reserved: the units that they took from stock and that have not left the shop.

Whatever makes an order let go of them (it is shipped, cancelled, or closed with nothing to ship)
sets its status or its parcel's; the commit that keeps this marks its stock movements.
"""

from typing import Any

from sqlalchemy import and_, event, or_, select, update
from sqlalchemy.orm import object_session

from webapp.catalog.models import StockMovement
from webapp.platform.clock import utc_now
from webapp.sales.models import Sale, Shipping, Status

FINAL = [status for status in Status if status.is_final]
_NOTED = "sales that may have let go of stock"
# As `Sale.has_reserved` says.
_HAS_LET_GO = or_(
    Sale.shipping.in_((Shipping.SHIPPED, Shipping.DELIVERED)),
    and_(Sale.shipping == Shipping.NONE, Sale.status.in_(FINAL)),
)


@event.listens_for(Sale.shipping, "set")
@event.listens_for(Sale.status, "set")
def _note(sale: Sale, value: Any, _before: Any, _initiator: Any) -> None:
    session = object_session(sale)
    if session is None or sale.id is None:
        return
    status, shipping = sale.__dict__.get("status"), sale.__dict__.get("shipping")
    status, shipping = (value, shipping) if isinstance(value, Status) else (status, value)
    if shipping is Shipping.SHIPPED or (shipping is Shipping.NONE and status in FINAL):
        session.info.setdefault(_NOTED, set()).add(sale.id)


def let_go_on_commit(session_factory: Any) -> None:
    @event.listens_for(session_factory, "before_commit")
    def let_go(session: Any) -> None:
        noted = session.info.pop(_NOTED, None)
        if noted:
            session.flush()
            # What was noted may have been rolled back to a savepoint since.
            gone = select(Sale.id).where(Sale.id.in_(noted), _HAS_LET_GO)
            rows = update(StockMovement.__table__).where(
                StockMovement.sale_id.in_(gone), StockMovement.left_at.is_(None)
            )
            session.connection().execute(rows.values(left_at=utc_now()))

    @event.listens_for(session_factory, "after_rollback")
    def forget(session: Any) -> None:
        session.info.pop(_NOTED, None)
