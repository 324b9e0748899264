"""Products and their stock as JSON."""

from flask import request
from flask_babel import gettext as _

from webapp.catalog.forms import ProductIn, ProductPatch, StockIn
from webapp.catalog.models import Kind, Product
from webapp.catalog.product_edits import (
    COPIED,
    add_product,
    delete_product,
    edit_product,
    facts_of,
    set_stock,
)
from webapp.catalog.queries import product_by_sku, products
from webapp.http.patches import patched
from webapp.platform.database import db
from webapp.platform.errors import FieldError, Invalid
from webapp.web.api import api_blueprint, endpoint, list_answer

bp = api_blueprint("catalog")


def product_json(product: Product) -> dict:
    """Money and percentages as decimal text; `stock` null where the kind keeps none."""
    facts = {name: getattr(product, name) for name in (*COPIED, "stock", "on_nfe")}
    for name in ("price", "cost", "royalty_percent"):
        facts[name] = None if facts[name] is None else str(facts[name])
    return facts | {
        "archived": product.archived_at is not None,
        "created_at": product.created_at.isoformat(),
        "updated_at": product.updated_at.isoformat(),
    }


@endpoint(bp, "POST", "/products", "clerk", body=ProductIn, status=201)
def add(wanted: ProductIn):
    """Adds a product of any kind."""
    product = add_product(wanted)
    db.session.commit()
    return product_json(product)


@endpoint(bp, "GET", "/products", "clerk", query=("q", "kind", "limit", "cursor"))
def index():
    """Products, the latest first; `q` looks in name, SKU, GTIN, ISBN and author."""
    kind = request.args.get("kind")
    if kind and kind not in list(Kind):
        raise Invalid(
            [FieldError("kind", _("Choose one of: %(expected)s.", expected=", ".join(Kind)))]
        )
    return list_answer(
        products(request.args.get("q", ""), kind and Kind(kind)), (Product.id,), product_json
    )


@endpoint(bp, "GET", "/products/<sku>", "clerk")
def show(sku: str):
    """One product."""
    return product_json(product_by_sku(sku))


@endpoint(bp, "PATCH", "/products/<sku>", "clerk", body=ProductPatch)
def change(patch, sku: str):
    """Changes the fields that are sent."""
    product = product_by_sku(sku)
    edit_product(product, patched(ProductIn, facts_of(product), patch))
    db.session.commit()
    return product_json(product)


@endpoint(bp, "DELETE", "/products/<sku>", "clerk", status=204)
def delete(sku: str):
    """Deletes a product that was never sold."""
    delete_product(product_by_sku(sku))
    db.session.commit()


@endpoint(bp, "POST", "/products/<sku>/stock", "clerk", body=StockIn)
def stock(wanted: StockIn, sku: str):
    """Sets or changes the stock of goods."""
    product = product_by_sku(sku)
    previous, now = set_stock(product, wanted)
    db.session.commit()
    return {"sku": product.sku, "stock": now, "previous": previous}
