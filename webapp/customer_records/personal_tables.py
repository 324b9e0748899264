"""What the shop keeps of one person, as tables for a spreadsheet: in words, where the JSON beside
them has codes."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, or_, select
from sqlalchemy.orm import contains_eager

from webapp.audit.history import who
from webapp.audit.models import AuditEntry
from webapp.audit.pages import AUDIT
from webapp.customers.listing import CUSTOMERS
from webapp.customers.models import Customer
from webapp.fulfilment.memberships.listing import MEMBERSHIP_CHANGES
from webapp.fulfilment.memberships.models import Membership, MembershipEvent
from webapp.http.csv import CsvForm
from webapp.http.formatting import access_key_text, country_text, phone_text
from webapp.http.zips import File
from webapp.invoices.models import Invoice
from webapp.messages.listing import MESSAGES
from webapp.messages.models import Message
from webapp.notes.models import StaffNote
from webapp.payments.models import Receipt
from webapp.platform.database import db
from webapp.sales.models import Sale
from webapp.sales.queries import load_lines, sales_of_customer
from webapp.staff.access import shown_document
from webapp.web.listings import Cell


class PersonalTable(NamedTuple):
    """`rows`: those of one customer, the oldest first."""

    name: str
    rows: Callable[[Customer], Sequence[Any]]
    cells: Sequence[Cell]


def table_files(customer: Customer, form: CsvForm) -> Iterator[File]:
    """One for each kind of which there is something."""
    for table in TABLES:
        lines = [[cell.value(row) for cell in table.cells] for row in table.rows(customer)]
        if lines:
            header = [str(cell.label) for cell in table.cells]
            yield f"{table.name}.csv", form.begin(header) + form.lines(lines)


def _found(query: Select[Any]) -> list[Any]:
    return list(db.session.scalars(query))


def _orders(customer: Customer) -> list[Sale]:
    found = _found(sales_of_customer(customer.id).order_by(Sale.id))
    load_lines(found)
    return found


def _of_orders(model: Any, customer: Customer) -> Select[Any]:
    query = select(model).join(model.sale).options(contains_eager(model.sale))
    return query.where(Sale.customer_id == customer.id).order_by(model.id)


def _notes(customer: Customer) -> list[Invoice]:
    return _found(_of_orders(Invoice, customer).where(Invoice.access_key.is_not(None)))


def _payments(customer: Customer) -> Sequence[Any]:
    query = select(Receipt, Sale.reference).join(Sale, Sale.id == Receipt.sale_id)
    query = query.where(Sale.customer_id == customer.id).order_by(Receipt.id)
    return db.session.execute(query).all()


def _membership(customer: Customer) -> list[MembershipEvent]:
    theirs = select(Membership.id).where(Membership.customer_id == customer.id)
    query = select(MembershipEvent).where(MembershipEvent.membership_id.in_(theirs))
    return _found(query.order_by(MembershipEvent.id))


def _written(customer: Customer) -> list[StaffNote]:
    theirs = select(Sale.id).where(Sale.customer_id == customer.id)
    about = or_(StaffNote.customer_id == customer.id, StaffNote.sale_id.in_(theirs))
    return _found(select(StaffNote).where(about).order_by(StaffNote.id))


def _audit(customer: Customer) -> Sequence[Any]:
    about = AuditEntry.subject_id == str(customer.id)
    query = select(AuditEntry).where(AuditEntry.subject == "customers", about)
    return AUDIT.gather(_found(query.order_by(AuditEntry.id)))


def _field(label: Any, name: str) -> Cell:
    return Cell(label, lambda row: getattr(row, name))


def _label(label: Any, name: str) -> Cell:
    return Cell(label, lambda row: str(getattr(row, name).label))


def _items(sale: Sale) -> str:
    return ", ".join(f"{line.quantity} × {line.name} ({line.sku})" for line in sale.lines)


_PLACE = (
    _field(_l("Street"), "street"),
    _field(_l("Number"), "number"),
    _field(_l("Complement"), "complement"),
    _field(_l("Neighborhood"), "neighborhood"),
    _field(_l("City"), "city"),
    _field(_l("State"), "state"),
    _field(_l("Postal code (CEP)"), "zip_code"),
    Cell(_l("Country"), lambda row: country_text(row.country)),
)
_ORDER = Cell(_l("Order"), lambda row: row.sale.reference)
TABLES = (
    PersonalTable("customer", lambda customer: [customer], CUSTOMERS.cells),
    PersonalTable(
        "addresses",
        lambda customer: customer.addresses,
        (_field(_l("What it is called"), "label"), *_PLACE, _field(_l("Since"), "created_at")),
    ),
    PersonalTable(
        "orders",
        _orders,
        (
            _field(_l("Order"), "reference"),
            _field(_l("When"), "created_at"),
            Cell(_l("Items"), _items),
            _label(_l("Status"), "status"),
            Cell(_l("Payment"), lambda sale: ", ".join(map(str, sale.payment_labels))),
            _field(_l("Paid"), "paid_at"),
            _field(_l("Total"), "total"),
            _field(_l("Given back"), "refunded_amount"),
            _field(_l("Name"), "customer_name"),
            Cell(_l("CPF or CNPJ"), lambda sale: shown_document(sale.customer_document)),
            _field(_l("E-mail"), "customer_email"),
            Cell(_l("Phone"), lambda sale: phone_text(sale.customer_phone)),
            *_PLACE,
            _label(_l("Shipping"), "shipping"),
            _field(_l("Carrier"), "carrier"),
            _field(_l("Tracking code"), "tracking_code"),
        ),
    ),
    PersonalTable(
        "nfe",
        _notes,
        (
            _ORDER,
            _field(_l("Series"), "printed_series"),
            _field(_l("Number"), "number"),
            Cell(_l("Access key"), lambda invoice: access_key_text(invoice.access_key)),
            _label(_l("Status"), "status"),
            _field(_l("Issued"), "issued_at"),
            _field(_l("Total"), "total"),
        ),
    ),
    PersonalTable(
        "payments",
        _payments,
        (
            Cell(_l("Order"), lambda row: row.reference),
            Cell(_l("Day"), lambda row: row.Receipt.day),
            Cell(_l("Amount"), lambda row: row.Receipt.amount),
            Cell(_l("Payment's id"), lambda row: row.Receipt.payment_id),
            Cell(_l("Text"), lambda row: row.Receipt.text),
        ),
    ),
    PersonalTable("emails", lambda customer: _found(_of_orders(Message, customer)), MESSAGES.cells),
    PersonalTable("membership", _membership, MEMBERSHIP_CHANGES.cells),
    PersonalTable(
        "notes",
        _written,
        (
            _field(_l("When"), "created_at"),
            Cell(_l("Who"), lambda note: who(note.actor).name),
            _field(_l("Text"), "text"),
        ),
    ),
    PersonalTable("audit", _audit, AUDIT.cells),
)
