"""Adding, editing and deleting products; their stock by hand."""

from flask_babel import gettext as _
from sqlalchemy import select

from webapp.catalog.forms import ProductIn, StockIn
from webapp.catalog.models import Product, move_stock
from webapp.errors import FieldError, Invalid, Refusal
from webapp.extensions import db
from webapp.formatting import fold

COPIED = tuple(name for name in ProductIn.model_fields if name not in ("stock", "on_nfe"))


class SkuTaken(Refusal):
    field = "sku"


def add_product(wanted: ProductIn) -> Product:
    """A new product with its first stock. Raises SkuTaken."""
    _refuse_taken(wanted.sku, None)
    product = Product(stock=0 if wanted.kind.is_goods else None)
    _copy(wanted, product)
    db.session.add(product)
    db.session.flush()
    if wanted.stock:
        move_stock(db.session, product.id, product.sku, wanted.stock, "first stock")
    return product


def edit_product(product: Product, wanted: ProductIn) -> None:
    """Rewrites the product's facts; its stock only where `wanted` gives one. Sales keep their own copy."""
    _refuse_taken(wanted.sku, product.id)
    if wanted.kind is not product.kind and product.was_sold:
        raise Invalid([FieldError("kind", _("It was sold already, so its kind stays; add another product."))])
    keeps_stock = wanted.kind.is_goods
    if keeps_stock != (product.stock is not None):
        product.stock = 0 if keeps_stock else None
    _copy(wanted, product)
    db.session.flush()
    if wanted.stock is not None:
        set_stock(product, StockIn(set=wanted.stock, reason="edited"))


def set_stock(product: Product, wanted: StockIn) -> tuple[int, int]:
    """The stock before and after. Raises OutOfStock below zero."""
    if product.stock is None:
        raise Refusal(_("This kind of product keeps no stock."), "set")
    before = db.session.scalar(select(Product.stock).where(Product.id == product.id).with_for_update())
    change = wanted.change if wanted.change is not None else wanted.set - before
    if not change:
        return before, before
    after = move_stock(db.session, product.id, product.sku, change, wanted.reason or _("counted by hand"))
    db.session.expire(product, ["stock"])
    return before, after


def delete_product(product: Product) -> None:
    if product.was_sold:
        raise Refusal(_("It was sold, so it cannot be deleted; archive it instead."))
    db.session.delete(product)


def _copy(wanted: ProductIn, product: Product) -> None:
    for name in COPIED:
        setattr(product, name, getattr(wanted, name))
    product.on_nfe = wanted.kind.is_goods if wanted.on_nfe is None else wanted.on_nfe
    product.search_text = fold(" ".join((product.sku, product.name, product.gtin, product.isbn, product.author)))


def _refuse_taken(sku: str, own_id: int | None) -> None:
    other = db.session.scalar(select(Product.id).where(Product.sku == sku))
    if other is not None and other != own_id:
        raise SkuTaken(_("Another product has the SKU %(sku)s already.", sku=sku))
