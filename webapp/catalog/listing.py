"""The list of products as a declaration."""

from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import undefer

from webapp.catalog.filters import ProductFilter
from webapp.catalog.kits import with_parts
from webapp.catalog.models import Product
from webapp.catalog.queries import named_products, products
from webapp.http.lists import Order
from webapp.web.listings import Cell, Listing

ORDERS = {
    "name": Order((Product.name, Product.id)),
    "price": Order((Product.price, Product.id), down=True),
    "stock": Order((Product.stock_or_less, Product.id)),
}


def _field(label: Any, name: str) -> Cell:
    return Cell(label, lambda product: getattr(product, name))


PRODUCTS = Listing(
    name="products",
    label=_l("Products"),
    endpoint="catalog.index",
    rows=lambda asked: products(ProductFilter.of_address(asked)).options(undefer(Product.reserved)),
    orders=ORDERS,
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
