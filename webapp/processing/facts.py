"""The facts that the rules are judged by, gathered from what the sale keeps and from the house as
it is now.

A field of `webapp.rules.core.fields` has one entry here, in the table of its scope: the function
that reads it. A gift has no line yet; its facts are read from the line that it would be.
"""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

from sqlalchemy import bindparam, select

from webapp.catalog.kits import read_parts
from webapp.catalog.models import Product
from webapp.catalog.queries import products_by_sku
from webapp.fulfilment.memberships.models import Membership
from webapp.http.formatting import shop_day
from webapp.platform.database import db
from webapp.platform.documents import document_kind
from webapp.platform.money import ZERO, cents, share_in_percent
from webapp.rules.models import Effect
from webapp.sales.models import Sale, SaleLine
from webapp.sales.placing import sale_line
from webapp.sales.queries import tags_of

Facts = dict[str, object]
_TOTAL_LOSS = Decimal("-100.00")
_MEMBERSHIPS = select(Membership).where(
    Membership.customer_id.in_(bindparam("customers", expanding=True))
)


class BatchContext:
    """What the sales of a batch need to know beyond themselves, read once for all of them."""

    def __init__(self, sales: list[Sale]):
        self.sales = sales
        self.memberships: dict[int, Membership] = {}
        self.read_memberships(sales)
        self.tags = tags_of([sale.id for sale in sales])
        self._products: dict[str, Product | None] = {}
        # Effects that failed and wait for their next try.
        self.postponed: list[tuple[Effect, Exception]] = []

    def read_memberships(self, sales: list[Sale]) -> None:
        """Those of the sales' customers, as they are now."""
        customers = {sale.customer_id for sale in sales}
        for customer in customers:
            self.memberships.pop(customer, None)
        for membership in db.session.scalars(_MEMBERSHIPS, {"customers": customers}):
            self.memberships[membership.customer_id] = membership

    def membership_to_change(self, customer_id: int) -> Membership | None:
        """The customer's membership, locked and as it is now: its history tells what it was before
        each change."""
        membership = self.memberships.get(customer_id)
        if membership:
            db.session.flush()
            db.session.refresh(membership, with_for_update=True)
        return membership

    def product(self, sku: str) -> Product | None:
        if sku not in self._products:
            self._products[sku] = products_by_sku([sku]).get(sku)
        return self._products[sku]

    def gift_facts(self, sku: str, quantity: int = 1) -> Facts | None:
        """The facts of a product that a rule adds; None when it is not there or none is left."""
        product = self.product(sku)
        if product is None:
            return None
        if product.kind.is_goods:
            db.session.refresh(product, ["stock"])
            read_parts([product], fresh=True)
            if (product.available or 0) < quantity:
                return None
        return _facts_as_gift(product)


def day_paid(sale: Sale) -> dt.date:
    """The shop's day that the sale is judged by."""
    if sale.paid_at is None:
        raise ValueError("the rules judge paid sales only")
    return shop_day(sale.paid_at)


# -- of the sale -----------------------------------------------------------------------------------


def _goods_total(sale: Sale, _batch: BatchContext) -> Decimal:
    return sum((line.total for line in sale.lines if line.kind.is_goods), ZERO)


def _discount_percent(sale: Sale, _batch: BatchContext) -> Decimal:
    gross = sum((line.gross for line in sale.lines if not line.gift), ZERO)
    return share_in_percent(sale.discount, gross)


def _document_kind(sale: Sale, _batch: BatchContext) -> str:
    return str(document_kind(sale.customer_document))


def _membership_status(sale: Sale, batch: BatchContext) -> str:
    membership = batch.memberships.get(sale.customer_id)
    return str(membership.status) if membership else "none"


def _membership_plan(sale: Sale, batch: BatchContext) -> str | None:
    membership = batch.memberships.get(sale.customer_id)
    return membership.plan if membership else None


def _tags(sale: Sale, batch: BatchContext) -> str | None:
    return ", ".join(tag.name for tag in batch.tags.get(sale.id, ())) or None


SALE_FACTS: dict[str, Callable[[Sale, BatchContext], object]] = {
    "sale_total": lambda sale, _batch: sale.total,
    "sale_goods_total": _goods_total,
    "sale_freight": lambda sale, _batch: sale.freight,
    "sale_discount_percent": _discount_percent,
    "sale_channel": lambda sale, _batch: sale.channel,
    "sale_tags": _tags,
    "payment_method": lambda sale, _batch: str(sale.payment_method),
    "customer_id": lambda sale, _batch: str(sale.customer_id),
    "customer_document_kind": _document_kind,
    "customer_state": lambda sale, _batch: sale.state or None,
    "taxpayer": lambda sale, _batch: str(sale.customer_taxpayer),
    "agent_id": lambda sale, _batch: sale.agent_code,
    "agent_percent": lambda sale, _batch: sale.agent_percent,
    "membership_status": _membership_status,
    "membership_plan": _membership_plan,
}


def sale_facts(sale: Sale, batch: BatchContext) -> Facts:
    return {key: read(sale, batch) for key, read in SALE_FACTS.items()}


# -- of its lines ----------------------------------------------------------------------------------


def _below_catalog(line: SaleLine) -> Decimal | None:
    """None for a line from before the catalog's price was kept with it."""
    price = line.catalog_price
    if price is None:
        return None
    return share_in_percent(price - line.unit_price, price)


def _margin(line: SaleLine) -> Decimal | None:
    """None where it cannot be told, or is what a rule gives away. Of what brings nothing it would
    be without end."""
    cost = line.product.get("cost")
    if cost is None or line.gift:
        return None
    paid = Decimal(cost) * line.quantity
    if line.total <= 0:
        return _TOTAL_LOSS if paid else ZERO
    return max(cents((line.total - paid) * 100 / line.total), _TOTAL_LOSS)


LINE_FACTS: dict[str, Callable[[SaleLine], object]] = {
    "item_sku": lambda line: line.sku,
    "item_name": lambda line: line.name,
    "item_category": lambda line: line.product["category"] or None,
    "item_kind": lambda line: str(line.kind),
    "item_physical": lambda line: line.kind.is_goods,
    "item_price": lambda line: line.unit_price,
    "item_below_catalog_percent": _below_catalog,
    "item_margin_percent": _margin,
    "item_royalty_percent": lambda line: line.royalty_percent,
    "item_author": lambda line: line.product["author"] or None,
    "item_quantity": lambda line: line.quantity,
    "item_total": lambda line: line.total,
    "item_gift": lambda line: line.gift,
}


def line_facts(line: SaleLine) -> Facts:
    """With `line`, its position, which is no field."""
    facts = {key: read(line) for key, read in LINE_FACTS.items()}
    facts["line"] = line.position
    return facts


def product_facts(skus: set[str]) -> dict[str, Facts]:
    """The facts of products as gifts, whatever is in stock; by SKU as written, those that
    exist."""
    return {sku: _facts_as_gift(product) for sku, product in products_by_sku(skus).items()}


def _facts_as_gift(product: Product) -> Facts:
    """The rules give it its position and quantity."""
    return line_facts(sale_line(0, product, 1, gift=True))
