"""What rules hear beside a payment: kept where a rule in force hears it, and decided by
`trigger_step`."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import exists, select

from webapp.catalog.models import Product, StockMovement
from webapp.fulfilment.memberships.models import Membership, MembershipEvent
from webapp.http.formatting import shop_day
from webapp.invoices.models import Invoice
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.rules.core.engine import RuleSet
from webapp.rules.core.events import INVOICE_REJECTED, LAPSED, LOW_STOCK, REFUNDED, SHIPPED
from webapp.rules.models import TriggerEvent
from webapp.rules.queries import rule_set_in_force
from webapp.sales.models import Refund, Sale
from webapp.sales.units import units_of


def note_shipped(sale: Sale) -> None:
    _note(sale.id, SHIPPED, SHIPPED)


def note_refunded(sale: Sale, made: Refund) -> None:
    lines = sorted({row["line"] for row in made.lines})
    _note(sale.id, REFUNDED, f"{REFUNDED}:{made.number}", lines)


def note_invoice_rejected(invoice: Invoice) -> None:
    """Each time anew: by our checks, a reviewer or the authority."""
    if not invoice.is_return:
        _note(invoice.sale_id, INVOICE_REJECTED, f"reject:{utc_now():%y%m%d%H%M%S}")


def note_lapsed(membership: Membership) -> None:
    """Hangs off the last order that changed it; one that no order ever did is not heard."""
    if LAPSED not in rule_set_in_force().heard:
        return
    of_orders = select(MembershipEvent.sale_id).where(
        MembershipEvent.membership_id == membership.id, MembershipEvent.sale_id.is_not(None)
    )
    sale_id = db.session.scalar(of_orders.order_by(MembershipEvent.id.desc()).limit(1))
    if sale_id is None:
        return
    sale = db.session.get_one(Sale, sale_id)
    lines = [line.position for line in sale.lines if line.kind.is_membership]
    _note(sale_id, LAPSED, f"{LAPSED}:{shop_day(utc_now()).isoformat()}", lines)


def note_low_stock(sales: Sequence[Sale], rule_set: RuleSet, now: dt.datetime) -> None:
    """Where an order took a product's stock from above its minimum to it or below."""
    if LOW_STOCK not in rule_set.heard or not sales:
        return
    by_id = {sale.id: sale for sale in sales}
    crossed = (
        select(StockMovement.sale_id, StockMovement.product_id)
        .join(Product, Product.id == StockMovement.product_id)
        .where(
            StockMovement.sale_id.in_(by_id),
            StockMovement.change < 0,
            StockMovement.balance <= Product.low_stock,
            StockMovement.balance - StockMovement.change > Product.low_stock,
        )
    )
    found: dict[tuple[int, int], list[int]] = defaultdict(list)
    for sale_id, product_id in db.session.execute(crossed):
        assert sale_id, "of one of these sales"
        found[sale_id, product_id] = [
            line.position
            for line in by_id[sale_id].lines
            if any(units.product_id == product_id for units in units_of(line))
        ]
    for (sale_id, product_id), lines in found.items():
        _note(sale_id, LOW_STOCK, f"{LOW_STOCK}:{product_id}", lines)


def _note(sale_id: int, kind: str, event: str, lines: list[int] | None = None) -> None:
    """Said twice, it is heard once."""
    if kind not in rule_set_in_force().heard:
        return
    known = exists().where(TriggerEvent.sale_id == sale_id, TriggerEvent.event == event)
    if db.session.scalar(select(known)):
        return
    heard = TriggerEvent(sale_id=sale_id, kind=kind, event=event, lines=lines)
    heard.owe(utc_now())
    db.session.add(heard)
