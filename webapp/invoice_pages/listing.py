"""The list of NF-e as a declaration: its filters from an address, its orders, its columns."""

import datetime as dt
from typing import Any, NamedTuple

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select

from webapp.http.formatting import access_key_text
from webapp.http.lists import Order, Orders
from webapp.http.periods import Period
from webapp.http.query import query_month, query_word
from webapp.invoices.issues import reason_label
from webapp.invoices.models import Invoice
from webapp.invoices.queries import VIEWS, WAITS_FOR_PERSON, invoices, named_invoices
from webapp.platform.clock import utc_now
from webapp.platform.text import storable
from webapp.staff.access import shown_document
from webapp.web.listings import Asked as Query
from webapp.web.listings import Cell, Listing

ORDERS = {
    "when": Order((Invoice.id,), down=True),
    "total": Order((Invoice.total, Invoice.id), down=True),
}
# What waits for a person: who waits longest comes first.
QUEUE_ORDERS = ORDERS | {"when": Order((Invoice.created_at, Invoice.id))}
QUEUES = ("review", "errors", "returned", "rejected")
# For so many days at least.
AGES = {"1": 1, "3": 3, "7": 7}
MONTH_ORDERS = ORDERS | {"when": Order((Invoice.moment, Invoice.id), down=True)}


class Asked(NamedTuple):
    """The filters of the list that hold."""

    view: str
    q: str
    month: dt.date | None
    reason: str
    age: int
    period: Period

    @classmethod
    def of(cls, query: Query) -> "Asked":
        """What a queue is sorted by counts in a queue alone. Raises WrongFilter."""
        view, reason, age = query_word("status", VIEWS, query), "", 0
        if view in QUEUES:
            reason = storable(query.get("reason", ""))[:40]
            age = AGES.get(query_word("age", AGES, query), 0)
        period = Period.asked(query)
        return cls(view, query.get("q", ""), query_month(asked=query), reason, age, period)

    @property
    def is_queue(self) -> bool:
        return self.view in QUEUES and not self._has_days

    @property
    def is_narrowed(self) -> bool:
        return bool(self.view or self.q.strip() or self._has_days)

    @property
    def _has_days(self) -> bool:
        return bool(self.month or self.period.since or self.period.until)

    @property
    def orders(self) -> Orders:
        if self.is_queue:
            return QUEUE_ORDERS
        return MONTH_ORDERS if self._has_days else ORDERS

    def rows(self) -> Select[Any]:
        found = invoices(self.q, self.month, self.period.begins, self.period.ends)
        if self.view:
            found = found.where(VIEWS[self.view])
        if self.reason:
            found = found.where(Invoice.reason == self.reason)
        if self.age:
            found = found.where(waits_since(self.age))
        return found.where(WAITS_FOR_PERSON) if self.is_queue else found


def waits_since(days: int) -> ColumnElement[bool]:
    return Invoice.created_at <= utc_now() - dt.timedelta(days=days)


def _field(label: Any, name: str) -> Cell:
    return Cell(label, lambda invoice: getattr(invoice, name))


INVOICES = Listing(
    name="invoices",
    label=_l("NF-e"),
    endpoint="invoices.index",
    rows=lambda query: Asked.of(query).rows(),
    orders=lambda query: Asked.of(query).orders,
    named=named_invoices,
    cells=(
        Cell(_l("Order"), lambda invoice: invoice.sale.reference),
        _field(_l("Series"), "printed_series"),
        _field(_l("Number"), "number"),
        Cell(_l("Access key"), lambda invoice: access_key_text(invoice.access_key or "")),
        Cell(_l("Status"), lambda invoice: str(invoice.label)),
        Cell(
            _l("Return of"), lambda invoice: invoice.origin.printed_number if invoice.origin else ""
        ),
        Cell(_l("Customer"), lambda invoice: invoice.sale.customer_name),
        Cell(_l("CPF or CNPJ"), lambda invoice: shown_document(invoice.sale.customer_document)),
        Cell(_l("State"), lambda invoice: invoice.sale.state),
        _field(_l("Total"), "total"),
        _field(_l("Begun"), "created_at"),
        _field(_l("Issued"), "issued_at"),
        _field(_l("Authorized"), "authorized_at"),
        _field(_l("Protocol"), "protocol"),
        Cell(_l("Reason"), lambda invoice: reason_label(invoice.reason) if invoice.reason else ""),
    ),
    filters=("q", "status", "month", "reason", "age", "since", "until"),
    record=("invoices.page", "invoice_id"),
)
