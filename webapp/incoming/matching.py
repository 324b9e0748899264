"""Goods of others' notes, found in the catalog: by bar code, else by code, else by name."""

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import Select, func, or_, select

from webapp.catalog.models import Product
from webapp.catalog.queries import ON_SALE, lower_forms
from webapp.fiscal.reading import ReadItem
from webapp.platform.database import db
from webapp.platform.text import fold, storable

# What stands in a note instead of a bar code.
NO_GTIN = ("", "SEM GTIN")


class Goods(NamedTuple):
    """As a note names them; without a bar code `gtin` is empty."""

    gtin: str
    code: str
    name: str

    @classmethod
    def of(cls, item: ReadItem) -> "Goods":
        told = item.product
        gtin = told.get("cEAN", "").strip()
        gtin = "" if gtin in NO_GTIN else gtin.lstrip("0")
        code, name = storable(told.get("cProd", "")), storable(told.get("xProd", ""))
        return cls(gtin, code[:60], name[:120])


def products_like(goods: Collection[Goods]) -> Select[Product]:
    """On sale, with a bar code, code or name of these."""
    gtins = {form for each in goods if each.gtin for form in _padded(each.gtin)}
    codes = {form for each in goods if each.code for form in lower_forms(each.code)}
    names = {form for each in goods if each.name for form in lower_forms(each.name)}
    return select(Product).where(
        ON_SALE,
        or_(
            Product.gtin.in_(gtins),
            Product.isbn.in_(gtins),
            func.lower(Product.sku).in_(codes),
            func.lower(Product.name).in_(names),
        ),
    )


def products_of(goods: Collection[Goods]) -> dict[Goods, Product]:
    """Those that the catalog has, with one question."""
    if not goods:
        return {}
    found = db.session.scalars(products_like(goods)).all()
    by_gtin = {
        code.lstrip("0"): product for product in found for code in (product.isbn, product.gtin)
    }
    by_code = {product.sku.lower(): product for product in found}
    by_name = {fold(product.name): product for product in found}
    matched = (
        (
            each,
            (each.gtin and by_gtin.get(each.gtin))
            or by_code.get(each.code.lower())
            or by_name.get(fold(each.name)),
        )
        for each in goods
    )
    return {each: product for each, product in matched if product}


def _padded(gtin: str) -> set[str]:
    return {gtin.zfill(length) for length in (8, 12, 13, 14)}
