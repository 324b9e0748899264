"""What rules hear beside a payment: kept where a rule in force hears it, and decided by
`trigger_step`."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from secrets import token_hex
from typing import Any

from sqlalchemy import event, exists, select
from sqlalchemy.orm import Session

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
        found[sale_id, product_id] = _lines_with(by_id[sale_id], product_id)
    for (sale_id, product_id), lines in found.items():
        _note(sale_id, LOW_STOCK, f"{LOW_STOCK}:{product_id}", lines)


def hear_low_stock(session_factory: Any) -> None:
    """Binds what moves stock beside orders to the rules that hear it."""
    event.listen(session_factory, "before_flush", _hear_low_stock)


def _hear_low_stock(session: Session, _context: object, _instances: object) -> None:
    """Whatever else takes a product's stock from above its minimum to it or below: a count, a
    person, an import, what leaves again of a return. It hangs off the last order of the product;
    of one that nobody ever ordered no rule hears."""
    taken = [row for row in session.new if isinstance(row, StockMovement) and _is_heard(row)]
    with session.no_autoflush:
        if not taken or LOW_STOCK not in rule_set_in_force().heard:
            return
        levels = select(Product.id, Product.low_stock).where(Product.low_stock.is_not(None))
        of_these = Product.id.in_({row.product_id for row in taken})
        least = {row.id: row.low_stock for row in session.execute(levels.where(of_these))}
        for row in taken:
            level = least.get(row.product_id)
            if level is not None and row.balance <= level < row.balance - row.change:
                _note_low(session, row.product_id)


def _is_heard(row: StockMovement) -> bool:
    """Of an order the rules hear it when they are applied to that."""
    is_of_order = row.sale is not None and not row.sale.status.is_final
    return row.product_id is not None and row.change < 0 and not is_of_order


def _note_low(session: Session, product_id: int) -> None:
    moved = select(StockMovement.sale_id).where(
        StockMovement.product_id == product_id, StockMovement.sale_id.is_not(None)
    )
    sale_id = session.scalar(moved.order_by(StockMovement.id.desc()).limit(1))
    if sale_id is not None:
        lines = _lines_with(session.get_one(Sale, sale_id), product_id)
        # Each time that it was above its minimum in between.
        _note(sale_id, LOW_STOCK, f"low:{token_hex(8)}", lines)


def _lines_with(sale: Sale, product_id: int) -> list[int]:
    return [
        line.position
        for line in sale.lines
        if any(units.product_id == product_id for units in units_of(line))
    ]


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
