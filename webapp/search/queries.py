"""One box for the whole shop: the one thing meant, or a few of each kind that fit."""

import re

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload

from webapp.catalog.filters import ProductFilter
from webapp.catalog.models import Product
from webapp.catalog.queries import products, products_by_sku
from webapp.customers.models import Customer
from webapp.customers.queries import customers
from webapp.invoices.models import Invoice
from webapp.invoices.queries import KEY_LENGTH, as_printed, in_own_series, invoices
from webapp.platform.database import db
from webapp.platform.documents import normalize_document, normalize_foreign_document
from webapp.platform.text import bare
from webapp.platform.whole import whole_number
from webapp.sales.models import Sale
from webapp.sales.queries import sales

SHOWN = 5
# Fewer letters fit nearly everything.
LEAST = 3
# Orders under a few spellings of one reference, of which one may be just as typed.
SPELT = 50
MOST_NUMBER = 999_999_999
_PUNCTUATION = re.compile(r"[\s.\-/]")
_LETTERS_AND_NUMBER = re.compile(r"([A-Za-z]+)([0-9]+)", re.ASCII)


def exact_sale(q: str) -> Sale | None:
    """By its reference, in any case and with or without its dash; the one written just so goes
    first. Asked by its spellings, which an index answers however many orders there are."""
    query = select(Sale).where(Sale.reference.in_(_spellings(q)))
    found = db.session.scalars(query.limit(SPELT)).all()
    meant = [sale for sale in found if sale.reference == q] or found
    return meant[0] if len(meant) == 1 else None


def _spellings(q: str) -> set[str]:
    """How a reference that is typed as `q` may be kept."""
    plain = bare(q)
    parts = _LETTERS_AND_NUMBER.fullmatch(plain)
    forms = {q, plain} | ({f"{parts[1]}-{parts[2]}"} if parts else set())
    return forms | {form for one in forms for form in (one.upper(), one.lower(), one.capitalize())}


def exact_invoice(q: str) -> Invoice | None:
    """By access key, however it is spaced, by series and number as lists print them, or by its
    number in any of the shop's series."""
    code = _PUNCTUATION.sub("", q).upper()
    if len(code) == KEY_LENGTH:
        return _only(select(Invoice).where(Invoice.access_key == code))
    printed = as_printed(q)
    if printed is not None:
        return _only(select(Invoice).where(printed))
    number = whole_number(code, most=MOST_NUMBER)
    if number is None:
        return None
    return _only(select(Invoice).where(in_own_series(number)))


def exact_customer(q: str) -> Customer | None:
    document = normalize_document(q) or normalize_foreign_document(q)
    return _only(select(Customer).where(Customer.document == document)) if document else None


def exact_product(q: str) -> Product | None:
    return products_by_sku([q]).get(q)


def _only(query: Select):
    """The row, if there is just one."""
    rows = db.session.scalars(query.limit(2)).all()
    return rows[0] if len(rows) == 1 else None


def _some(query: Select) -> list:
    """One more than is shown, which tells that there are more."""
    return list(db.session.scalars(query.limit(SHOWN + 1)).unique())


def sales_like(q: str) -> list[Sale]:
    return _some(sales(q=q).order_by(Sale.id.desc()))


def customers_like(q: str) -> list[Customer]:
    return _some(customers(q).order_by(Customer.name, Customer.id))


def products_like(q: str) -> list[Product]:
    return _some(products(ProductFilter(q=q)).order_by(Product.name, Product.id))


def invoices_like(q: str) -> list[Invoice]:
    return _some(invoices(q).options(joinedload(Invoice.sale)).order_by(Invoice.id.desc()))
