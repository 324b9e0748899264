"""Products and their stock as JSON."""

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import undefer

from webapp.catalog.filters import ProductFilter
from webapp.catalog.forms import ProductIn, ProductPatch, ProductQuery, StockIn
from webapp.catalog.kits import read_parts
from webapp.catalog.models import Product
from webapp.catalog.product_edits import (
    COPIED,
    add_product,
    delete_product,
    edit_product,
    facts_of,
    set_stock,
)
from webapp.catalog.queries import product_by_sku, products
from webapp.catalog.shapes import ProductOut, StockOut
from webapp.http.answers import list_of
from webapp.http.forms import Shape
from webapp.http.patches import patched
from webapp.platform.database import db
from webapp.processing import review
from webapp.web.api import api_blueprint, endpoint, list_answer

bp = api_blueprint("catalog")
TAKEN = _l("Another product has this SKU.")
UNKNOWN = _l("There is no product with this SKU.")


def product_json(product: Product) -> dict[str, object]:
    """Money and percentages as decimal text; `stock` and what belongs to it null where the kind
    keeps none."""
    facts = {name: getattr(product, name) for name in (*COPIED, "price_confirmed", "on_nfe")}
    parts = product.parts if product.is_kit else ()
    for name in ("price", "cost", "royalty_percent"):
        facts[name] = None if facts[name] is None else str(facts[name])
    return facts | {
        "stock": product.available,
        "reserved": None if product.stock is None else product.reserved,
        "held": product.held,
        "parts": [{"sku": each.part.sku, "quantity": each.quantity} for each in parts],
        "archived": product.archived_at is not None,
        "created_at": product.created_at.isoformat(),
        "updated_at": product.updated_at.isoformat(),
    }


@endpoint(
    bp,
    "POST",
    "/products",
    "clerk",
    body=ProductIn,
    answer=ProductOut,
    status=201,
    refusals={409: TAKEN},
    summary=_l("Adds a product of any kind."),
)
def add(wanted: ProductIn) -> dict[str, object]:
    product = add_product(wanted)
    db.session.flush()
    return product_json(product)


@endpoint(
    bp,
    "GET",
    "/products",
    "clerk",
    query=ProductQuery,
    answer=list_of(ProductOut),
    summary=_l("Products, the latest first; `q` looks in name, SKU, GTIN, ISBN and author."),
)
def index(asked: ProductQuery) -> dict[str, object]:
    found = products(ProductFilter(q=asked.q, kind=asked.kind), by_id=True)
    found = found.options(undefer(Product.reserved))
    return list_answer(asked, found, (Product.id,), product_json, read_parts)


@endpoint(
    bp,
    "GET",
    "/products/<sku>",
    "clerk",
    answer=ProductOut,
    refusals={404: UNKNOWN},
    summary=_l("The product of this SKU."),
)
def show(sku: str) -> dict[str, object]:
    return product_json(product_by_sku(sku))


@endpoint(
    bp,
    "PATCH",
    "/products/<sku>",
    "clerk",
    body=ProductPatch,
    answer=ProductOut,
    refusals={
        404: UNKNOWN,
        409: _l("Another product has this SKU."),
    },
    summary=_l("Changes the fields that are sent."),
)
def change(patch: Shape, sku: str) -> dict[str, object]:
    product = product_by_sku(sku)
    edit_product(product, patched(ProductIn, facts_of(product), patch))
    db.session.flush()
    return product_json(product)


@endpoint(
    bp,
    "POST",
    "/products/<sku>/price-confirmation",
    "manager",
    answer=ProductOut,
    refusals={404: UNKNOWN},
    summary=_l("A manager stands for the price; orders that clerks enter need no approval for it."),
)
def confirm_price(sku: str) -> dict[str, object]:
    product = product_by_sku(sku)
    review.confirm_price(product)
    db.session.flush()
    return product_json(product)


@endpoint(
    bp,
    "DELETE",
    "/products/<sku>",
    "clerk",
    status=204,
    refusals={404: UNKNOWN, 409: _l("It was sold already; archive it instead.")},
    summary=_l("Deletes a product that was never sold."),
)
def delete(sku: str) -> None:
    delete_product(product_by_sku(sku))


@endpoint(
    bp,
    "POST",
    "/products/<sku>/stock",
    "clerk",
    body=StockIn,
    answer=StockOut,
    refusals={
        404: UNKNOWN,
        409: _l("It would be below zero, or this kind, or a kit, keeps no stock."),
    },
    summary=_l("Sets or changes the stock of goods."),
)
def stock(wanted: StockIn, sku: str) -> dict[str, object]:
    product = product_by_sku(sku)
    previous, now = set_stock(product, wanted)
    db.session.flush()
    return {"sku": product.sku, "stock": now, "previous": previous}
