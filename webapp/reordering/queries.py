"""What is low, and how much of it to order anew by what was sold."""

import datetime as dt
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import Select, func, select

from webapp.catalog.filters import ProductFilter, ProductView
from webapp.catalog.models import Product, StockMovement
from webapp.catalog.queries import products
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.money import ZERO

# What is sold in so many days tells the rate.
LOOKED_BACK = 30


class Reorder(NamedTuple):
    """Of a product that is low: units sold in the days looked back at, returns taken off; how many
    days what is there lasts at that rate (None: nothing was sold); and how many to order."""

    product: Product
    sold: int
    days_left: int | None
    quantity: int

    @property
    def value(self) -> Decimal | None:
        cost = self.product.cost
        return None if cost is None else cost * self.quantity


def low_products(supplier: str = "") -> Select:
    return products(ProductFilter(view=ProductView.LOW, supplier=supplier))


def reorders(low: Sequence[Product], days: int) -> list[Reorder]:
    """Of each, what brings it back over its level and lasts for so many days."""
    sold = sold_since((product.id for product in low), utc_now() - dt.timedelta(days=LOOKED_BACK))
    return [_reorder(product, max(sold.get(product.id, 0), 0), days) for product in low]


def _reorder(product: Product, sold: int, days: int) -> Reorder:
    stock, level = product.stock or 0, product.low_stock or 0
    # Rounded up: half a book is a book.
    lasting = -(-sold * days // LOOKED_BACK)
    left = stock * LOOKED_BACK // sold if sold else None
    return Reorder(product, sold, left, max(lasting, level + 1) - stock)


def sold_since(product_ids: Iterable[int], moment: dt.datetime) -> dict[int, int]:
    """Units that orders took from stock and did not give back, by product."""
    query = select(StockMovement.product_id, -func.sum(StockMovement.change)).where(
        StockMovement.product_id.in_(list(product_ids)),
        StockMovement.at >= moment,
        StockMovement.sale_id.is_not(None),
    )
    found = db.session.execute(query.group_by(StockMovement.product_id))
    return {row[0]: row[1] for row in found}


class Worth(NamedTuple):
    """At cost, as far as that is known: None where of no product it is; `unpriced`: products of
    which it is not."""

    value: Decimal | None
    unpriced: int


def worth(rows: Sequence[Reorder]) -> Worth:
    known = [row.value for row in rows if row.value is not None]
    return Worth(sum(known, ZERO) if known else None, len(rows) - len(known))
