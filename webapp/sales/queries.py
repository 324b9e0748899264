"""Sales as lists ask for them, and what the form of a sale chooses from."""

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

from flask_babel import lazy_gettext as _l
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    ScalarSelect,
    Select,
    func,
    inspect,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.orm import joinedload, selectinload
from sqlalchemy.orm.attributes import set_committed_value

from webapp.catalog.filters import ProductFilter
from webapp.catalog.kits import read_parts
from webapp.catalog.models import Product
from webapp.catalog.queries import ON_SALE, named_products, products, products_by_sku
from webapp.customers.models import Agent, Customer
from webapp.customers.queries import customers, named_customers
from webapp.http.best_first import Sought, best_first
from webapp.http.lists import COUNT_LIMIT, Order, bounded_count
from webapp.platform.clock import utc_now
from webapp.platform.codes import bar_codes_of
from webapp.platform.columns import Hundredths
from webapp.platform.database import db
from webapp.platform.errors import NotFound
from webapp.platform.money import ZERO, cents
from webapp.platform.text import fold, storable
from webapp.sales.finding import found_sales
from webapp.sales.leaving import Due, is_due
from webapp.sales.models import BOUGHT, Sale, SaleLine, SaleTag, Shipping, Status, Tag

NO_SALE = _l("There is no order with this number.")
OFFERED = 20
LATEST = 1000
OUT_OF_TURN = 1000


def undecided_sales_of(product_id: int) -> Select:
    """Those with the product that somebody with a limit entered, and no rule has judged."""
    lines = select(SaleLine.sale_id).where(SaleLine.product_id == product_id)
    ahead = (Status.OPEN, Status.ADDRESS, Status.RULES, Status.ATTENTION)
    return (
        select(Sale)
        .where(Sale.id.in_(lines), Sale.status.in_(ahead), Sale.discount_limit.is_not(None))
        .order_by(Sale.id)
    )


class Bought(NamedTuple):
    """What a customer bought: the paid orders that were not cancelled, what they came to, what of
    that was given back, and when the first and the last one was paid."""

    orders: int
    sold: Decimal
    refunded: Decimal
    first_at: dt.datetime | None
    last_at: dt.datetime | None

    @property
    def net(self) -> Decimal:
        return self.sold - self.refunded

    @property
    def average(self) -> Decimal:
        return cents(self.net / self.orders) if self.orders else ZERO


def bought() -> Select:
    """The columns of Bought (sums of nothing are NULL), of the orders that a condition leaves; one
    index answers it."""
    sums = (
        func.count(),
        func.sum(Sale.total),
        func.sum(Sale.refunded_amount),
        func.min(Sale.paid_at),
        func.max(Sale.paid_at),
    )
    return select(*sums).where(BOUGHT)


def given_back() -> ColumnElement[Decimal]:
    """What of a line's total was refunded, rounded half up, as `SaleLine.share` does."""
    total = type_coerce(SaleLine.total, BigInteger)
    cents = (2 * total * SaleLine.refunded + SaleLine.quantity) // (2 * SaleLine.quantity)
    return type_coerce(cents, Hundredths)


def bought_by(customer_id: int) -> Bought:
    row = db.session.execute(bought().where(Sale.customer_id == customer_id)).one()
    orders, sold, refunded, first_at, last_at = row
    return Bought(orders, sold or ZERO, refunded or ZERO, first_at, last_at)


def order_count(customer_id: int) -> int:
    """Of all, paid or not."""
    query = select(func.count()).select_from(sales_of_customer(customer_id).subquery())
    return db.session.scalar(query) or 0


def sales_of_customer(customer_id: int) -> Select:
    return select(Sale).where(Sale.customer_id == customer_id)


def latest_sales_of(customer_id: int, most: int) -> Select:
    """Their ids."""
    query = select(Sale.id).where(Sale.customer_id == customer_id)
    return query.order_by(Sale.id.desc()).limit(most)


def sales(
    status: Status | None = None,
    shipping: Shipping | None = None,
    channel: str = "",
    agent: str = "",
    since: dt.datetime | None = None,
    updated_since: dt.datetime | None = None,
    until: dt.datetime | None = None,
    q: str = "",
    needs_person: bool = False,
    tag: str = "",
    due: Due | None = None,
    paid_since: dt.datetime | None = None,
    paid_until: dt.datetime | None = None,
) -> Select:
    """Sales that pass every filter given. `needs_person`: those that stopped, and those that wait
    for so long that a person is asked. `until`: entered before it. `q`: words in any order, of the
    facts that `Sale.text_to_search` names, or are a code of. `tag`: however its name is written; a
    list then goes by `SaleTag.id`, whose index alone ends in its order. `paid_since` and, before
    it, `paid_until`: a list then goes by `Sale.paid_at`; cancelled ones are left out, as in what is
    added up."""
    query = select(Sale)
    if paid_since or paid_until:
        query = query.where(Sale.paid_at.is_not(None), Sale.status != Status.CANCELLED)
    if paid_since:
        query = query.where(Sale.paid_at >= paid_since)
    if paid_until:
        query = query.where(Sale.paid_at < paid_until)
    if tag:
        query = query.join(SaleTag, SaleTag.id == Sale.id).where(SaleTag.tag_id == _tag_id(tag))
    channel, agent = storable(channel), storable(agent)
    for column, value in (
        (Sale.status, status),
        (Sale.shipping, shipping),
        (Sale.channel, channel),
        (Sale.agent_code, agent),
    ):
        if value:
            query = query.where(column == value)
    if due:
        query = query.where(is_due(due, utc_now()))
    if needs_person:
        query = query.where(Sale.needs_person)
    if since:
        # Lists go by id, and ids rise with time: the first one since then is where the reading may
        # end. Transactions that ran side by side may be numbered a little out of turn.
        first = select(Sale.id).where(Sale.created_at >= since).order_by(Sale.created_at).limit(1)
        bound = first.scalar_subquery() - OUT_OF_TURN
        query = query.where(Sale.created_at >= since, Sale.id >= bound)
    if until:
        last = select(Sale.id).where(Sale.created_at < until).order_by(Sale.created_at.desc())
        bound = last.limit(1).scalar_subquery() + OUT_OF_TURN
        query = query.where(Sale.created_at < until, Sale.id <= bound)
    if updated_since:
        query = query.where(_changed_since(updated_since))
    if q.strip():
        query = query.where(found_sales(q))
    return query


def _tag_id(name: str) -> ScalarSelect[int]:
    return select(Tag.id).where(Tag.key == tag_key(name)).scalar_subquery()


def tag_key(name: str) -> str:
    """What two ways to write one tag have in common."""
    return " ".join(fold(storable(name)).split())


def tags() -> list[Tag]:
    """Those in use, by name; as many as a filter offers."""
    used = select(SaleTag.id).where(SaleTag.tag_id == Tag.id).exists()
    return list(db.session.scalars(select(Tag).where(used).order_by(Tag.name).limit(LATEST)))


def tags_of(sale_ids: Collection[int]) -> dict[int, list[Tag]]:
    """By sale, each one's by name."""
    found: dict[int, list[Tag]] = {}
    query = select(SaleTag.id, Tag).join(Tag, Tag.id == SaleTag.tag_id)
    for sale_id, tag in db.session.execute(
        query.where(SaleTag.id.in_(sale_ids)).order_by(Tag.name)
    ):
        found.setdefault(sale_id, []).append(tag)
    return found


def _changed_since(moment: dt.datetime) -> ColumnElement[bool]:
    """Few are named by their index; of many a page of the latest is soon full."""
    changed = Sale.updated_at >= moment
    ids = select(Sale.id).where(changed)
    return changed if bounded_count(ids) > COUNT_LIMIT else Sale.id.in_(ids)


def whole(query: Select) -> Select:
    """Sales with their lines and customers, in a fixed number of queries."""
    return query.options(selectinload(Sale.lines), joinedload(Sale.customer))


def load_lines(found: Sequence[Sale]) -> None:
    """Loads the lines of all of them at once, where they are not loaded yet."""
    missing = {sale.id: sale for sale in found if "lines" in inspect(sale).unloaded}
    if not missing:
        return
    query = select(SaleLine).where(SaleLine.sale_id.in_(missing)).order_by(SaleLine.position)
    lines: dict[int, list[SaleLine]] = {sale_id: [] for sale_id in missing}
    for line in db.session.scalars(query):
        lines[line.sale_id].append(line)
    for sale_id, sale in missing.items():
        set_committed_value(sale, "lines", lines[sale_id])


def sale_of(sale_id: int, lock: bool = False) -> Sale:
    """The sale with its lines, in one query. `lock`: whoever else changes it waits until we are
    done; the lines are read once we hold it, or PostgreSQL gives them as they were when we began
    to wait. Raises NotFound."""
    query = select(Sale).where(Sale.id == sale_id)
    if lock:
        query = whole(query).with_for_update(of=Sale)
        query = query.execution_options(populate_existing=True)
    else:
        query = query.options(joinedload(Sale.lines), joinedload(Sale.customer))
    sale = db.session.scalars(query).unique().one_or_none()
    if sale is None:
        raise NotFound(NO_SALE)
    return sale


def sales_to_change(ids: Sequence[int]) -> dict[int, Sale]:
    """With their lines, locked in one order whoever asks, by id."""
    query = whole(select(Sale).where(Sale.id.in_(ids)).order_by(Sale.id))
    locked = query.with_for_update(of=Sale).execution_options(populate_existing=True)
    return {sale.id: sale for sale in db.session.scalars(locked)}


def sales_by_ids(ids: list[int]) -> list[Sale]:
    return list(db.session.scalars(select(Sale).where(Sale.id.in_(ids)).order_by(Sale.id.desc())))


def agents() -> list[Agent]:
    return list(db.session.scalars(select(Agent).order_by(Agent.name)))


def latest_channels() -> set[str]:
    """By which the latest orders came: a program may name one of its own."""
    latest = select(Sale.channel).order_by(Sale.id.desc()).limit(LATEST).subquery()
    return set(db.session.scalars(select(latest.c.channel).distinct()))


def products_to_sell(q: str = "") -> list[Product]:
    """The first few products that a line may name, by SKU, name, GTIN or author; the one that `q`
    is a code of leads."""

    def on_sale(q: str) -> Select[tuple[Product]]:
        return products(ProductFilter(q=q)).where(ON_SALE)

    sought = Sought(q, named_products(q) if q.strip() else None, on_sale(""))
    order = Order((Product.name, Product.id))
    found = best_first(lambda: on_sale(q), order, sought, limit=OFFERED).items
    read_parts(found)
    return found


def products_by_code(codes: Iterable[str]) -> dict[str, list[Product]]:
    """What each code means: the product of that SKU, else those on sale with that GTIN or ISBN (one
    of them, or the catalog has it twice). Two queries at most; the second only for bar codes."""
    wanted = {code: storable(code.strip()) for code in codes}
    by_sku = products_by_sku(wanted.values())
    found = {code: [by_sku[sku]] for code, sku in wanted.items() if sku in by_sku}
    forms = {code: bar_codes_of(sku) for code, sku in wanted.items() if code not in found}
    every_form = {form for written in forms.values() for form in written}
    if every_form:
        scanned = db.session.scalars(
            select(Product)
            .where(
                Product.archived_at.is_(None),
                or_(Product.gtin.in_(every_form), Product.isbn.in_(every_form)),
            )
            .order_by(Product.sku)
        ).all()
        found |= {
            code: [product for product in scanned if {product.gtin, product.isbn} & written]
            for code, written in forms.items()
        }
    return {code: products for code, products in found.items() if products}


def customers_like(q: str) -> list[Customer]:
    order = Order((Customer.name, Customer.id))
    sought = Sought(q, named_customers(q), customers(""))
    return best_first(lambda: customers(q), order, sought, limit=OFFERED).items
