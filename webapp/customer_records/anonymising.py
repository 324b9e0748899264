"""A customer is made nobody (LGPD, art. 18): what tax law keeps stays, all else goes. It cannot be
undone. What stands where, and what becomes of it: docs/privacy.md."""

import datetime as dt
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, bindparam, delete, or_, select, update

from webapp.addresses.parts import PARTS
from webapp.audit.models import AuditEntry
from webapp.audit.tracking import record
from webapp.customers.customer_edits import COPIED
from webapp.customers.models import Customer, CustomerAddress, Taxpayer
from webapp.fulfilment.labels.models import Label
from webapp.fulfilment.memberships.models import Membership, MembershipEvent
from webapp.fulfilment.parcels.models import PackingSlip
from webapp.fulfilment.tasks.models import Task
from webapp.imports.kinds import LONGEST_KEY
from webapp.imports.models import Import, ImportKind, ImportRow
from webapp.incoming.models import IncomingNote
from webapp.invoices.models import Invoice
from webapp.messages.models import Message
from webapp.notes.models import StaffNote
from webapp.payments.models import PaymentNotice, Receipt
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.errors import NotFound, Refusal
from webapp.platform.searching import matching
from webapp.platform.text import fold, searchable
from webapp.sales.models import Sale, Shipping, Status
from webapp.views.models import ExportFile

# A row of these at once.
AT_ONCE = 500
# What an audit entry tells of a person; an entry keeps that it was changed, and not what to.
PERSONAL = frozenset(
    (
        *("name", "document", "email", "phone", "state_registration", "text", "label", "notes"),
        *("customer_name", "customer_document", "customer_email", "customer_phone"),
        *("recipient", "outcome", "invoice_details", "merged_from", "merged_into"),
        *(part for part in PARTS if part != "country"),
    )
)


_sales = Sale.__table__
_FOUND_BY = (
    update(_sales)
    .where(_sales.c.id == bindparam("row_id"))
    .values(search_text=bindparam("text"), version=_sales.c.version + 1)
)


class UnderWay(Refusal):
    pass


def anonymise(customer_id: int, typed_name: str) -> Customer:
    """`typed_name`: the customer's, by whoever means it. Said twice, it is done once. Raises
    UnderWay while an order of theirs is, and Refusal for another name."""
    query = select(Customer).where(Customer.id == customer_id).with_for_update()
    customer = db.session.scalar(query)
    if customer is None:
        raise NotFound(_("There is no such customer."))
    if customer.anonymised_at is not None:
        return customer
    customer.refuse_gone()
    if _bare(typed_name) != _bare(customer.name):
        raise Refusal(_("Type the customer's name as it stands on their page."), "name")
    refuse_under_way(customer)
    _forget(customer, utc_now())
    return customer


def refuse_under_way(customer: Customer) -> None:
    found = list(db.session.scalars(sales_under_way(customer.id).limit(5)))
    if found:
        orders = ", ".join(sale.reference for sale in found)
        raise UnderWay(
            _("These orders are under way: %(orders)s. Finish or cancel them first.", orders=orders)
        )


def sales_under_way(customer_id: int) -> Select:
    final = (Status.INVOICED, Status.COMPLETED, Status.CANCELLED)
    to_leave = Sale.shipping.in_((Shipping.TO_PACK, Shipping.PACKED))
    is_theirs = Sale.customer_id == customer_id
    query = select(Sale).where(is_theirs, or_(Sale.status.not_in(final), to_leave))
    return query.order_by(Sale.id)


def kept_by_law() -> ColumnElement[bool]:
    """Orders of which a number of an NF-e was used, or a service was sold: the copy of who bought
    is part of the shop's books."""
    numbered = select(Invoice.sale_id).where(Invoice.access_key.is_not(None))
    return or_(Sale.id.in_(numbered), Sale.status == Status.COMPLETED)


def _forget(customer: Customer, now: dt.datetime) -> None:
    nobody = _("Anonymised #%(id)s", id=customer.id)
    document = customer.document
    ids = [customer.id, *db.session.scalars(_pointers_to(customer.id))]
    theirs = list(db.session.scalars(select(Sale.id).where(Sale.customer_id == customer.id)))
    _forget_entries("customers", ids, nobody)
    _drop(CustomerAddress, CustomerAddress.customer_id == customer.id)
    _drop(StaffNote, StaffNote.customer_id == customer.id)
    for some in _by_many(theirs):
        _forget_orders(some, nobody)
    _forget_memberships(ids)
    _forget_imported({document, fold(f"{customer.email} {customer.name}").strip()}, nobody)
    if document:
        _forget_notes_of(document, nobody)
    _empty(customer, ids, nobody, now)
    # Lists as they stood; who opens their link has them made anew.
    db.session.execute(delete(ExportFile))
    record(db.session, "anonymised", "customers", customer.id, nobody)
    db.session.flush()
    db.session.expire_all()


def _drop(model: Any, among: ColumnElement[bool]) -> None:
    """Rows that tell of nobody else, and what the audit has of them."""
    _forget_entries(model.__tablename__, db.session.scalars(select(model.id).where(among)), "")
    db.session.execute(delete(model).where(among))


def _empty(customer: Customer, ids: list[int], nobody: str, now: dt.datetime) -> None:
    """Past the unit of work, which would tell the audit what stood there."""
    blank: dict[str, Any] = {name: "" for name in (*COPIED, *PARTS) if name != "country"}
    blank |= {"name": nobody, "document": None, "taxpayer": Taxpayer.NON_CONTRIBUTOR, "ibge": ""}
    blank |= {"address_source": {}, "address_warnings": [], "search_text": ""}
    blank |= {"version": Customer.version + 1, "anonymised_at": now, "updated_at": now}
    db.session.execute(update(Customer).where(Customer.id.in_(ids)).values(blank))


def _forget_orders(ids: tuple[int, ...], nobody: str) -> None:
    among = Sale.id.in_(ids)
    _set(Sale, among & ~kept_by_law(), _nobodys_copy(nobody))
    _set(Sale, among, {"customer_email": "", "customer_phone": "", "is_anonymised": True})
    _forget_what_they_are_found_by(among)
    _forget_mail(ids)
    _drop(StaffNote, StaffNote.sale_id.in_(ids))
    _set(PackingSlip, PackingSlip.sale_id.in_(ids), {"notes": ""})
    slips = select(PackingSlip.id).where(PackingSlip.sale_id.in_(ids))
    _set(Label, Label.slip_id.in_(slips), {"file": None, "answer": ""})
    _set(Receipt, Receipt.sale_id.in_(ids), {"text": ""})
    _set(PaymentNotice, PaymentNotice.sale_id.in_(ids), {"body": ""})
    tasks = db.session.execute(select(Task.id, Task.params).where(Task.sale_id.in_(ids))).all()
    for task_id, params in tasks:
        told = params | ({"customer": nobody} if "customer" in params else {})
        _set(Task, Task.id == task_id, {"params": told, "outcome": ""})
    unnumbered = Invoice.sale_id.in_(ids) & Invoice.access_key.is_(None)
    draft: dict[str, Any] = {"former_xml": None, "signed_xml": None, "findings": [], "comment": ""}
    _set(Invoice, unnumbered, draft)
    _forget_order_entries(db.session.scalars(select(Sale.id).where(among & kept_by_law())))
    _forget_order_entries(db.session.scalars(select(Sale.id).where(among & ~kept_by_law())), "")


def _forget_order_entries(ids: Iterable[int], why: str | None = None) -> None:
    """Of orders, and of what hangs on them."""
    for some in _by_many(ids):
        _forget_entries("sales", some, why=why)
        for model in (Message, PackingSlip, Task):
            rows = db.session.scalars(select(model.id).where(model.sale_id.in_(some)))
            _forget_entries(model.__tablename__, rows, why=why)


def _nobodys_copy(nobody: str) -> dict[str, Any]:
    blank: dict[str, Any] = {part: "" for part in PARTS if part != "country"}
    blank |= {"customer_name": nobody, "customer_document": "", "ibge": "", "address_source": {}}
    blank |= {"customer_state_registration": "", "address_warnings": [], "invoice_details": None}
    return blank


def _forget_what_they_are_found_by(among: ColumnElement[bool]) -> None:
    rows = db.session.execute(select(Sale.id, Sale.reference, Sale.tracking_code).where(among))
    found_by = [
        {"row_id": sale_id, "text": searchable(reference, tracking_code or "")}
        for sale_id, reference, tracking_code in rows
    ]
    db.session.connection().execute(_FOUND_BY, found_by)


def _forget_mail(ids: tuple[int, ...]) -> None:
    """What has not gone out yet does not."""
    for message in db.session.scalars(select(Message).where(Message.sale_id.in_(ids))):
        message.cancel()
    db.session.flush()
    _set(Message, Message.sale_id.in_(ids), {"recipient": "", "error": ""})


def _forget_memberships(ids: list[int]) -> None:
    """The membership itself names nobody; what staff wrote about it may."""
    theirs = select(Membership.id).where(Membership.customer_id.in_(ids))
    _set(MembershipEvent, MembershipEvent.membership_id.in_(theirs), {"reason": ""})
    _forget_entries("memberships", db.session.scalars(theirs), why="")


def _forget_notes_of(document: str, nobody: str) -> None:
    """Past NF-e that came in as files: the files stay, and are found by their key alone."""
    found = matching(IncomingNote, document) & (IncomingNote.recipient_document == document)
    query = select(IncomingNote.id, IncomingNote.access_key).where(found)
    for note_id, access_key in db.session.execute(query).all():
        told = {"recipient_name": nobody, "recipient_document": "", "search_text": access_key}
        _set(IncomingNote, IncomingNote.id == note_id, told)


def _forget_imported(keys: set[str], nobody: str) -> None:
    """Rows of taken tables of customers, by the keys that such an import gives them."""
    taken = (Import.kind == ImportKind.CUSTOMERS) & Import.finished_at.is_not(None)
    theirs = ImportRow.key.in_([key[:LONGEST_KEY] for key in keys if key])
    blank = {"name": nobody, "key": "", "facts": {"said": {}}, "problems": []}
    _set(ImportRow, ImportRow.import_id.in_(select(Import.id).where(taken)) & theirs, blank)


def _forget_entries(
    subject: str, ids: Iterable[int], name: str | None = None, why: str | None = None
) -> None:
    """Of what the audit kept about these rows; `name`, `why`: what the row is called and what was
    said of the change from now on, where that does not stay."""
    for some in _by_many(ids):
        about = AuditEntry.subject_id.in_([str(row_id) for row_id in some])
        for entry in db.session.scalars(
            select(AuditEntry).where(AuditEntry.subject == subject, about)
        ):
            entry.before, entry.after = _scrubbed(entry.before), _scrubbed(entry.after)
            entry.subject_name = entry.subject_name if name is None else name
            entry.why = entry.why if why is None else why
        db.session.flush()


def _scrubbed(told: dict[str, Any]) -> dict[str, Any]:
    return {key: "" if key in PERSONAL and kept else kept for key, kept in told.items()}


def _by_many(ids: Iterable[int]) -> Iterator[tuple[int, ...]]:
    left = iter(ids)
    while some := tuple(islice(left, AT_ONCE)):
        yield some


def _pointers_to(customer_id: int) -> Select:
    return select(Customer.id).where(Customer.merged_into_id == customer_id)


def _set(model: Any, which: ColumnElement[bool], values: dict[str, Any]) -> None:
    db.session.execute(
        update(model).where(which).values(values), execution_options={"synchronize_session": False}
    )


def _bare(name: str) -> str:
    return " ".join(fold(name).split())
