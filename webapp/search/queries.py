"""One box for the whole shop: the one thing meant, or a few of each kind that fit."""

from typing import Any

from sqlalchemy import Select, literal, select, union_all
from sqlalchemy.orm import joinedload

from webapp.catalog.filters import ProductFilter
from webapp.catalog.models import Product
from webapp.catalog.queries import named_products, products
from webapp.customers.models import Customer
from webapp.customers.queries import customers, named_customers
from webapp.http.lists import MOST_NAMED, Order, Sought, best_first, newest_first
from webapp.invoices.models import Invoice
from webapp.invoices.queries import invoices, named_invoices, named_note
from webapp.platform.codes import codes_in
from webapp.platform.database import db
from webapp.platform.searching import Ids
from webapp.sales.finding import named_sales, referenced
from webapp.sales.models import Sale
from webapp.sales.queries import products_by_code, sales

SHOWN = 5
# The best are chosen of so many.
RANKED = 50
# Fewer letters fit nearly everything.
LEAST = 3
# Orders under a few spellings of one reference, of which one may be just as typed.
SPELT = 50


def exact_sale(q: str) -> Sale | None:
    """By its reference; the one written just so goes first."""
    query = select(Sale).where(Sale.id.in_(referenced(q)))
    found = db.session.scalars(query.limit(SPELT)).all()
    meant = [sale for sale in found if sale.reference == q] or found
    return meant[0] if len(meant) == 1 else None


def exact_invoice(q: str) -> Invoice | None:
    note = named_note(codes_in(q))
    return None if note is None else _only(select(Invoice).where(note))


def exact_customer(q: str) -> Customer | None:
    named = named_customers(q)
    return None if named is None else _only(select(Customer).where(Customer.id.in_(named)))


def exact_product(q: str) -> Product | None:
    """By its SKU; if there is none, by its bar code."""
    found = products_by_code([q]).get(q, [])
    return found[0] if len(found) == 1 else None


def by_ids(model: Any, ids: list[int]) -> list[Any]:
    query = select(model).where(model.id.in_(ids))
    if model is Invoice:
        query = query.options(joinedload(Invoice.sale))
    return list(db.session.scalars(query)) if ids else []


def _only(query: Select[Any]) -> Any:
    """The row, if there is just one."""
    rows = db.session.scalars(query.limit(2)).all()
    return rows[0] if len(rows) == 1 else None


def named_by(q: str) -> dict[Any, list[int]]:
    """Of each kind the rows that this is a code of, in one statement."""
    questions: tuple[Ids | None, ...] = (
        named_sales(q),
        named_invoices(q),
        named_customers(q),
        named_products(q),
    )
    parts = [
        select(literal(index), *asked.limit(MOST_NAMED).subquery().c)
        for index, asked in enumerate(questions)
        if asked is not None
    ]
    kinds = (Sale, Invoice, Customer, Product)
    named: dict[Any, list[int]] = {kind: [] for kind in kinds}
    for index, row_id in db.session.execute(union_all(*parts)):
        named[kinds[index]].append(row_id)
    return named


def sales_like(q: str, named: list[int]) -> list[Sale]:
    return _some(sales(q=q), newest_first(Sale.id)["when"], q, named)


def customers_like(q: str, named: list[int]) -> list[Customer]:
    return _some(customers(q), Order((Customer.name, Customer.id)), q, named)


def products_like(q: str, named: list[int]) -> list[Product]:
    return _some(products(ProductFilter(q=q)), Order((Product.name, Product.id)), q, named)


def invoices_like(q: str, named: list[int]) -> list[Invoice]:
    query = invoices(q).options(joinedload(Invoice.sale))
    return _some(query, newest_first(Invoice.id)["when"], q, named)


def _some(query: Select[Any], order: Order, q: str, named: list[int]) -> list[Any]:
    """One more than is shown, which tells that there are more."""
    page = best_first(query, order, Sought(q, named), limit=RANKED)
    return page.items[: SHOWN + 1]
