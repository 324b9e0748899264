"""A month of NF-e in figures. Each question is one statement over the month, however many notes it
has; the amounts were read from the files when they were authorized."""

import datetime as dt
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    and_,
    func,
    or_,
    select,
    type_coerce,
)

from webapp.catalog.models import Kind
from webapp.closings.accounts import Account, SeriesAccount, Services, SumRow
from webapp.closings.models import ArchiveWatch, Closing
from webapp.invoices.models import Invoice, InvoiceStatus, InvoiceSum
from webapp.invoices.queries import issued_in, month_bounds
from webapp.platform.columns import Hundredths
from webapp.platform.database import db
from webapp.platform.errors import NotFound
from webapp.sales.models import Sale, SaleLine, Status

AMOUNTS = InvoiceSum.AMOUNTS
# What is sold under an NFS-e of the town, not under an NF-e.
SERVICES = (Kind.STREAMING, *(kind for kind in Kind if kind.is_membership))
MOST_GAPS = 100


def first_of(month: str) -> dt.date:
    return dt.date.fromisoformat(f"{month}-01")


def closing_of(month: str) -> Closing | None:
    return db.session.scalar(select(Closing).where(Closing.month == month))


def locked_closing(month: str) -> Closing:
    """The month's own row, made when it is first needed, locked."""
    query = select(Closing).where(Closing.month == month).with_for_update()
    closing = db.session.scalar(query)
    if closing is None:
        closing = Closing(month=month, figures={})
        db.session.add(closing)
        db.session.flush()
    return closing


def closing_by_id(closing_id: int) -> Closing:
    """Raises NotFound."""
    closing = db.session.get(Closing, closing_id)
    if closing is None:
        raise NotFound(_("There is no such closing."))
    return closing


def the_watch() -> ArchiveWatch:
    return db.session.get_one(ArchiveWatch, 1)


def account_of(month: str) -> Account:
    first = first_of(month)
    numbers = _numbers(first)
    sums, cancelled = _sums(month), _sums(month, _cancelled_in(first))
    return Account(
        month=month,
        sums=[row for row in (_less(row, cancelled) for row in sums.values()) if row.any],
        cancelled_total=sum((row.amounts["total"] for row in cancelled.values()), Decimal("0.00")),
        series=_series(numbers),
        services=_services(first),
    )


# -- sums ------------------------------------------------------------------------------------------

_Key = tuple[str, str, Decimal, str]


def _sums(month: str, which: ColumnElement[bool] | None = None) -> dict[_Key, SumRow]:
    keys = (InvoiceSum.cfop, InvoiceSum.cst, InvoiceSum.rate, InvoiceSum.state)
    added = (func.sum(getattr(InvoiceSum, name)) for name in AMOUNTS)
    query: Select[Any] = (
        select(*keys, *added).where(InvoiceSum.month == month).group_by(*keys).order_by(*keys)
    )
    if which is not None:
        query = query.where(which)
    found = {}
    for cfop, cst, rate, state, *amounts in db.session.execute(query):
        named = dict(zip(AMOUNTS, amounts, strict=True))
        found[cfop, cst, rate, state] = SumRow(cfop, cst, rate, state, named)
    return found


def _cancelled_in(first: dt.date) -> ColumnElement[bool]:
    cancelled = select(Invoice.id).where(
        Invoice.status == InvoiceStatus.CANCELLED, issued_in(first)
    )
    return InvoiceSum.invoice_id.in_(cancelled)


def _less(row: SumRow, taken: dict[_Key, SumRow]) -> SumRow:
    other = taken.get((row.cfop, row.cst, row.rate, row.state))
    if other is None:
        return row
    left = {name: value - other.amounts[name] for name, value in row.amounts.items()}
    return row._replace(amounts=left)


# -- numbers ---------------------------------------------------------------------------------------

_Numbers = list[tuple[int, InvoiceStatus, int, int, int]]


def _numbers(first: dt.date) -> _Numbers:
    """Series, state, how many, the lowest and the highest, of the month's numbers."""
    query = select(
        Invoice.series,
        Invoice.status,
        func.count(),
        func.min(Invoice.number),
        func.max(Invoice.number),
    ).where(issued_in(first), Invoice.number.is_not(None))
    found: Any = db.session.execute(query.group_by(Invoice.series, Invoice.status))
    return [tuple(row) for row in found]


def _series(numbers: _Numbers) -> list[SeriesAccount]:
    spans: dict[int, tuple[int, int]] = {}
    for series, _status, _count, low, high in numbers:
        known = spans.get(series, (low, high))
        spans[series] = min(low, known[0]), max(high, known[1])
    gaps = _gaps(spans)
    return [
        SeriesAccount(
            series,
            *spans[series],
            {str(row[1]): row[2] for row in numbers if row[0] == series},
            gaps.get(series, []),
        )
        for series in sorted(spans)
    ]


def _gaps(spans: dict[int, tuple[int, int]]) -> dict[int, list[tuple[int, int]]]:
    """First and last of the numbers that no NF-e of the series bears, from the one that came before
    the month's lowest up to its highest."""
    if not spans:
        return {}
    within = or_(*(_from_the_one_before(series, *span) for series, span in spans.items()))
    before = func.lag(Invoice.number).over(partition_by=Invoice.series, order_by=Invoice.number)
    walked = select(Invoice.series, Invoice.number, before.label("before")).where(within).subquery()
    query = select(walked.c.series, walked.c.before, walked.c.number)
    query = query.where(walked.c.number - walked.c.before > 1).order_by(walked.c.number)
    found: dict[int, list[tuple[int, int]]] = {}
    for series, low, high in db.session.execute(query.limit(MOST_GAPS)):
        found.setdefault(series, []).append((low + 1, high - 1))
    return found


def _from_the_one_before(series: int, low: int, high: int) -> ColumnElement[bool]:
    earlier = select(func.max(Invoice.number)).where(Invoice.series == series, Invoice.number < low)
    begin = func.coalesce(earlier.scalar_subquery(), low)
    return and_(Invoice.series == series, Invoice.number >= begin, Invoice.number <= high)


# -- services --------------------------------------------------------------------------------------


def services_sold(first: dt.date) -> Select[Any]:
    """Lines of services paid in the month, less what was given back of them, in the order of their
    payment."""
    begins, ends = month_bounds(first)
    cents = type_coerce(SaleLine.total, BigInteger)
    # Rounded half up, as `SaleLine.share` does.
    given_back = (2 * cents * SaleLine.refunded + SaleLine.quantity) // (2 * SaleLine.quantity)
    left = type_coerce(cents - given_back, Hundredths)
    return (
        select(
            Sale.paid_at,
            SaleLine.id,
            Sale.id.label("sale_id"),
            Sale.reference,
            Sale.customer_name,
            Sale.customer_document,
            SaleLine.name,
            SaleLine.kind,
            left.label("amount"),
        )
        .join(SaleLine.sale)
        .where(
            Sale.paid_at >= begins,
            Sale.paid_at < ends,
            Sale.status != Status.CANCELLED,
            SaleLine.kind.in_(SERVICES),
            SaleLine.refunded < SaleLine.quantity,
        )
    )


def _services(first: dt.date) -> list[Services]:
    sold = services_sold(first).subquery()
    query = select(sold.c.kind, func.count(), func.sum(sold.c.amount)).group_by(sold.c.kind)
    return [
        Services(str(kind), count, amount)
        for kind, count, amount in db.session.execute(query.order_by(sold.c.kind))
    ]
