"""A month of NF-e in figures. Each question is one statement over the month, however many notes it
has; the amounts were read from the files when they were authorized."""

import datetime as dt
from collections import Counter
from collections.abc import Set
from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    exists,
    func,
    literal,
    or_,
    select,
    true,
    type_coerce,
    union_all,
)

from webapp.catalog.models import Kind
from webapp.closings.accounts import Account, Amounts, SeriesAccount, Services, SumRow
from webapp.closings.models import ArchiveWatch, Closing
from webapp.invoices.ledger import NumberState, parts_without, state_of
from webapp.invoices.models import (
    ForeignNumber,
    Invoice,
    InvoiceStatus,
    InvoiceSum,
    Voiding,
    VoidingStatus,
)
from webapp.invoices.queries import issued_in, month_bounds
from webapp.platform.clock import utc_now
from webapp.platform.columns import Hundredths
from webapp.platform.database import db
from webapp.platform.kept import SECONDS, kept
from webapp.platform.money import ZERO
from webapp.platform.rows import row_by_id
from webapp.sales.models import Sale, SaleLine, Status
from webapp.sales.queries import given_back
from webapp.store.models import SkippedNumbers

AMOUNTS = InvoiceSum.AMOUNTS
# What is sold under an NFS-e of the town, not under an NF-e.
SERVICES = (Kind.STREAMING, *(kind for kind in Kind if kind.is_membership))
MOST_GAPS = 100
# Of each kind of services so many are named.
SHOWN = 10
# So many of the latest changes are looked at.
MOST_CHANGED = 10_000
SKIPPED_AT = SkippedNumbers.created_at
# By CFOP, CST, rate and state: how many sums, and what they add up to.
_Added = dict[tuple[str, str, Decimal, str], tuple[int, Amounts]]


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
    return row_by_id(Closing, closing_id, _l("There is no such closing."))


def the_watch() -> ArchiveWatch:
    return db.session.get_one(ArchiveWatch, 1)


def closing_and_watch(month: str) -> tuple[Closing | None, ArchiveWatch]:
    """In one question."""
    query = select(ArchiveWatch, Closing).outerjoin(Closing, Closing.month == month)
    watch, closing = db.session.execute(query).one()
    return closing, watch


def account_of(month: str) -> Account:
    first = first_of(month)
    sums, cancelled_total = _sums(first)
    return Account(
        month=month,
        sums=sums,
        cancelled_total=cancelled_total,
        series=_series(first),
        services=_services(first),
    )


def account_to_show(month: str) -> Account:
    """The same for a page: as it was added up a moment ago while nothing of the month changes."""
    return kept(("closing", month), _mark(first_of(month)), lambda: account_of(month))


def _mark(first: dt.date) -> tuple[Any, ...]:
    """What of the month was changed lately: longer ago than anything is kept, it is in what is
    kept."""
    lately, (begins, ends) = utc_now() - dt.timedelta(seconds=2 * SECONDS), month_bounds(first)
    parts: list[Any] = [
        select(func.count(), func.max(moment)) for moment in (Voiding.updated_at, SKIPPED_AT)
    ]
    for changed, happened in (
        (Invoice.updated_at, Invoice.issued_at),
        (Sale.updated_at, Sale.paid_at),
    ):
        # The limit keeps the database from walking the month instead.
        query = select(changed.label("changed"), happened.label("happened")).where(changed > lately)
        late = query.order_by(changed.desc()).limit(MOST_CHANGED).subquery().c
        within = late.happened >= begins, late.happened < ends
        parts.append(select(func.count(), func.max(late.changed)).where(*within))
    return tuple(tuple(row) for row in db.session.execute(union_all(*parts)))


# -- sums ------------------------------------------------------------------------------------------


def _sums(first: dt.date) -> tuple[list[SumRow], Decimal]:
    """Of the NF-e that stand, and the value of those that are cancelled: what all add up to, less
    the few that are. In one question, each half in the order of its index."""
    cancelled = select(Invoice.id).where(
        Invoice.status == InvoiceStatus.CANCELLED, issued_in(first)
    )
    gone = _added(first, 1).where(InvoiceSum.invoice_id.in_(cancelled))
    found: tuple[_Added, _Added] = {}, {}
    rows: Any = db.session.execute(union_all(_added(first, 0), gone))
    for is_gone, cfop, cst, rate, state, count, *amounts in rows:
        added = dict(zip(AMOUNTS, amounts, strict=True))
        found[is_gone][cfop, cst, rate, state] = count, added
    every, taken = found
    sums = []
    for key, (count, amounts) in sorted(every.items()):
        fewer, less = taken.get(key, (0, {}))
        if count > fewer:
            left = {name: amounts[name] - less.get(name, ZERO) for name in AMOUNTS}
            sums.append(SumRow(*key, left))
    return sums, sum((less["total"] for _fewer, less in taken.values()), ZERO)


def _added(first: dt.date, is_gone: int) -> Select[Any]:
    keys = (InvoiceSum.cfop, InvoiceSum.cst, InvoiceSum.rate, InvoiceSum.state)
    added = (func.sum(getattr(InvoiceSum, name)).label(name) for name in AMOUNTS)
    query = select(literal(is_gone), *keys, func.count(), *added)
    return query.where(InvoiceSum.month == f"{first:%Y-%m}").group_by(*keys)


# -- numbers ---------------------------------------------------------------------------------------

_Spans = dict[int, tuple[int, int]]
_VOIDED = exists().where(
    Voiding.series == Invoice.series,
    Voiding.first <= Invoice.number,
    Voiding.last >= Invoice.number,
    Voiding.status == VoidingStatus.DONE,
)


def _series(first: dt.date) -> list[SeriesAccount]:
    spans: _Spans = {}
    counted: dict[int, Counter[str]] = {}
    for series, state, count, low, high in _numbers(first):
        known = spans.get(series, (low, high))
        spans[series] = min(low, known[0]), max(high, known[1])
        counted.setdefault(series, Counter())[state] += count
    gaps: dict[int, list[tuple[int, int]]] = {}
    whole = {
        series for series, (low, high) in spans.items() if counted[series].total() == high - low + 1
    }
    left_out = _left_out(spans, whole)
    taken = _taken(spans) if left_out else {}
    for series, begin, end in left_out:
        within = [
            (max(low, begin), min(high, end), state)
            for low, high, state in taken.get(series, [])
            if low <= end and high >= begin
        ]
        for low, high, state in within:
            counted[series][state] += high - low + 1
        places = sorted((low, high) for low, high, _state in within)
        gaps.setdefault(series, []).extend(parts_without(begin, end, places))
    return [
        SeriesAccount(series, *spans[series], dict(counted[series]), gaps.get(series, []))
        for series in sorted(spans)
    ]


def _numbers(first: dt.date) -> list[tuple[int, str, int, int, int]]:
    """Series, state, how many, the lowest and the highest, of the numbers that the month's NF-e
    bear."""
    is_voided = and_(Invoice.status == InvoiceStatus.DISCARDED, _VOIDED)
    query = (
        select(
            Invoice.series,
            Invoice.status,
            is_voided.label("is_voided"),
            func.count(),
            func.min(Invoice.number),
            func.max(Invoice.number),
        )
        .where(issued_in(first), Invoice.number.is_not(None))
        .group_by(Invoice.series, Invoice.status, "is_voided")
    )
    found: Any = db.session.execute(query)
    return [
        (series, str(NumberState.VOIDED if voided else state_of(status)), count, low, high)
        for series, status, voided, count, low, high in found
    ]


def _taken(spans: _Spans) -> dict[int, list[tuple[int, int, str]]]:
    """Numbers that no NF-e bears and that became something all the same: voided, or used by another
    system."""
    lowest = min(low for low, _high in spans.values())
    highest = max(high for _low, high in spans.values())
    parts: list[Any] = []
    for model, first, last, state, which in (
        (Voiding, Voiding.first, Voiding.last, "voided", Voiding.status == VoidingStatus.DONE),
        (
            SkippedNumbers,
            SkippedNumbers.first,
            SkippedNumbers.last,
            "elsewhere",
            SkippedNumbers.used_elsewhere,
        ),
        (ForeignNumber, ForeignNumber.number, ForeignNumber.number, "elsewhere", true()),
    ):
        query: Any = select(model.series, first, last, literal(state)).where(which)
        parts.append(query.where(model.series.in_(spans), first <= highest, last >= lowest - 1))
    found: dict[int, list[tuple[int, int, str]]] = {}
    for series, low, high, state in db.session.execute(union_all(*parts)):
        found.setdefault(series, []).append((low, high, state))
    return found


def _left_out(spans: _Spans, whole: Set[int] = frozenset()) -> list[tuple[int, int, int]]:
    """Series, first and last of the numbers that no NF-e bears, from the one that came before the
    month's lowest up to its highest. `whole`: the series whose every number is borne by one of the
    month, of which only the lowest is looked at."""
    if not spans:
        return []
    within = or_(
        *(
            _from_the_one_before(series, low, low if series in whole else high)
            for series, (low, high) in spans.items()
        )
    )
    before = func.lag(Invoice.number).over(partition_by=Invoice.series, order_by=Invoice.number)
    walked = select(Invoice.series, Invoice.number, before.label("before")).where(within).subquery()
    query = select(walked.c.series, walked.c.before, walked.c.number)
    query = query.where(walked.c.number - walked.c.before > 1).order_by(walked.c.number)
    found = db.session.execute(query.limit(MOST_GAPS))
    return [(series, low + 1, high - 1) for series, low, high in found]


def _from_the_one_before(series: int, low: int, high: int) -> ColumnElement[bool]:
    earlier = select(func.max(Invoice.number)).where(Invoice.series == series, Invoice.number < low)
    begin = func.coalesce(earlier.scalar_subquery(), low)
    return and_(Invoice.series == series, Invoice.number >= begin, Invoice.number <= high)


# -- services --------------------------------------------------------------------------------------


def services_sold(first: dt.date) -> Select[Any]:
    """Lines of services paid in the month, less what was given back of them, in the order of their
    payment."""
    begins, ends = month_bounds(first)
    left = type_coerce(SaleLine.total - given_back(), Hundredths)
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
    """In one question: of each kind the first ones, each beside the sum of all."""
    sold = services_sold(first).subquery()
    of_kind: dict[str, Any] = {"partition_by": sold.c.kind}
    place = func.row_number().over(**of_kind, order_by=(sold.c.paid_at, sold.c.id))
    told = select(
        sold.c.kind,
        func.count().over(**of_kind).label("lines"),
        func.sum(sold.c.amount).over(**of_kind).label("total"),
        sold.c.sale_id,
        sold.c.reference,
        place.label("place"),
    ).subquery()
    query = select(told).where(told.c.place <= SHOWN).order_by(told.c.kind, told.c.place)
    found: dict[str, Services] = {}
    for row in db.session.execute(query):
        kind = str(row.kind)
        known = found.setdefault(kind, Services(kind, row.lines, row.total, []))
        known.first.append((row.sale_id, row.reference))
    return list(found.values())
