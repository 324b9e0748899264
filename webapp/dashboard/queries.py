"""The shop at a glance. Every question is bounded: by an index, by a number of days, or by a number
of rows."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import (
    Select,
    String,
    case,
    cast,
    func,
    literal,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import joinedload

from webapp.catalog.filters import ProductFilter, ProductView
from webapp.catalog.models import Product
from webapp.catalog.queries import products
from webapp.customers.models import Agent
from webapp.fulfilment.commissions.models import Commission
from webapp.fulfilment.commissions.queries import mark_of
from webapp.fulfilment.parcels.models import PackingSlip, SlipStatus
from webapp.fulfilment.parcels.queries import slip_ids
from webapp.fulfilment.tasks.models import Task
from webapp.fulfilment.tasks.queries import open_task_ids, tasks
from webapp.invoices.models import Invoice, InvoiceStatus
from webapp.invoices.queries import VIEWS
from webapp.platform.clock import utc_now
from webapp.platform.columns import written_out
from webapp.platform.database import db
from webapp.platform.kept import kept
from webapp.platform.money import ZERO
from webapp.processing.queries import failed_effects
from webapp.rules.models import Effect
from webapp.rules.queries import learn_newest_rule_set, newest_rule_set
from webapp.sales.leaving import Due, is_due
from webapp.sales.models import Sale, Status
from webapp.sums.queries import days_of, midnight, place_of
from webapp.web.navigation import Counter, counted

SHOWN = 5
LOW_SHOWN = 8
MOST_PLACED = 50_000


class OfTheDay(NamedTuple):
    """`placed`: how many of the orders placed today are in each state. `notes`: how many NF-e that
    were issued today, and yesterday, are authorized; `parcels`: how many left. `commissions`:
    another one as soon as the month has one more commission or reversal."""

    placed: dict[Status, int]
    notes: list[int]
    parcels: list[int]
    commissions: int | None


def of_the_day(today: dt.date) -> OfTheDay:
    """In one statement, with what rules are named by."""
    yesterday = today - dt.timedelta(1)
    found: dict[str, dict[str, int]] = defaultdict(dict)
    parts = (
        _placed_by_status(today),
        *(
            _counted_on(day, name, moment, which)
            for day in (today, yesterday)
            for name, moment, which in (
                ("notes", Invoice.issued_at, Invoice.status == InvoiceStatus.AUTHORIZED),
                ("parcels", PackingSlip.shipped_at, true()),
            )
        ),
        select(literal("mark"), literal(""), mark_of(today.strftime("%Y-%m")).scalar_subquery()),
        select(literal("rules"), literal(""), newest_rule_set()),
    )
    for name, key, count in db.session.execute(union_all(*parts)):
        found[name][key] = count
    learn_newest_rule_set(found["rules"][""])
    days = today.isoformat(), yesterday.isoformat()
    return OfTheDay(
        {status: found["placed"][status] for status in Status if status in found["placed"]},
        [found["notes"][day] for day in days],
        [found["parcels"][day] for day in days],
        found["mark"][""],
    )


def _placed_by_status(day: dt.date) -> Select:
    found = select(Sale.status).where(Sale.created_at >= midnight(day))
    # The limit also keeps SQLite from walking all sales by their status for the sake of the
    # grouping.
    status = found.limit(MOST_PLACED).subquery().c.status
    return select(literal("placed"), cast(status, String), func.count()).group_by(status)


def _counted_on(day: dt.date, name: str, moment: Any, which: Any) -> Select:
    begins, ends = midnight(day), midnight(day + dt.timedelta(1))
    query = select(literal(name), literal(day.isoformat()), func.count())
    return query.where(moment >= begins, moment < ends, which)


def agent_names(codes: Iterable[str]) -> dict[str, str]:
    found = db.session.execute(select(Agent.code, Agent.name).where(Agent.code.in_(codes)))
    return {code: name for code, name in found}


def products_sold(skus: Iterable[str]) -> dict[str, tuple[int, str]]:
    """Id and name."""
    query = select(Product.sku, Product.id, Product.name).where(Product.sku.in_(skus))
    return {sku: (product_id, name) for sku, product_id, name in db.session.execute(query)}


@dataclass(frozen=True)
class Commissions:
    """The month's, net of reversals; `by_day` sums it up from its first day to today."""

    amount: Decimal
    today: Decimal
    agents: int
    by_day: list[Decimal]


def commissions_of_month(today: dt.date, mark: int | None) -> Commissions:
    """`mark`: that of `of_the_day`."""
    return kept(("day by day", today), mark, lambda: _commissions_until(today))


def _commissions_until(today: dt.date) -> Commissions:
    days = days_of(today.replace(day=1), today)
    # A reversal counts on its own day, whenever the order was paid.
    counts_at = case((Effect.reverses.is_not(None), Effect.created_at), else_=Sale.paid_at)
    day = place_of(counts_at, days)
    of_month = Commission.month == today.strftime("%Y-%m")
    sellers = select(func.count(Commission.agent_code.distinct())).where(of_month)
    found = db.session.execute(
        select(day, func.sum(Commission.amount), sellers.scalar_subquery())
        .join(Commission.sale)
        .join(Commission.effect)
        .where(of_month)
        .group_by(day)
    ).all()
    earned = {index: amount for index, amount, _agents in found}
    agents = found[0][-1] if found else 0
    by_day = [
        sum((earned.get(index, ZERO) for index in range(last + 1)), ZERO)
        for last in range(len(days))
    ]
    return Commissions(by_day[-1], earned.get(len(days) - 1, ZERO), agents, by_day)


@dataclass(frozen=True)
class Waiting:
    """Rows of one kind that wait for a person: a few of them, the longest waiting first, and how
    many there are."""

    rows: list
    count: int

    @property
    def oldest(self):
        return self.rows[0] if self.rows else None


class Counts(NamedTuple):
    """How many there are of each, exact up to a thousand. `to_pack` and `packed`: orders whose
    goods may leave; `failed`: effects of the rules; the last three as in LEAVING."""

    sales: int
    stuck: int
    review: int
    rejected: int
    tasks: int
    to_pack: int
    packed: int
    failed: int
    late: int
    today: int
    will_miss: int


LEAVING = (Due.LATE, Due.TODAY, Due.WILL_MISS)
_COUNTERS = tuple(
    Counter(written_out(query))
    for query in (
        select(Sale.id),
        select(Sale.id).where(Sale.needs_person),
        select(Invoice.id).where(VIEWS["review"]),
        select(Invoice.id).where(VIEWS["rejected"]),
        open_task_ids(),
        slip_ids(SlipStatus.TO_PACK),
        slip_ids(SlipStatus.PACKED),
        failed_effects().with_only_columns(Effect.id).order_by(None),
    )
)


def counts(others: Sequence[Counter] = ()) -> tuple[Counts, list[int]]:
    """In one statement with those of the menu; and what the others come to."""
    now = utc_now()
    leaving = (Counter(select(Sale.id).where(is_due(due, now))) for due in LEAVING)
    own = (*_COUNTERS, *leaving)
    found = counted(*own, *others)
    return Counts(*(found[counter] for counter in own)), [found[counter] for counter in others]


def _waiting(query: Select, count: int) -> Waiting:
    """`count`: how many there are; nothing is asked for none."""
    if not count:
        return Waiting([], 0)
    return Waiting(list(db.session.scalars(query.limit(SHOWN)).unique()), count)


def sales_in_attention(count: int) -> Waiting:
    """Those that stopped, and those that have waited for a postal code service for so long that a
    person may rather complete them by hand."""
    query = select(Sale).where(Sale.needs_person).options(joinedload(Sale.lines))
    return _waiting(query.order_by(Sale.id), count)


def invoices_waiting(counts: Counts) -> dict[str, Waiting]:
    """The invoices under review and those rejected, with what their reasons are told from; one
    statement."""
    of_sale = joinedload(Invoice.sale).options(joinedload(Sale.customer), joinedload(Sale.lines))
    first = union_all(*(_first_of(view) for view in ("review", "rejected")))
    query = select(Invoice).where(Invoice.id.in_(first)).options(of_sale).order_by(Invoice.id)
    found = list(db.session.scalars(query).unique())
    review = [invoice for invoice in found if invoice.status is InvoiceStatus.REVIEW]
    rejected = [invoice for invoice in found if invoice.status is InvoiceStatus.REJECTED]
    return {
        "review": Waiting(review, counts.review),
        "rejected": Waiting(rejected, counts.rejected),
    }


def _first_of(view: str) -> Select:
    ids = select(Invoice.id).where(VIEWS[view]).order_by(Invoice.id).limit(SHOWN).subquery()
    return select(ids.c.id)


def open_tasks(count: int) -> Waiting:
    return _waiting(oldest_open_tasks(), count)


def oldest_open_tasks() -> Select:
    """In the order of their index: in that of ids PostgreSQL walks all that are done."""
    return tasks(done=False).order_by(Task.created_at, Task.id)


def low_products() -> list[Product]:
    return list(
        db.session.scalars(
            products(ProductFilter(view=ProductView.LOW))
            .order_by(Product.stock, Product.name)
            .limit(LOW_SHOWN)
        )
    )
