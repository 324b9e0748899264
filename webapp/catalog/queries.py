"""Questions about products."""

from flask_babel import gettext as _
from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload

from webapp.catalog.models import Kind, Product, StockMovement
from webapp.platform.database import db
from webapp.platform.errors import NotFound
from webapp.platform.text import matching

ON_SALE = Product.archived_at.is_(None)
# The views of the list, by their name in its address.
VIEWS = {
    "all": (ON_SALE,),
    "low": (ON_SALE, Product.stock <= Product.low_stock),
    "no_ncm": (ON_SALE, Product.on_nfe, Product.ncm == ""),
    "archived": (Product.archived_at.is_not(None),),
}


def products(q: str = "", kind: Kind | None = None, view: str = "") -> Select:
    """Products that hold every word of `q`; archived ones too, unless a view leaves them out."""
    query = select(Product).where(matching(Product.search_text, q), *VIEWS.get(view, ()))
    return query.where(Product.kind == kind) if kind else query


def product_by_id(product_id: int) -> Product:
    product = db.session.get(Product, product_id)
    if product is None:
        raise NotFound(_("There is no such product. It may have been deleted."))
    return product


def product_by_sku(sku: str) -> Product:
    product = (
        db.session.scalar(select(Product).where(Product.sku == sku)) if "\0" not in sku else None
    )
    if product is None:
        raise NotFound(_("There is no product with the SKU %(sku)s.", sku=sku))
    return product


def namesakes(product: Product) -> list[Product]:
    """Other products on sale under the same name, a few of them."""
    return list(
        db.session.scalars(
            select(Product)
            .where(ON_SALE, Product.name == product.name, Product.id != product.id)
            .limit(5)
        )
    )


def movements(product: Product) -> Select:
    return (
        select(StockMovement)
        .where(StockMovement.product_id == product.id)
        .options(joinedload(StockMovement.sale))
    )
