"""The shop at a glance. Every question is bounded: by an index, by a number of days, or by a number
of rows."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, case, func, literal, select, union_all
from sqlalchemy.orm import joinedload

from webapp.catalog.filters import ProductFilter, ProductView
from webapp.catalog.models import Product
from webapp.catalog.queries import products
from webapp.fulfilment.commissions.models import Commission
from webapp.fulfilment.commissions.queries import mark_of
from webapp.fulfilment.parcels.models import SlipStatus
from webapp.fulfilment.parcels.queries import slip_ids
from webapp.fulfilment.tasks.models import Task
from webapp.fulfilment.tasks.queries import open_task_ids, tasks
from webapp.http.localization import time_zone
from webapp.invoices.models import Invoice, InvoiceStatus
from webapp.invoices.queries import VIEWS
from webapp.platform.database import db
from webapp.platform.kept import kept
from webapp.platform.money import ZERO
from webapp.processing.queries import failed_effects
from webapp.rules.models import Effect
from webapp.sales.models import Sale, Status
from webapp.web.navigation import Counter, counted

DAYS = 14
SHOWN = 5
LOW_SHOWN = 8
MOST_PLACED = 50_000


@dataclass(frozen=True)
class Day:
    """One day of the shop: when it begins and what was paid in it."""

    date: dt.date
    starts_at: dt.datetime
    paid: int = 0
    sold: Decimal = ZERO


def midnight(day: dt.date) -> dt.datetime:
    """The moment at which a day begins in the shop's zone, in UTC."""
    return dt.datetime.combine(day, dt.time(), ZoneInfo(time_zone())).astimezone(dt.UTC)


def _day_of(column, starts: list[dt.datetime]) -> ColumnElement[int]:
    """The index in `starts` of the day that `column` falls into."""
    return case(
        *((column < end, index) for index, end in enumerate(starts[1:])), else_=len(starts) - 1
    )


def last_days(today: dt.date) -> list[Day]:
    """The last DAYS days, today the last, with their paid orders."""
    dates = [today - dt.timedelta(days=DAYS - 1 - index) for index in range(DAYS)]
    starts = [midnight(date) for date in dates]
    ends = [*starts[1:], None]
    days = (_paid_in(index, *span) for index, span in enumerate(zip(starts, ends, strict=True)))
    paid = {
        index: (count, sold or ZERO) for index, count, sold in db.session.execute(union_all(*days))
    }
    return [Day(date, starts[index], *paid[index]) for index, date in enumerate(dates)]


def _paid_in(index: int, start: dt.datetime, end: dt.datetime | None) -> Select:
    """`index`, how many orders were paid in this span, and their sum."""
    query = select(literal(index), func.count(), func.sum(Sale.total))
    query = query.where(Sale.paid_at >= start, Sale.status != Status.CANCELLED)
    return query.where(Sale.paid_at < end) if end else query


def placed_by_status(since: dt.datetime) -> dict[Status, int]:
    """How many of the orders placed since then are in each state."""
    found = select(Sale.status).where(Sale.created_at >= since)
    # The limit also keeps SQLite from walking all sales by their status for the sake of the
    # grouping.
    placed = found.limit(MOST_PLACED).subquery()
    counted = select(placed.c.status, func.count()).group_by(placed.c.status)
    counts = {status: count for status, count in db.session.execute(counted)}
    return {status: counts[status] for status in Status if status in counts}


@dataclass(frozen=True)
class Commissions:
    """The month's, net of reversals; `by_day` sums it up from its first day to today."""

    amount: Decimal
    today: Decimal
    agents: int
    by_day: list[Decimal]


def commissions_of_month(today: dt.date) -> Commissions:
    of_month = today.strftime("%Y-%m")
    return kept(("day by day", today), mark_of(of_month), lambda: _commissions_until(today))


def _commissions_until(today: dt.date) -> Commissions:
    starts = [midnight(today.replace(day=number)) for number in range(1, today.day + 1)]
    # A reversal counts on its own day, whenever the order was paid.
    day = _day_of(
        case((Effect.reverses.is_not(None), Effect.created_at), else_=Sale.paid_at), starts
    )
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
        for last in range(len(starts))
    ]
    return Commissions(by_day[-1], earned.get(len(starts) - 1, ZERO), agents, by_day)


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
    goods may leave; `failed`: effects of the rules."""

    sales: int
    stuck: int
    review: int
    rejected: int
    tasks: int
    to_pack: int
    packed: int
    failed: int


_COUNTERS = tuple(
    Counter(query)
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


def counts() -> Counts:
    """In one statement with those of the menu."""
    found = counted(*_COUNTERS)
    return Counts(*(found[counter] for counter in _COUNTERS))


def _waiting(query: Select, key, count: int) -> Waiting:
    """`count`: how many there are; nothing is asked for none."""
    if not count:
        return Waiting([], 0)
    return Waiting(list(db.session.scalars(query.order_by(key).limit(SHOWN)).unique()), count)


def sales_in_attention(count: int) -> Waiting:
    """Those that stopped, and those that have waited for a postal code service for so long that a
    person may rather complete them by hand."""
    query = select(Sale).where(Sale.needs_person).options(joinedload(Sale.lines))
    return _waiting(query, Sale.id, count)


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
    return _waiting(tasks(done=False), Task.id, count)


def low_products() -> list[Product]:
    return list(
        db.session.scalars(
            products(ProductFilter(view=ProductView.LOW))
            .order_by(Product.stock, Product.name)
            .limit(LOW_SHOWN)
        )
    )
