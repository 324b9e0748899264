"""What is to be fetched for many packing slips at once, by the place at which it stands."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import select

from webapp.catalog.models import Product
from webapp.fulfilment.parcels.models import PackingSlip, SlipStatus, by_sku
from webapp.platform.database import db
from webapp.sales.units import units_of

TO_FETCH = (SlipStatus.TO_PACK, SlipStatus.AWAITING_NFE)
_NUMBER = re.compile(r"[0-9]+", re.ASCII)


@dataclass
class Pick:
    """So many of a product, as the catalog has it now, for these orders by their reference."""

    sku: str
    name: str
    shelf: str = ""
    code: str = ""
    orders: dict[str, int] = field(default_factory=dict)

    @property
    def quantity(self) -> int:
        return sum(self.orders.values())

    @property
    def orders_text(self) -> str:
        """ "WEB-1 (2), WEB-2" with how many where it is not one."""
        return ", ".join(
            reference if many == 1 else f"{reference} ({many})"
            for reference, many in self.orders.items()
        )

    @property
    def place(self) -> tuple[bool, str, str]:
        """As one walks: A-2 before A-10, and what has no place at the end."""
        walked = _NUMBER.sub(lambda number: number[0].zfill(20), self.shelf.casefold())
        return (not self.shelf, walked, self.name.casefold())


def may_be_picked(slip: PackingSlip) -> bool:
    return slip.status in TO_FETCH and slip.parcel.closed_at is None


def pick_list(slips: Iterable[PackingSlip]) -> list[Pick]:
    """Of the slips that may be packed, what is in no parcel yet; in the order of the places. The
    slips come with their sales and lines; see `read_parcels`."""
    found: dict[int, Pick] = {}
    for slip in filter(may_be_picked, slips):
        products = _products(slip)
        names = slip.goods_names()
        for sku, many in by_sku(slip.missing()).items():
            pick = found.setdefault(products[sku], Pick(sku, names[sku]))
            orders = pick.orders
            orders[slip.sale.reference] = orders.get(slip.sale.reference, 0) + many
    query = select(Product).where(Product.id.in_(found))
    for product in db.session.scalars(query):
        pick = found[product.id]
        pick.sku, pick.name, pick.shelf = product.sku, product.name, product.shelf
        pick.code = product.gtin or product.isbn
    return sorted(found.values(), key=lambda pick: pick.place)


def _products(slip: PackingSlip) -> dict[str, int]:
    """Ids of the products by the SKU that they were sold under."""
    return {part.sku: part.product_id for line in slip.sale.lines for part in units_of(line, 1)}
