"""Questions about products."""

import datetime as dt
import string
from collections.abc import Iterable

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, bindparam, func, select, union
from sqlalchemy.orm import InstrumentedAttribute, joinedload

from webapp.catalog.filters import ProductFilter, ProductView
from webapp.catalog.models import LACKS, Product, StockMovement
from webapp.fiscal.official_tables import NcmTable
from webapp.http.lists import each_value
from webapp.platform.codes import codes_in
from webapp.platform.database import db
from webapp.platform.errors import NotFound
from webapp.platform.rows import row_by_id
from webapp.platform.searching import Ids, matching

_ASCII_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
# Every sale asks it, so it is built once.
_BY_KEY = select(Product).where(func.lower(Product.sku).in_(bindparam("keys", expanding=True)))
# Of categories, or suppliers, by name.
OFFERED = 200
_BY_KEY_LOCKED = (
    _BY_KEY.order_by(Product.id).with_for_update().execution_options(populate_existing=True)
)
ON_SALE = Product.archived_at.is_(None)
_VIEWS = {
    ProductView.ALL: (ON_SALE,),
    ProductView.LOW: (ON_SALE, Product.stock <= Product.low_stock),
    ProductView.LACKS: (ON_SALE, LACKS["anything"]),
    ProductView.NO_NCM: (ON_SALE, LACKS["ncm"]),
    ProductView.NO_GTIN: (ON_SALE, LACKS["gtin"]),
    ProductView.NO_WEIGHT: (ON_SALE, LACKS["weight_g"]),
    ProductView.NO_PRICE: (ON_SALE, LACKS["price"]),
    ProductView.NO_COST: (ON_SALE, LACKS["cost"]),
    ProductView.NO_PROFILE: (ON_SALE, LACKS["tax_profile"]),
    ProductView.ARCHIVED: (Product.archived_at.is_not(None),),
}


def products(wanted: ProductFilter, by_id: bool = False) -> Select:
    """Those that pass every part of the filter, unordered. `q`: they hold every word of it.
    `by_id`: the latest are to stand first."""
    query = select(Product).where(matching(Product, wanted.q, by_id=by_id))
    if wanted.view:
        query = query.where(*_VIEWS[wanted.view])
    if wanted.tax_profile:
        query = query.where(Product.on_nfe)
    for name in ("kind", "supplier", "category", "tax_profile"):
        if value := getattr(wanted, name):
            query = query.where(getattr(Product, name) == value)
    return query


def named_products(q: str) -> Ids:
    """Ids of those that `q` is the SKU, GTIN or ISBN of."""
    codes = codes_in(q)
    by_sku = select(Product.id).where(func.lower(Product.sku).in_(lower_forms(codes.written)))
    if not codes.bar_codes:
        return by_sku
    bar_codes = (Product.gtin.in_(codes.bar_codes), Product.isbn.in_(codes.bar_codes))
    return union(by_sku, *(select(Product.id).where(fits) for fits in bar_codes))


def product_by_id(product_id: int) -> Product:
    return row_by_id(Product, product_id, _l("There is no such product. It may have been deleted."))


def product_by_sku(sku: str) -> Product:
    product = products_by_sku([sku]).get(sku)
    if product is None:
        raise NotFound(_("There is no product with the SKU %(sku)s.", sku=sku))
    return product


def products_by_sku(skus: Iterable[str], lock: bool = False) -> dict[str, Product]:
    """By each SKU as it is written here, in whatever case: the product that has it. The one way in
    which a SKU is looked up; what goes on from there is told by the catalog's own spelling."""
    asked = {sku for sku in skus if sku and "\0" not in sku}
    keys = {key for sku in asked for key in lower_forms(sku)}
    if not keys:
        return {}
    query = _BY_KEY_LOCKED if lock else _BY_KEY
    found = db.session.scalars(query, {"keys": sorted(keys)}).all()
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
    return _values_of(Product.category)


def suppliers() -> list[str]:
    """As `categories`."""
    return _values_of(Product.supplier)


def _values_of(column: InstrumentedAttribute[str]) -> list[str]:
    return list(db.session.scalars(each_value(column, ON_SALE).limit(OFFERED)))


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
