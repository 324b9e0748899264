"""Questions about products."""

import datetime as dt
import string
from collections.abc import Iterable

from flask_babel import gettext as _
from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import joinedload

from webapp.catalog.models import Kind, Product, StockMovement
from webapp.fiscal.official_tables import NcmTable
from webapp.platform.database import db
from webapp.platform.errors import NotFound
from webapp.platform.searching import matching

_ASCII_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
# Every sale asks it, so it is built once.
_BY_KEY = select(Product).where(func.lower(Product.sku).in_(bindparam("keys", expanding=True)))
CATEGORIES_OFFERED = 200
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
    query = select(Product).where(matching(Product, q), *VIEWS.get(view, ()))
    return query.where(Product.kind == kind) if kind else query


def product_by_id(product_id: int) -> Product:
    product = db.session.get(Product, product_id)
    if product is None:
        raise NotFound(_("There is no such product. It may have been deleted."))
    return product


def product_by_sku(sku: str) -> Product:
    product = products_by_sku([sku]).get(sku)
    if product is None:
        raise NotFound(_("There is no product with the SKU %(sku)s.", sku=sku))
    return product


def products_by_sku(skus: Iterable[str]) -> dict[str, Product]:
    """By each SKU as it is written here, in whatever case: the product that has it. The one way in
    which a SKU is looked up; what goes on from there is told by the catalog's own spelling."""
    asked = {sku for sku in skus if sku and "\0" not in sku}
    keys = {key for sku in asked for key in lower_forms(sku)}
    if not keys:
        return {}
    found = db.session.scalars(_BY_KEY, {"keys": sorted(keys)}).all()
    exact = {product.sku: product for product in found}
    alike = {product.sku.casefold(): product for product in found}
    meant = {sku: exact.get(sku) or alike.get(sku.casefold()) for sku in asked}
    return {sku: product for sku, product in meant.items() if product}


def lower_forms(written: str) -> set[str]:
    """What the database may make of it in lower case: SQLite leaves accented letters as they
    are."""
    return {written.lower()} | {
        form.translate(_ASCII_LOWER) for form in (written, written.lower(), written.upper())
    }


def namesakes(product: Product) -> list[Product]:
    """Other products on sale under the same name, a few of them."""
    return list(
        db.session.scalars(
            select(Product)
            .where(ON_SALE, Product.name == product.name, Product.id != product.id)
            .limit(5)
        )
    )


def categories() -> list[str]:
    """Of the products on sale, by name, as many as a form offers."""
    query = select(Product.category).where(ON_SALE, Product.category != "").distinct()
    return list(db.session.scalars(query.order_by(Product.category).limit(CATEGORIES_OFFERED)))


def movements(product: Product) -> Select:
    return (
        select(StockMovement)
        .where(StockMovement.product_id == product.id)
        .options(joinedload(StockMovement.sale))
    )


def with_unknown_ncm(table: NcmTable, day: dt.date) -> Select:
    """Products on sale whose NCM the table does not have on that day."""
    goods = (ON_SALE, Product.on_nfe, Product.ncm != "")
    used = db.session.scalars(select(Product.ncm).where(*goods).distinct())
    unknown = [ncm for ncm in used if not table.knows(ncm, day)]
    return select(Product).where(*goods, Product.ncm.in_(unknown)).order_by(Product.id)
