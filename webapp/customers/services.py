"""Keeping customers: one per CPF or CNPJ, however many sales name it."""

from flask_babel import gettext as _
from sqlalchemy import select

from webapp.addresses.parts import PARTS
from webapp.customers.forms import AddressIn, CustomerIn
from webapp.customers.models import Customer, Taxpayer
from webapp.errors import Refusal
from webapp.extensions import db
from webapp.formatting import fold


class Known(Refusal):
    field = "document"


def customer_of_sale(buyer, address: AddressIn) -> Customer:
    """The customer with the buyer's document; a new one is kept with the sale's address. What is on record stays,
    blanks are filled: a checkout's typing must not rewrite what staff have mended."""
    customer = db.session.scalar(select(Customer).where(Customer.document == buyer.document))
    if customer is None:
        customer = Customer(
            document=buyer.document, name=buyer.name, email=buyer.email, phone=buyer.phone, locale="pt_BR",
            taxpayer=Taxpayer.NON_CONTRIBUTOR, state_registration="",
        )
        for part in PARTS:
            setattr(customer, part, getattr(address, part))
        db.session.add(customer)
    else:
        customer.email = customer.email or buyer.email
        customer.phone = customer.phone or buyer.phone
    customer.search_text = search_text(customer)
    return customer


def keep(customer: Customer, wanted: CustomerIn) -> Customer:
    """Writes `wanted` into a new or known customer. Raises Known when another one has the document."""
    other = db.session.scalar(select(Customer.id).where(Customer.document == wanted.document))
    if other is not None and other != customer.id:
        raise Known(_("Another customer has this CPF or CNPJ already."))
    for name in ("name", "document", "email", "phone", "state_registration", "taxpayer"):
        setattr(customer, name, getattr(wanted, name))
    for part in PARTS:
        setattr(customer, part, getattr(wanted.address, part))
    customer.search_text = search_text(customer)
    db.session.add(customer)
    return customer


def search_text(customer: Customer) -> str:
    return fold(" ".join((customer.name, customer.document, customer.email, customer.phone)))
