"""Questions about customers and agents."""

from flask_babel import gettext as _
from sqlalchemy import Select, select

from webapp.customers.models import Agent, Customer
from webapp.platform.database import db
from webapp.platform.errors import NotFound
from webapp.platform.searching import matching


def customers(q: str = "") -> Select:
    """Customers whose search text holds every word of `q`."""
    return select(Customer).where(matching(Customer, q))


def agents() -> Select:
    return select(Agent)


def customer_by_id(customer_id: int) -> Customer:
    customer = db.session.get(Customer, customer_id)
    if customer is None:
        raise NotFound(_("There is no such customer."))
    return customer


def agent_by_id(agent_id: int) -> Agent:
    agent = db.session.get(Agent, agent_id)
    if agent is None:
        raise NotFound(_("There is no such agent."))
    return agent
