"""Questions about counts, and about where a product's ledger stood."""

import datetime as dt
from decimal import Decimal
from typing import NamedTuple

from flask_babel import gettext as _
from sqlalchemy import Integer, Row, Select, and_, case, func, or_, select, type_coerce
from sqlalchemy.orm import contains_eager

from webapp.catalog.models import Product, StockMovement
from webapp.catalog.queries import ON_SALE
from webapp.counting.models import Count, CountLine, CountStatus, Scope
from webapp.platform.columns import Hundredths
from webapp.platform.database import db
from webapp.platform.errors import NotFound
from webapp.platform.money import ZERO

DIFFERS = CountLine.counted != CountLine.expected


def count_by_id(count_id: int, lock: bool = False) -> Count:
    query = select(Count).where(Count.id == count_id).execution_options(populate_existing=True)
    count = db.session.scalar(query.with_for_update() if lock else query)
    if count is None:
        raise NotFound(_("There is no such count."))
    return count


def counts() -> Select[Count]:
    return select(Count)


def lines_of(count: Count) -> Select[CountLine]:
    query = select(CountLine).join(CountLine.product).where(CountLine.count_id == count.id)
    return query.options(contains_eager(CountLine.product))


def differences_of(count: Count) -> Select[CountLine]:
    return lines_of(count).where(DIFFERS)


def shown_lines(count: Count) -> Select[CountLine]:
    """All of them while people count, then those that differ."""
    return lines_of(count) if count.status is CountStatus.OPEN else differences_of(count)


def products_of(count: Count) -> Select[Product]:
    """What it is about."""
    query = select(Product).where(ON_SALE, Product.stock.is_not(None))
    match count.scope:
        case Scope.CATEGORY:
            return query.where(Product.category.in_(count.among))
        case Scope.SUPPLIER:
            return query.where(Product.supplier.in_(count.among))
        case Scope.MARKED:
            return query.where(Product.id.in_(count.among))
        case Scope.LOW:
            return query.where(Product.stock <= Product.low_stock)
        case Scope.ZERO:
            return query.where(Product.stock == 0)
        case _:
            return query


def uncounted(count: Count) -> Select[Product]:
    """Products that it is about and that nobody has counted yet."""
    known = select(CountLine.id).where(
        CountLine.count_id == count.id, CountLine.product_id == Product.id
    )
    return products_of(count).where(~known.exists())


class Sums(NamedTuple):
    """Of a count: its lines, those that differ, units and value at cost of what was found more and
    less, None where of none of them the cost is known; `unpriced`: lines that differ and whose
    products have no cost."""

    lines: int
    differing: int
    more: int
    less: int
    gained: Decimal | None
    lost: Decimal | None
    unpriced: int


def sums_of(count: Count) -> Sums:
    difference = CountLine.counted - CountLine.expected
    value = difference * type_coerce(Product.cost, Integer)
    query = select(
        func.count(),
        func.sum(case((DIFFERS, 1), else_=0)),
        func.sum(case((difference > 0, difference), else_=0)),
        func.sum(case((difference < 0, difference), else_=0)),
        type_coerce(func.sum(case((difference > 0, value))), Hundredths),
        type_coerce(func.sum(case((difference < 0, value))), Hundredths),
        func.sum(case((and_(DIFFERS, Product.cost.is_(None)), 1), else_=0)),
    )
    query = query.select_from(CountLine).join(CountLine.product)
    lines, differing, more, less, gained, lost, unpriced = db.session.execute(
        query.where(CountLine.count_id == count.id)
    ).one()
    return Sums(
        lines,
        differing or 0,
        more or 0,
        less or 0,
        gained if more else ZERO,
        lost if less else ZERO,
        unpriced or 0,
    )


# -- where a ledger stood --------------------------------------------------------------------------

# A table of its own in these questions, so that a line's product can be asked about line by line.
_moves = StockMovement.__table__.alias("moves")


def positions(line_ids: list[int], now: dt.datetime) -> dict[int, int]:
    """By line: the last movement of its product at its moment. What is told as of now, by a clock
    that may go otherwise than ours, stands where the ledger ends."""
    last = select(_moves.c.id).where(
        _moves.c.product_id == CountLine.product_id,
        or_(CountLine.at >= now, _moves.c.at <= CountLine.at),
    )
    # By their ids, which rise as the product's lock goes from one to the next.
    last = last.order_by(_moves.c.id.desc()).limit(1)
    query = select(CountLine.id, func.coalesce(last.correlate(CountLine).scalar_subquery(), 0))
    return {row[0]: row[1] for row in db.session.execute(query.where(CountLine.id.in_(line_ids)))}


def balances(line_ids: list[int], with_reserved: bool) -> dict[int, int]:
    """By line: what the ledger said at its position; `with_reserved`: and what orders had of it
    then."""
    query = select(CountLine.id, func.coalesce(StockMovement.balance, 0))
    query = query.outerjoin(StockMovement, StockMovement.id == CountLine.position)
    if with_reserved:
        query = query.add_columns(_reserved_then())
    found = db.session.execute(query.where(CountLine.id.in_(line_ids)))
    return {row[0]: sum(row[1:]) for row in found}


def _reserved_then():
    reserving = select(func.coalesce(-func.sum(_moves.c.change), 0)).where(
        _moves.c.product_id == CountLine.product_id,
        _moves.c.sale_id.is_not(None),
        _moves.c.id <= CountLine.position,
        or_(_moves.c.left_at.is_(None), _moves.c.left_at > CountLine.at),
    )
    return reserving.correlate(CountLine).scalar_subquery()


def corrected_since(count: Count) -> dict[int, int]:
    """By line: what counts have put right since its position. They moved the ledger and nothing on
    the shelf, so that a difference that was found twice is taken once."""
    query = select(CountLine.id, func.sum(StockMovement.change)).join(
        StockMovement,
        and_(
            StockMovement.product_id == CountLine.product_id,
            StockMovement.id > CountLine.position,
            StockMovement.count_id.is_not(None),
        ),
    )
    query = query.where(CountLine.count_id == count.id).group_by(CountLine.id)
    return {row[0]: row[1] for row in db.session.execute(query)}


def moved_by_hand_since(count: Count) -> dict[int, int]:
    """By product: units that a person or a delivery moved after it was counted, of the lines that
    differ: who corrected the stock by hand meanwhile would correct it twice."""
    query = select(CountLine.product_id, func.sum(StockMovement.change)).join(
        StockMovement,
        and_(
            StockMovement.product_id == CountLine.product_id,
            StockMovement.id > CountLine.position,
            StockMovement.count_id.is_(None),
            StockMovement.sale_id.is_(None),
        ),
    )
    query = query.where(CountLine.count_id == count.id, DIFFERS).group_by(CountLine.product_id)
    return {row[0]: row[1] for row in db.session.execute(query)}


def difference_rows(count: Count) -> list[Row]:
    """All that differ, in the order of their SKUs."""
    query = select(
        Product.sku, CountLine.at, CountLine.counted, CountLine.expected, CountLine.moved
    )
    query = query.join(CountLine.product).where(CountLine.count_id == count.id, DIFFERS)
    return list(db.session.execute(query.order_by(Product.sku)))
