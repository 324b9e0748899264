"""One box for the whole shop: the one thing meant, or a few of each kind that fit."""

from collections.abc import Callable
from typing import Any, NamedTuple

from sqlalchemy import Select, literal, select, union_all
from sqlalchemy.orm import joinedload

from webapp.catalog.filters import ProductFilter
from webapp.catalog.models import Product
from webapp.catalog.queries import named_products, products
from webapp.customers.models import Customer
from webapp.customers.queries import customers, named_customers
from webapp.http.best_first import MOST_NAMED, Sought, best_first
from webapp.http.lists import Order, newest_first
from webapp.invoices.models import Invoice
from webapp.invoices.queries import invoices, named_invoices, named_note
from webapp.platform.codes import codes_in
from webapp.platform.database import db
from webapp.platform.searching import Ids, begins, spellings_of
from webapp.platform.text import fold, storable
from webapp.sales.finding import named_sales, own_sales
from webapp.sales.models import Sale
from webapp.sales.queries import products_by_code, sales

SHOWN = 5
# The best are chosen of so many.
RANKED = 50
# Fewer letters fit nearly everything.
LEAST = 3


def exact_sale(q: str) -> Sale | None:
    """By its reference; the one written just so goes first."""
    found = by_ids(Sale, own_sales(q))
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


class NamedRows(NamedTuple):
    """Ids of one kind: of the rows that the words are a code of, and of a few whose name begins
    with them."""

    named: list[int]
    begun: list[int]

    @property
    def is_enough(self) -> bool:
        """Nothing else is shown, however many fit."""
        return len(self.begun) > SHOWN

    @property
    def first(self) -> list[int]:
        return list(dict.fromkeys([*self.named, *self.begun]))[: SHOWN + 1]


def known_by(q: str) -> dict[Any, NamedRows]:
    """Of each kind what is found without the index of searching, in one statement beside that of
    the orders that are meant."""
    codes: tuple[tuple[Any, Ids | None], ...] = (
        (Invoice, named_invoices(q)),
        (Customer, named_customers(q)),
        (Product, named_products(q)),
    )
    parts = [
        select(literal(model.__name__), literal(""), *ids.limit(MOST_NAMED).subquery().c)
        for model, ids in codes
        if ids is not None
    ]
    for spelt in spellings_of(q):
        parts += [begun_by(Customer, spelt, Customer.merged_into_id.is_(None))]
        parts += [begun_by(Product, spelt)]
    known = {Sale: NamedRows(named_sales(q), [])}
    known |= {model: NamedRows([], []) for model, _ids in codes}
    by_name = {model.__name__: found for model, found in known.items()}
    wanted = fold(storable(q).strip())
    for model_name, name, row_id in db.session.execute(union_all(*parts)):
        if not name:
            by_name[model_name].named.append(row_id)
        elif fold(name).startswith(wanted):
            by_name[model_name].begun.append(row_id)
    return known


def begun_by(model: Any, spelt: str, *conditions: Any) -> Select[Any]:
    """A few rows whose name begins so, by the index of names."""
    query = select(literal(model.__name__), model.name, model.id)
    query = query.where(begins(model.name, spelt), *conditions)
    return select(*query.order_by(model.name, model.id).limit(SHOWN + 1).subquery().c)


def sales_like(q: str, known: NamedRows) -> list[Sale]:
    return _some(lambda q: sales(q=q), newest_first(Sale.id)["when"], q, known)


def customers_like(q: str, known: NamedRows) -> list[Customer]:
    if known.is_enough:
        return _in_order(Customer, known.first)
    return _some(customers, Order((Customer.name, Customer.id)), q, known)


def products_like(q: str, known: NamedRows) -> list[Product]:
    if known.is_enough:
        return _in_order(Product, known.first)
    order = Order((Product.name, Product.id))
    return _some(lambda q: products(ProductFilter(q=q)), order, q, known)


def invoices_like(q: str, known: NamedRows) -> list[Invoice]:
    def found(q: str) -> Select[Any]:
        return invoices(q).options(joinedload(Invoice.sale))

    return _some(found, newest_first(Invoice.id)["when"], q, known)


def _in_order(model: Any, ids: list[int]) -> list[Any]:
    return sorted(by_ids(model, ids), key=lambda row: ids.index(row.id))


def _some(found: Callable[[str], Select[Any]], order: Order, q: str, known: NamedRows) -> list[Any]:
    """One more than is shown, which tells that there are more."""
    sought = Sought(q, known.named, found(""), known.begun)
    return best_first(lambda: found(q), order, sought, limit=RANKED).items[: SHOWN + 1]
