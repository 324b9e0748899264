"""Invoices by sale, state and month; the review queue; what happened to one."""

import datetime as dt
from collections.abc import Sequence
from typing import Any, NamedTuple

from flask import current_app
from flask_babel import lazy_gettext as _l
from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    bindparam,
    func,
    literal_column,
    or_,
    select,
    true,
    union,
    union_all,
)
from sqlalchemy.orm import joinedload, load_only, undefer

from webapp.customers.models import Customer
from webapp.fiscal.events import EventKind
from webapp.invoices.models import (
    TEST_SERIES,
    WAITING,
    EventStatus,
    ForeignNumber,
    Invoice,
    InvoiceEvent,
    InvoiceStatus,
    Purpose,
    RejectedBy,
    Voiding,
    VoidingStatus,
)
from webapp.platform.codes import Codes, codes_in
from webapp.platform.columns import AsIndexed
from webapp.platform.database import db
from webapp.platform.errors import NotFound
from webapp.platform.searching import Ids, holding, ids_of
from webapp.platform.text import has_digit
from webapp.sales.finding import finds_sales, referenced
from webapp.sales.models import Sale
from webapp.store.models import Series
from webapp.store.queries import issuer_day, issuer_zone, the_shop

NO_INVOICE = _l("There is no NF-e with this number.")
MOST_QUEUED = 50


def _rejected_by(who: RejectedBy) -> ColumnElement[bool]:
    return (Invoice.status == InvoiceStatus.REJECTED) & (Invoice.rejected_by == who)


# Without parameters, as the index of these rows has it.


def _on_its_way(note: type[Invoice]) -> ColumnElement[bool]:
    """Without parameters, as the index of these rows has it."""
    return note.status.in_([literal_column("'approved'"), literal_column("'sending'")])


def being_sent(note: type[Invoice]) -> ColumnElement[bool]:
    """By the few rows that are on their way, however many notes there are."""
    return _on_its_way(note) & (note.status == InvoiceStatus.SENDING)


IS_RETURN: ColumnElement[bool] = Invoice.purpose == literal_column("'return'")
# A parcel may leave with it.
SHIPS: ColumnElement[bool] = and_(Invoice.status == InvoiceStatus.AUTHORIZED, ~IS_RETURN)
# The tabs of the list.
VIEWS: dict[str, ColumnElement[bool]] = {
    "review": Invoice.status == InvoiceStatus.REVIEW,
    "errors": _rejected_by(RejectedBy.CHECKS),
    "returned": _rejected_by(RejectedBy.REVIEWER),
    "rejected": _rejected_by(RejectedBy.AUTHORITY),
    "sending": _on_its_way(Invoice),
    "authorized": Invoice.status == InvoiceStatus.AUTHORIZED,
    "goods_returned": IS_RETURN,
}


# As the indexes of the queues have it, beside a view of them: what waits for a person.
WAITS_FOR_PERSON = AsIndexed(f"invoices.{WAITING.text}")


def invoices(
    q: str = "",
    month: dt.date | None = None,
    since: dt.datetime | None = None,
    until: dt.datetime | None = None,
) -> Select:
    """Invoices with their sales. `q` finds by reference, customer, document, number or access key;
    `month` is the one in which they were issued or, not issued yet, begun; `since` and, before it,
    `until` bound the same moment."""
    query = _with_sales(select(Invoice).join(Invoice.sale))
    if month:
        first, end = month_bounds(month)
        query = query.where(Invoice.moment >= first, Invoice.moment < end)
    if since:
        query = query.where(Invoice.moment >= since)
    if until:
        query = query.where(Invoice.moment < until)
    if q.strip():
        query = query.where(_found_by(q))
    return query


def _with_sales(query: Select) -> Select:
    """Warnings compare the sale with its customer's record, a return names its origin: all are at
    hand, with no query of their own."""
    return query.options(
        joinedload(Invoice.sale).joinedload(Sale.customer),
        joinedload(Invoice.origin).load_only(Invoice.series, Invoice.number),
    )


def _found_by(q: str) -> ColumnElement[bool]:
    """Each part is asked of its own index; together they would be looked for row by row."""
    codes = codes_in(q)
    if codes.access_key:
        return Invoice.access_key == codes.access_key
    numbered = named_note(codes)
    sale_ids = ids_of(Sale, q)
    if sale_ids is None:
        held = holding(Sale.search_text, q)
        return held if numbered is None else or_(held, numbered)
    held = holding(Sale.search_text, q)
    of_sales = select(Sale.id).where(Sale.id.in_(sale_ids), held)
    found = [select(Invoice.id).where(Invoice.sale_id.in_(of_sales))]
    if numbered is not None:
        found.append(select(Invoice.id).where(numbered))
    return Invoice.id.in_(union_all(*found))


def named_note(codes: Codes) -> ColumnElement[bool] | None:
    """The NF-e of that access key, series and number, or number in one of the shop's series."""
    if codes.access_key:
        return Invoice.access_key == codes.access_key
    if codes.note is None:
        return None
    series, number = codes.note.series, codes.note.number
    of_series = Series.number == series if series is not None else true()
    in_series = Invoice.series.in_(select(Series.number).where(of_series))
    return in_series & (Invoice.number == number)


def named_invoices(q: str) -> Ids | None:
    """Ids of the NF-e that `q` is the access key or number of, and of those whose order's reference
    it is, if that has a digit."""
    note = named_note(codes_in(q))
    if note is None and not has_digit(q):
        return None
    of_sales = select(Invoice.id).where(Invoice.sale_id.in_(referenced(q)))
    return of_sales if note is None else union(select(Invoice.id).where(note), of_sales)


@finds_sales
def sales_of_note(codes: Codes) -> Select[int] | None:
    note = named_note(codes)
    return None if note is None else select(Invoice.sale_id).where(note).order_by(Invoice.id)


def last_issued() -> dt.date | None:
    """The day, in the issuer's state, of the latest NF-e that is out or on its way."""
    out = (InvoiceStatus.SENDING, InvoiceStatus.AUTHORIZED, InvoiceStatus.CANCELLED)
    query = select(Invoice.issued_at).where(Invoice.status.in_(out), Invoice.issued_at.is_not(None))
    latest = db.session.scalar(query.order_by(Invoice.issued_at.desc()).limit(1))
    return issuer_day(latest) if latest else None


def month_bounds(month: dt.date) -> tuple[dt.datetime, dt.datetime]:
    """The first moment of a month and of the next one, in the zone of the issuer's
    state, as the access keys have it."""
    first = dt.datetime(month.year, month.month, 1, tzinfo=issuer_zone())
    return first, (first + dt.timedelta(days=32)).replace(day=1)


def issued_in(month: dt.date) -> ColumnElement[bool]:
    """Those that were issued for tests are no month's, once the shop issues in production."""
    first, end = month_bounds(month)
    counts = or_(Invoice.series.is_(None), Invoice.series < TEST_SERIES)
    return and_(Invoice.issued_at >= first, Invoice.issued_at < end, counts)


def files_of(month: dt.date) -> Select:
    """Id, moment of issue, access key, state and nfeProc of a month's authorized NF-e, cancelled
    ones too, as they were issued."""
    query = select(
        Invoice.id, Invoice.issued_at, Invoice.access_key, Invoice.status, Invoice.proc_xml
    )
    query = query.where(issued_in(month), Invoice.proc_xml.is_not(None))
    return query.order_by(Invoice.issued_at, Invoice.id)


ISSUED = (InvoiceStatus.AUTHORIZED, InvoiceStatus.CANCELLED)


class IssuedFile(NamedTuple):
    id: int
    access_key: str
    status: InvoiceStatus
    proc_xml: bytes


def files_by_ids(ids: Sequence[int]) -> list[IssuedFile]:
    """Of those that are issued, in the order of `ids`."""
    query = select(Invoice.id, Invoice.access_key, Invoice.status, Invoice.proc_xml).where(
        Invoice.id.in_(ids), Invoice.status.in_(ISSUED), Invoice.proc_xml.is_not(None)
    )
    found = {
        row.id: IssuedFile(row.id, row.access_key or "", row.status, row.proc_xml or b"")
        for row in db.session.execute(query)
    }
    return [found[invoice_id] for invoice_id in dict.fromkeys(ids) if invoice_id in found]


def issued_among(ids: Sequence[int], with_cancelled: bool) -> set[int]:
    """Those of `ids` that are authorized, or were before they were cancelled; without cancelled
    ones those that a parcel leaves with."""
    query = select(Invoice.id).where(Invoice.id.in_(ids), Invoice.status.in_(ISSUED))
    if not with_cancelled:
        query = query.where(SHIPS)
    return set(db.session.scalars(query))


def invoice_by_id(invoice_id: int) -> Invoice:
    """One invoice with all that its page shows of the sale, and what followed it. Raises
    NotFound."""
    sale = joinedload(Invoice.sale)
    origin = joinedload(Invoice.origin).undefer(Invoice.proc_xml)
    query = select(Invoice).options(
        sale.joinedload(Sale.customer),
        sale.selectinload(Sale.lines),
        origin,
        undefer(Invoice.former_xml),
        undefer(Invoice.signed_xml),
        joinedload(Invoice.events),
    )
    invoice = db.session.scalars(query.where(Invoice.id == invoice_id)).unique().one_or_none()
    if invoice is None:
        raise NotFound(NO_INVOICE)
    return invoice


def invoices_to_decide(ids: Sequence[int]) -> dict[int, Invoice]:
    """With their sales, which are locked in one order whoever asks; by id."""
    query = _with_sales(select(Invoice).where(Invoice.id.in_(ids)).join(Invoice.sale))
    query = query.order_by(Invoice.sale_id).with_for_update(of=Sale)
    rows = db.session.scalars(query.execution_options(populate_existing=True))
    return {invoice.id: invoice for invoice in rows}


def locked_invoice(invoice_id: int) -> Invoice:
    """With what was sent; workers and others wait for it. Raises NotFound."""
    query = select(Invoice).where(Invoice.id == invoice_id).options(undefer(Invoice.signed_xml))
    query = query.with_for_update(of=Invoice).execution_options(populate_existing=True)
    invoice = db.session.scalar(query)
    if invoice is None:
        raise NotFound(NO_INVOICE)
    return invoice


# Of each in the queue what its line there tells, warnings included: it stands beside every note.
_SALE = joinedload(Invoice.sale)
_QUEUED = (
    load_only(Invoice.purpose, Invoice.total, Invoice.findings, Invoice.created_at),
    _SALE.load_only(
        Sale.reference, Sale.customer_name, Sale.zip_code, Sale.country, Sale.address_warnings
    ),
    _SALE.joinedload(Sale.customer).load_only(Customer.zip_code, Customer.country),
)


def review_queue() -> list[Invoice]:
    """What waits for a decision, the oldest first."""
    query = select(Invoice).where(VIEWS["review"]).options(*_QUEUED)
    return list(db.session.scalars(query.order_by(Invoice.id).limit(MOST_QUEUED)))


def invoice_of(sale_id: int) -> Invoice | None:
    """The sale's present NF-e; an earlier one that was discarded does not count."""
    query = select(Invoice).where(Invoice.sale_id == sale_id, Invoice.is_present)
    return db.session.scalar(query.order_by(Invoice.id.desc()).limit(1))


# Statements that every batch of sales needs are built once.
_OF_SALES = Invoice.sale_id.in_(bindparam("sale_ids", expanding=True))
_PRESENT = select(Invoice).where(_OF_SALES, Invoice.is_present).order_by(Invoice.id)
_PENDING = select(Invoice).where(
    _OF_SALES, Invoice.status == InvoiceStatus.PENDING, Invoice.purpose == Purpose.SALE
)


def invoices_of(sale_ids: Sequence[int]) -> dict[int, Invoice]:
    found = db.session.scalars(_PRESENT, {"sale_ids": sale_ids})
    return {invoice.sale_id: invoice for invoice in found}


def pending_invoices_of(sale_ids: Sequence[int]) -> dict[int, Invoice]:
    found = db.session.scalars(_PENDING, {"sale_ids": sale_ids})
    return {invoice.sale_id: invoice for invoice in found}


def returns_of(sale_id: int) -> list[Invoice]:
    """The sale's return notes, those that were dropped or cancelled too."""
    query = select(Invoice).where(Invoice.sale_id == sale_id, Invoice.purpose == Purpose.RETURN)
    return list(db.session.scalars(query.order_by(Invoice.id)))


def review_policy() -> str:
    settings = current_app.extensions["settings"]
    return settings.review_policy if settings.review_policy_from_env else the_shop().review_policy


def last_number(series: int) -> int:
    """The highest that an NF-e of the series bears, that was voided or is about to be, or that
    another system has used; 0 before there is one."""
    highest = (
        select(func.max(Invoice.number)).where(Invoice.series == series),
        select(func.max(Voiding.last)).where(
            Voiding.series == series, Voiding.status != VoidingStatus.REFUSED
        ),
        select(func.max(ForeignNumber.number)).where(ForeignNumber.series == series),
    )
    found = db.session.execute(select(*(query.scalar_subquery() for query in highest))).one()
    return max(number or 0 for number in found)


# -- what follows them ----------------------------------------------------------------------------


def events_of(invoice_id: int) -> Select[Any]:
    """In the order in which they were asked for."""
    query: Select[Any] = select(InvoiceEvent).where(InvoiceEvent.invoice_id == invoice_id)
    return query.options(joinedload(InvoiceEvent.invoice)).order_by(InvoiceEvent.id)


def event_by_id(invoice_id: int, event_id: int) -> InvoiceEvent:
    """Raises NotFound."""
    event = db.session.scalar(events_of(invoice_id).where(InvoiceEvent.id == event_id))
    if event is None:
        raise NotFound(_l("This NF-e has no such event."))
    return event


def events_of_month(month: dt.date) -> Select[Any]:
    """Id, moment of registration, access key, kind, sequence and procEventoNFe of the events that
    were registered in a month."""
    first, end = month_bounds(month)
    at = InvoiceEvent.registered_at
    event, key = InvoiceEvent, Invoice.access_key
    columns: list[Any] = [event.id, at, key, event.kind, event.sequence, event.proc_xml]
    query = select(*columns).join(Invoice, Invoice.id == event.invoice_id)
    counts = and_(event.has_file, Invoice.series < TEST_SERIES)
    return query.where(at >= first, at < end, counts).order_by(at, event.id)


def voidings_of_month(month: dt.date) -> Select[Any]:
    """Id, moment of receipt, series, first and last number and ProcInutNFe of the voidings that
    were done in a month."""
    first, end = month_bounds(month)
    at = Voiding.received_at
    columns: list[Any] = [Voiding.id, at, Voiding.series, Voiding.first, Voiding.last]
    query = select(*columns, Voiding.proc_xml)
    counts = and_(Voiding.has_file, Voiding.series < TEST_SERIES)
    return query.where(at >= first, at < end, counts).order_by(at, Voiding.id)


def pending_cancellation(invoice_id: int) -> InvoiceEvent | None:
    """That of an NF-e which is at the authority."""
    asked = events_of(invoice_id).where(
        InvoiceEvent.kind == EventKind.CANCELLATION, InvoiceEvent.status == EventStatus.PENDING
    )
    return db.session.scalar(asked)


def voidings_of(series: Sequence[int]) -> Select[Any]:
    return select(Voiding).where(Voiding.series.in_(series))


def voiding_by_id(voiding_id: int) -> Voiding:
    """Raises NotFound."""
    voiding = db.session.get(Voiding, voiding_id)
    if voiding is None:
        raise NotFound(_l("There is no such voiding."))
    return voiding
