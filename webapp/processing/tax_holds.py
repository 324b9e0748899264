"""Sales whose NF-e a check of ours refused go on by themselves once what it was made by is another:
a value was typed in, a profile mended, a schema package or a table uploaded, the issuer changed; or
a product or the customer of the sale was."""

from functools import cache

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, or_, select

from webapp.catalog.models import Product
from webapp.customers.models import Customer
from webapp.platform.database import db
from webapp.platform.transactions import only_reading
from webapp.processing.attention import FISCAL_FACTS, resume
from webapp.sales.models import Sale, SaleLine, Status
from webapp.sales.queries import whole
from webapp.store.queries import the_shop

AT_ONCE = 100


def let_go_on() -> int:
    """Builds the notes of some of them again, those held longest first; how many. Each is marked
    with the book by which it was held, and keeps the products as they were, so that it is tried
    once for each change."""
    with only_reading():
        book = {"book": the_shop().tax_book_version}
        any_held = db.session.execute(_any_held(), book).scalar_one()
        db.session.rollback()
    if not any_held:
        return 0
    rows = whole(held()).order_by(Sale.id).limit(AT_ONCE)
    sales = db.session.scalars(rows.with_for_update(of=Sale, skip_locked=True), book).all()
    for sale in sales:
        resume(sale)
    db.session.commit()
    return len(sales)


@cache
def _any_held() -> Select[bool]:
    """Made once: it is asked each second."""
    return select(held().exists())


def held() -> Select[Sale]:
    """What the authority refused is left to people, but for the certificate: it has no book.
    `book`: the version that is in force."""
    book = Sale.reason_params["book"].as_string()
    changed = and_(_is_of_the_book(), book != bindparam("book"))
    return select(Sale).where(
        Sale.needs_person,
        # The index by step tells them from all the others that wait for a person.
        Sale.step == str(Status.INVOICE),
        Sale.status == Status.ATTENTION,
        Sale.reason_code == "nfe_check",
        book.is_not(None),
        or_(
            changed,
            and_(Sale.reason_field.like("lines.%"), _has_changed_products()),
            and_(Sale.reason_field.like("customer.%"), _has_changed_customer()),
        ),
    )


def _is_of_the_book() -> ColumnElement[bool]:
    """Of the products only the NCM: the table of them is the book's."""
    field = Sale.reason_field
    of_products = and_(field.like("%.product.%"), field.not_like("%.product.ncm"))
    return or_(
        *(field.like(f"{area}.%") for area in ("calendar", "document", "settings")),
        and_(field.like("lines.%"), ~of_products),
    )


def _has_changed_customer() -> ColumnElement[bool]:
    facts = ("name", "document", "taxpayer", "state_registration")
    differs = or_(*(getattr(Sale, f"customer_{fact}") != getattr(Customer, fact) for fact in facts))
    return select(Customer.id).where(Customer.id == Sale.customer_id, differs).exists()


def _has_changed_products() -> ColumnElement[bool]:
    kept = {fact: func.coalesce(SaleLine.product[fact].as_string(), "") for fact in FISCAL_FACTS}
    differs = or_(*(kept[fact] != getattr(Product, fact) for fact in FISCAL_FACTS))
    lines = select(SaleLine.id).join(Product, Product.id == SaleLine.product_id)
    return lines.where(SaleLine.sale_id == Sale.id, differs).exists()
