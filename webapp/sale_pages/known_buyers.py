"""The buyer of a typed sale, when the register knows the document: shown before anything of theirs
is used, and asked about when the name is another one."""

from dataclasses import dataclass

from flask_babel import gettext as _

from webapp.customers.customer_edits import is_named, with_document
from webapp.customers.models import Customer
from webapp.http.fields import read_phone
from webapp.http.forms import Form
from webapp.platform.documents import DocumentKind, document_kind, read_document
from webapp.platform.errors import FieldError, Invalid
from webapp.platform.transactions import reading_ahead
from webapp.sales.forms import BuyerIn
from webapp.sales.models import Sale

CONFIRMED = "customer_confirmed"


@dataclass(frozen=True)
class KnownBuyer:
    """Who has the document that is typed. `differs`: under another name than the one typed.
    `is_taken`: what the register has of them stands in the form already."""

    customer: Customer
    differs: bool
    confirmed: bool
    is_taken: bool

    @property
    def is_foreign(self) -> bool:
        return document_kind(self.customer.document) is DocumentKind.FOREIGN


@dataclass(frozen=True)
class _Named:
    name: str


def known_buyer(form: Form, confirmed: str = "") -> KnownBuyer | None:
    """`confirmed`: the id of the customer of whom it was said that they go by another name, too."""
    country = form.value("address.country").upper() or "BR"
    document = read_document(form.value("customer.document"), country)
    customer = with_document(document) if document else None
    if customer is None:
        return None
    name = form.value("customer.name").strip()
    differs = bool(name) and not is_named(customer, _Named(name))
    return KnownBuyer(
        customer,
        differs,
        confirmed == str(customer.id),
        bool(name) and not differs and _is_taken(form, customer),
    )


def _is_taken(form: Form, customer: Customer) -> bool:
    typed = form.value("customer.email").strip(), read_phone(form.value("customer.phone").strip())
    return typed == (customer.email, read_phone(customer.phone)) and bool(
        form.value("address.zip_code") or not customer.zip_code
    )


def ask_who_buys(buyer: BuyerIn, confirmed: str, sale: Sale | None = None) -> None:
    """Raises Invalid when the document is somebody's of another name and nobody said that this is
    right. What a `sale` under change holds already was answered when it was entered."""
    if sale and (sale.customer_document, sale.customer_name) == (buyer.document, buyer.name):
        return
    with reading_ahead():
        customer = with_document(buyer.document)
    if customer is None or is_named(customer, buyer) or confirmed == str(customer.id):
        return
    if document_kind(buyer.document) is DocumentKind.FOREIGN:
        message = _(
            "This document belongs to %(name)s: use the register, correct it, or confirm the name.",
            name=customer.name,
        )
    else:
        message = _(
            "This CPF or CNPJ belongs to %(name)s: use the register, correct it, or confirm the "
            "name.",
            name=customer.name,
        )
    raise Invalid([FieldError(CONFIRMED, message)])
