"""The list of products, and the movements of one's stock, as declarations."""

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext
from sqlalchemy import Select
from sqlalchemy.orm import undefer

from webapp.audit.history import who
from webapp.catalog.filters import ProductFilter
from webapp.catalog.kits import with_parts
from webapp.catalog.models import Product, StockMovement
from webapp.catalog.queries import movements, named_products, product_by_id, products
from webapp.catalog.words import reason_words
from webapp.http.lists import Order, newest_first
from webapp.http.query import WrongFilter
from webapp.platform.whole import whole_number
from webapp.web.listings import Asked, Cell, Listing

ORDERS = {
    "name": Order((Product.name, Product.id)),
    "price": Order((Product.price, Product.id), down=True),
    "stock": Order((Product.stock_or_less, Product.id)),
}


def _field(label: Any, name: str) -> Cell:
    return Cell(label, lambda product: getattr(product, name))


def _movements(asked: Asked) -> Select[Any]:
    product_id = whole_number(asked.get("product"), 1)
    if product_id is None:
        raise WrongFilter("product", args=asked)
    return movements(product_by_id(product_id))


PRODUCTS = Listing(
    name="products",
    label=_l("Products"),
    endpoint="catalog.index",
    rows=lambda asked: products(ProductFilter.of_address(asked)).options(undefer(Product.reserved)),
    orders=ORDERS,
    record=("catalog.show", "product_id"),
    named=named_products,
    cells=(
        _field(_l("SKU"), "sku"),
        _field(_l("Name"), "name"),
        Cell(_l("Kind"), lambda product: str(product.kind.label)),
        _field(_l("Price"), "price"),
        _field(_l("Cost"), "cost"),
        _field(_l("Stock"), "available"),
        Cell(_l("Reserved"), lambda product: None if product.stock is None else product.reserved),
        _field(_l("Minimum stock"), "low_stock"),
        _field(lazy_pgettext("stock-room", "Place"), "shelf"),
        _field(_l("Category"), "category"),
        _field(_l("Supplier"), "supplier"),
        _field(_l("NCM"), "ncm"),
        _field(_l("GTIN"), "gtin"),
        _field(_l("ISBN"), "isbn"),
        _field(_l("Author"), "author"),
        _field(_l("Origin"), "origin"),
        _field(_l("Unit"), "unit"),
        _field(_l("Weight (g)"), "weight_g"),
        _field(_l("Tax profile"), "tax_profile"),
        _field(_l("Royalty (%)"), "royalty_percent"),
        _field(_l("Description"), "description"),
    ),
    filters=tuple(ProductFilter.model_fields),
    gather=with_parts,
)
MOVEMENTS = Listing(
    name="stock-movements",
    label=_l("Stock movements"),
    endpoint="catalog.index",
    rows=_movements,
    orders=newest_first(StockMovement.id),
    cells=(
        _field(_l("When"), "at"),
        _field(_l("Change"), "change"),
        _field(_l("Stock after"), "balance"),
        Cell(_l("Reason"), lambda movement: reason_words(movement.reason, bool(movement.sale_id))),
        Cell(_l("Order"), lambda movement: movement.sale.reference if movement.sale else ""),
        Cell(_l("Who"), lambda movement: who(movement.actor).name),
    ),
    filters=("product",),
    has_page=False,
)
