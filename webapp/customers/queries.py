"""Questions about customers and agents."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, func, select, true, union

from webapp.customers.models import Agent, Customer, CustomerAddress
from webapp.platform.codes import codes_in
from webapp.platform.errors import NotFound
from webapp.platform.rows import row_by_id
from webapp.platform.searching import Ids, matching


def customers(q: str = "", by_id: bool = False) -> Select:
    """Customers whose search text holds every word of `q`, without those that are others by now.
    `by_id`: the latest are to stand first."""
    found = matching(Customer, q, by_id=by_id)
    return select(Customer).where(Customer.merged_into_id.is_(None), found)


def named_customers(q: str) -> Ids | None:
    """Ids of those that `q` is the document, e-mail address or phone of; the latter two have no
    index but the one of searching."""
    codes = codes_in(q)
    facts = (
        (Customer.document, codes.document or codes.foreign, true()),
        (func.lower(Customer.email), codes.email, matching(Customer, codes.email)),
        (Customer.phone, codes.phone, matching(Customer, codes.phone)),
    )
    ids = select(Customer.id).where(Customer.merged_into_id.is_(None))
    asked = [ids.where(fact == code, found) for fact, code, found in facts if code]
    return union(*asked) if asked else None


def agents() -> Select:
    return select(Agent)


def customer_by_id(customer_id: int) -> Customer:
    return row_by_id(Customer, customer_id, _l("There is no such customer."))


def customer_now(customer_id: int) -> Customer:
    """That one, or the one whom it was merged into."""
    customer = customer_by_id(customer_id)
    return customer_by_id(customer.merged_into_id) if customer.merged_into_id else customer


def address_by_id(customer: Customer, address_id: int) -> CustomerAddress:
    """One of the customer's. Raises NotFound."""
    found = next((each for each in customer.addresses if each.id == address_id), None)
    if found is None:
        raise NotFound(_("This customer has no such address."))
    return found


def agent_by_id(agent_id: int) -> Agent:
    return row_by_id(Agent, agent_id, _l("There is no such agent."))
