"""All that the shop keeps of one person, as LGPD (art. 18) owes it to them: one zip with a JSON of
everything, in codes, and a table of each kind for a spreadsheet, in words."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import selectinload

from webapp.audit.models import AuditEntry
from webapp.customer_records.personal_tables import table_files
from webapp.customers.customer_edits import facts_of
from webapp.customers.models import Customer
from webapp.fulfilment.memberships.models import Membership, MembershipEvent
from webapp.http.csv import CsvForm, reader_form
from webapp.http.zips import File
from webapp.invoices.models import Invoice
from webapp.messages.models import Message
from webapp.notes.models import StaffNote
from webapp.payments.models import Receipt
from webapp.platform.database import db
from webapp.sales.models import Sale

AT_ONCE = 500
Rows = list[dict[str, Any]]


def data_of(customer: Customer) -> dict[str, Any]:
    return {
        "customer": _customer(customer),
        "orders": _orders(customer.id),
        "nfe": _notes(customer.id),
        "payments": _payments(customer.id),
        "emails": _mails(customer.id),
        "membership": _membership(customer.id),
        "notes": [
            {"at": note.created_at, "by": note.actor, "text": note.text}
            for note in _written(customer.id)
        ],
        "audit": _audit(customer),
    }


def _written(customer_id: int) -> Iterable[StaffNote]:
    """Notes on them and on their orders, the newest first."""
    theirs = select(Sale.id).where(Sale.customer_id == customer_id)
    query = select(StaffNote).where(
        or_(StaffNote.customer_id == customer_id, StaffNote.sale_id.in_(theirs))
    )
    return db.session.scalars(query.order_by(StaffNote.id.desc()))


def all_files_of(customer: Customer) -> list[File]:
    """For their reader, made at once: nothing is read while they are sent."""
    return list(files_of(customer, reader_form()))


def files_of(customer: Customer, form: CsvForm) -> Iterator[File]:
    written = json.dumps(data_of(customer), ensure_ascii=False, indent=1, default=str)
    yield "data.json", written.encode()
    yield from table_files(customer, form)


def _customer(customer: Customer) -> dict[str, Any]:
    places = [
        {"label": place.label, **place.address_parts, "since": place.created_at}
        for place in customer.addresses
    ]
    merged = select(Customer.id).where(Customer.merged_into_id == customer.id)
    return {
        "id": customer.id,
        **facts_of(customer),
        "language": customer.locale,
        "other_addresses": places,
        "former_numbers": list(db.session.scalars(merged)),
        "created_at": customer.created_at,
        "updated_at": customer.updated_at,
    }


def _orders(customer_id: int) -> Rows:
    query = select(Sale).where(Sale.customer_id == customer_id).order_by(Sale.id)
    query = query.options(selectinload(Sale.lines)).execution_options(yield_per=AT_ONCE)
    return [_order(sale) for sale in db.session.scalars(query)]


def _order(sale: Sale) -> dict[str, Any]:
    told = ("name", "document", "email", "phone")
    return {
        "id": sale.id,
        "reference": sale.reference,
        "status": str(sale.status),
        "shipping": str(sale.shipping),
        "created_at": sale.created_at,
        "paid_at": sale.paid_at,
        "total": sale.total,
        "given_back": sale.refunded_amount,
        "payment": str(sale.payment_method),
        **{name: getattr(sale, f"customer_{name}") for name in told},
        **sale.address_parts,
        "carrier": sale.carrier,
        "tracking_code": sale.tracking_code,
        "items": [
            {"sku": line.sku, "name": line.name, "quantity": line.quantity, "total": line.total}
            for line in sale.lines
        ],
        "details": sale.invoice_details or {},
    }


def _notes(customer_id: int) -> Rows:
    facts = (Invoice.sale_id, Invoice.series, Invoice.number, Invoice.access_key, Invoice.status)
    query = select(*facts, Invoice.issued_at, Invoice.total).join(Invoice.sale)
    query = query.where(Sale.customer_id == customer_id, Invoice.access_key.is_not(None))
    rows = db.session.execute(query.order_by(Invoice.id)).mappings()
    return [dict(row) | {"status": str(row["status"])} for row in rows]


def _payments(customer_id: int) -> Rows:
    """What came for their orders; the text is a bank's."""
    facts = (Receipt.sale_id, Receipt.day, Receipt.amount, Receipt.payment_id, Receipt.text)
    query = select(*facts).join(Sale, Sale.id == Receipt.sale_id)
    query = query.where(Sale.customer_id == customer_id).order_by(Receipt.id)
    return [dict(row) for row in db.session.execute(query).mappings()]


def _mails(customer_id: int) -> Rows:
    query = select(Message).join(Message.sale).where(Sale.customer_id == customer_id)
    return [
        {
            "order": message.sale_id,
            "template": message.template,
            "recipient": message.recipient,
            "status": str(message.status),
            "written_at": message.created_at,
            "sent_at": message.sent_at,
        }
        for message in db.session.scalars(query.order_by(Message.id))
    ]


def _membership(customer_id: int) -> dict[str, Any] | None:
    found = db.session.scalar(select(Membership).where(Membership.customer_id == customer_id))
    if found is None:
        return None
    events = select(MembershipEvent).where(MembershipEvent.membership_id == found.id)
    return {
        "plan": found.plan,
        "status": str(found.status),
        "since": found.since,
        "ends_on": found.ends_on,
        "events": [
            {"at": event.at, "kind": event.kind, "plan": event.plan, "reason": event.reason}
            for event in db.session.scalars(events.order_by(MembershipEvent.id))
        ],
    }


def _audit(customer: Customer) -> Rows:
    about = AuditEntry.subject_id == str(customer.id)
    query = select(AuditEntry).where(AuditEntry.subject == "customers", about)
    return [
        {
            "at": entry.at,
            "by": entry.actor,
            "action": entry.action,
            "before": entry.before,
            "after": entry.after,
            "why": entry.why,
        }
        for entry in db.session.scalars(query.order_by(AuditEntry.id))
    ]
