"""The facts that the rules are judged by, gathered from what the sale keeps and from the house as
it is now."""

from decimal import Decimal

from sqlalchemy import select

from webapp.catalog.models import Kind, Product
from webapp.fulfilment.memberships.models import Membership
from webapp.platform.database import db
from webapp.platform.money import ZERO
from webapp.sales.models import Sale, SaleLine


class House:
    """What a batch of sales needs to know beyond itself, read once for all of them."""

    def __init__(self, sales: list[Sale]):
        self.memberships: dict[int, Membership] = {}
        self.read_memberships(sales)
        self._products: dict[str, Product | None] = {}

    def read_memberships(self, sales: list[Sale]) -> None:
        """Those of the sales' customers, as they are now."""
        customers = {sale.customer_id for sale in sales}
        for customer in customers:
            self.memberships.pop(customer, None)
        for membership in db.session.scalars(
            select(Membership).where(Membership.customer_id.in_(customers))
        ):
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
            self._products[sku] = db.session.scalar(select(Product).where(Product.sku == sku))
        return self._products[sku]

    def gift_facts(self, sku: str, quantity: int = 1) -> dict | None:
        """The item facts of a product that a rule adds; None when it is not there or none is
        left."""
        product = self.product(sku)
        if product is None:
            return None
        if product.kind.is_goods:
            db.session.refresh(product, ["stock"])
            if product.stock < quantity:
                return None
        return _item_facts(
            product.sku,
            product.name,
            product.kind,
            product.category,
            product.price,
            product.royalty_percent,
            product.author,
        )


def sale_facts(sale: Sale, house: House) -> dict:
    membership = house.memberships.get(sale.customer_id)
    return {
        "sale_total": sale.total,
        "sale_goods_total": sum((line.total for line in sale.lines if line.kind.is_goods), ZERO),
        "sale_freight": sale.freight,
        "sale_channel": sale.channel,
        "payment_method": str(sale.payment_method),
        "customer_id": str(sale.customer_id),
        "customer_document_kind": "cpf" if len(sale.customer_document) == 11 else "cnpj",
        "customer_state": sale.state or None,
        "taxpayer": str(sale.customer_taxpayer),
        "agent_id": sale.agent_code,
        "agent_percent": sale.agent_percent,
        "membership_status": str(membership.status) if membership else "none",
        "membership_plan": membership.plan if membership else None,
    }


def line_facts(line: SaleLine) -> dict:
    facts = _item_facts(
        line.sku,
        line.name,
        line.kind,
        line.product["category"],
        line.unit_price,
        line.royalty_percent,
        line.product["author"],
    )
    return facts | {
        "line": line.position,
        "item_quantity": line.quantity,
        "item_total": line.total,
        "item_gift": line.gift,
    }


def product_facts(skus: set[str]) -> dict[str, dict]:
    """The item facts of products as they are now, whatever is in stock; by SKU, those that
    exist."""
    products = db.session.scalars(select(Product).where(Product.sku.in_(skus)))
    return {
        product.sku: _item_facts(
            product.sku,
            product.name,
            product.kind,
            product.category,
            product.price,
            product.royalty_percent,
            product.author,
        )
        for product in products
    }


def _item_facts(
    sku: str, name: str, kind: Kind, category: str, price: Decimal, royalty, author: str
) -> dict:
    return {
        "item_sku": sku,
        "item_name": name,
        "item_category": category or None,
        "item_kind": str(kind),
        "item_physical": kind.is_goods,
        "item_price": price,
        "item_royalty_percent": royalty,
        "item_author": author or None,
    }
