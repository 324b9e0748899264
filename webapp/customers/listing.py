"""The list of customers, and that of agents, as declarations."""

from typing import Any

from flask_babel import lazy_gettext as _l

from webapp.customers.models import Agent, Customer
from webapp.customers.queries import agents, customers, named_customers
from webapp.http.formatting import country_text, phone_text
from webapp.http.lists import Order
from webapp.staff.access import shown_document
from webapp.web.listings import Cell, Listing

CUSTOMER_ORDERS = {
    "name": Order((Customer.name, Customer.id)),
    "when": Order((Customer.id,), down=True),
}
AGENT_ORDERS = {
    "name": Order((Agent.name, Agent.id)),
    "percent": Order((Agent.commission_percent, Agent.id), down=True),
}


def _field(label: Any, name: str) -> Cell:
    return Cell(label, lambda row: getattr(row, name))


CUSTOMERS = Listing(
    name="customers",
    label=_l("Customers"),
    endpoint="customers.index",
    rows=lambda asked: customers(asked.get("q", "")),
    orders=CUSTOMER_ORDERS,
    record=("customers.show", "customer_id"),
    named=named_customers,
    cells=(
        _field(_l("Name"), "name"),
        Cell(_l("CPF or CNPJ"), lambda customer: shown_document(customer.document)),
        _field(_l("E-mail"), "email"),
        Cell(_l("Phone"), lambda customer: phone_text(customer.phone)),
        _field(_l("Street"), "street"),
        _field(_l("Number"), "number"),
        _field(_l("Complement"), "complement"),
        _field(_l("Neighborhood"), "neighborhood"),
        _field(_l("City"), "city"),
        _field(_l("State"), "state"),
        _field(_l("Postal code (CEP)"), "zip_code"),
        Cell(_l("Country"), lambda customer: country_text(customer.country)),
        Cell(_l("Standing with ICMS"), lambda customer: str(customer.taxpayer.label)),
        _field(_l("State registration"), "state_registration"),
        _field(_l("On record since"), "created_at"),
    ),
    filters=("q",),
)
AGENTS = Listing(
    name="agents",
    label=_l("Agents"),
    endpoint="customers.agents_page",
    rows=lambda _asked: agents(),
    orders=AGENT_ORDERS,
    cells=(
        _field(_l("Code"), "code"),
        _field(_l("Name"), "name"),
        _field(_l("Commission (%)"), "commission_percent"),
    ),
)
