"""The differences of a count go into stock."""

from flask_babel import gettext as _
from sqlalchemy import select

from webapp.audit.tracking import actor, record
from webapp.catalog.models import Product, StockMovement, change_stock, movement
from webapp.counting.models import Count, CountLine, CountStatus
from webapp.counting.queries import corrected_since, count_by_id, lines_of
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.errors import Refusal

# So many products are named where stock would go below zero.
MOST_NAMED = 20


class CountAgain(Refusal):
    """Some lines cannot be right; nothing of the count was taken."""


def take(count_id: int, reason: str) -> Count:
    """Moves the stock of each product by what was found more or less at the moment it was counted;
    what was sold since stays sold. All lines or none; said twice, it is done once. Raises
    CountAgain for what would go below zero."""
    count = count_by_id(count_id, lock=True)
    if count.status is CountStatus.TAKEN:
        return count
    if count.status is CountStatus.OPEN:
        count.review()
    changes = _changes(count)
    _refuse_below_zero(changes)
    for line, _stock, change in changes:
        if change:
            _move(count, line, change, reason)
        line.moved = change
    count.close(reason, actor(), utc_now())
    return count


Change = tuple[CountLine, int | None, int]


def _changes(count: Count) -> list[Change]:
    """The lines with the stock of their products by now, locked, in the order in which everybody
    locks them, and by how much it is to change."""
    lines = list(db.session.scalars(lines_of(count).order_by(CountLine.product_id)))
    locked = select(Product.id, Product.stock).where(
        Product.id.in_(
            select(CountLine.product_id).where(CountLine.count_id == count.id).scalar_subquery()
        )
    )
    locked = locked.order_by(Product.id).with_for_update(key_share=True)
    stocks = {row.id: row.stock for row in db.session.execute(locked)}
    corrected = corrected_since(count)
    return [
        (line, stocks.get(line.product_id), line.difference - corrected.get(line.id, 0))
        for line in lines
    ]


def _refuse_below_zero(changes: list[Change]) -> None:
    bad = [
        line.product.sku
        for line, stock, change in changes
        if change and (stock is None or stock + change < 0)
    ]
    if bad:
        named = ", ".join(bad[:MOST_NAMED]) + (" …" if len(bad) > MOST_NAMED else "")
        raise CountAgain(
            _(
                "Nothing was taken. Fewer were counted than orders have taken by now; count again, "
                "or leave out: %(skus)s.",
                skus=named,
            )
        )


def _move(count: Count, line: CountLine, change: int, reason: str) -> None:
    session, product = db.session(), line.product
    balance = change_stock(session, product.id, product.sku, change)
    row = movement(product.id, change, balance, reason)
    session.add(StockMovement(**row, count_id=count.id))
    record(session, "changed", "products", product.id, product.sku, why=reason, stock=balance)
