"""The list of what to reorder as a declaration."""

from typing import Any

from flask_babel import lazy_gettext as _l

from webapp.catalog.models import Product
from webapp.http.lists import Order
from webapp.reordering.queries import Reorder, low_products, reorders
from webapp.store.queries import the_shop
from webapp.web.listings import Cell, Listing

BY_SUPPLIER = Order((Product.supplier, Product.name, Product.id))


def _gather(low: list[Product]) -> list[Reorder]:
    return reorders(low, the_shop().reorder_days)


def _of_product(label: Any, name: str) -> Cell:
    return Cell(label, lambda row: getattr(row.product, name))


REORDER = Listing(
    name="reorder",
    label=_l("What to reorder"),
    endpoint="reordering.page",
    rows=lambda asked: low_products(asked.get("supplier", "").strip()),
    orders={
        "supplier": BY_SUPPLIER,
        "name": Order((Product.name, Product.id)),
        "stock": Order((Product.stock, Product.name, Product.id)),
    },
    cells=(
        _of_product(_l("SKU"), "sku"),
        _of_product(_l("Product"), "name"),
        _of_product(_l("GTIN"), "gtin"),
        _of_product(_l("Supplier"), "supplier"),
        _of_product(_l("Stock"), "stock"),
        _of_product(_l("Level"), "low_stock"),
        Cell(_l("Sold"), lambda row: row.sold),
        Cell(_l("Days left"), lambda row: row.days_left),
        Cell(_l("To buy"), lambda row: row.quantity),
        _of_product(_l("Cost"), "cost"),
        Cell(_l("Value at cost"), lambda row: row.value),
    ),
    filters=("supplier",),
    gather=_gather,
)
