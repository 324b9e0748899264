"""Customers and agents as JSON."""

from flask_babel import lazy_gettext as _l

from webapp.audit.tracking import actor
from webapp.customers.customer_edits import (
    add_address,
    add_note,
    address_facts,
    edit_address,
    facts_of,
    remove_address,
    save_agent,
    save_customer,
)
from webapp.customers.forms import (
    AgentIn,
    CustomerAddressIn,
    CustomerAddressPatch,
    CustomerIn,
    CustomerPatch,
    CustomerQuery,
)
from webapp.customers.models import Agent, Customer, CustomerAddress
from webapp.customers.queries import (
    address_by_id,
    agents,
    customer_by_id,
    customers,
)
from webapp.customers.shapes import (
    AgentOut,
    CustomerAddressOut,
    CustomerOut,
    CustomerRecordOut,
)
from webapp.http.answers import list_of
from webapp.http.filters import ListQuery
from webapp.http.forms import Shape
from webapp.http.patches import patched
from webapp.notes.forms import NoteIn
from webapp.notes.models import StaffNote
from webapp.notes.queries import notes_of
from webapp.notes.shapes import NoteOut, note_json
from webapp.platform.database import db
from webapp.sales.queries import bought_by
from webapp.staff.access import told_document
from webapp.web.api import api_blueprint, endpoint, list_answer

bp = api_blueprint("customers")
KNOWN = _l("Another customer has this document.")
UNKNOWN = _l("There is no customer with this number.")
GONE = _l("The customer was merged into another one, or is nobody any more.")


def customer_json(customer: Customer) -> dict[str, object]:
    """The document is bare, as it is kept, or masked."""
    return (
        {"id": customer.id}
        | facts_of(customer)
        | {
            "document": told_document(customer.document),
            "created_at": customer.created_at.isoformat(),
            "updated_at": customer.updated_at.isoformat(),
        }
    )


def address_json(address: CustomerAddress) -> dict[str, object]:
    return {"id": address.id} | address_facts(address)


def record_json(customer: Customer) -> dict[str, object]:
    bought = bought_by(customer.id)
    return customer_json(customer) | {
        "addresses": [address_json(address) for address in customer.addresses],
        "bought": {
            "orders": bought.orders,
            "net": str(bought.net),
            "average": str(bought.average),
            "first_at": bought.first_at and bought.first_at.isoformat(),
            "last_at": bought.last_at and bought.last_at.isoformat(),
        },
        "merged_into": customer.merged_into_id,
        "anonymised_at": customer.anonymised_at and customer.anonymised_at.isoformat(),
    }


def agent_json(agent: Agent) -> dict[str, object]:
    return {
        "code": agent.code,
        "name": agent.name,
        "commission_percent": str(agent.commission_percent),
    }


@endpoint(
    bp,
    "POST",
    "/customers",
    "clerk",
    body=CustomerIn,
    answer=CustomerOut,
    status=201,
    refusals={409: KNOWN},
    summary=_l("Adds a customer."),
)
def add_customer(wanted: CustomerIn) -> dict[str, object]:
    customer = save_customer(Customer(), wanted)
    db.session.flush()
    # Who made it knows it.
    return customer_json(customer) | {"document": customer.document}


@endpoint(
    bp,
    "GET",
    "/customers",
    "clerk",
    query=CustomerQuery,
    answer=list_of(CustomerOut),
    summary=_l("Customers, the latest first; `q` looks in name, document, e-mail and phone."),
)
def list_customers(asked: CustomerQuery) -> dict[str, object]:
    return list_answer(asked, customers(asked.q, by_id=True), (Customer.id,), customer_json)


@endpoint(
    bp,
    "GET",
    "/customers/<id:customer_id>",
    "clerk",
    answer=CustomerRecordOut,
    refusals={404: UNKNOWN},
    summary=_l("The customer of this number, with their addresses and what they bought."),
)
def show_customer(customer_id: int) -> dict[str, object]:
    return record_json(customer_by_id(customer_id))


@endpoint(
    bp,
    "POST",
    "/customers/<id:customer_id>/addresses",
    "clerk",
    body=CustomerAddressIn,
    answer=CustomerAddressOut,
    status=201,
    refusals={404: UNKNOWN, 409: _l("There are too many, or the customer is gone.")},
    summary=_l("Adds an address beside the main one; the same one twice is one."),
)
def add_customer_address(wanted: CustomerAddressIn, customer_id: int) -> dict[str, object]:
    return address_json(add_address(customer_by_id(customer_id), wanted))


@endpoint(
    bp,
    "PATCH",
    "/customers/<id:customer_id>/addresses/<id:address_id>",
    "clerk",
    body=CustomerAddressPatch,
    answer=CustomerAddressOut,
    refusals={404: UNKNOWN, 409: GONE},
    summary=_l("Changes the fields of one of the other addresses that are sent."),
)
def change_customer_address(patch: Shape, customer_id: int, address_id: int) -> dict[str, object]:
    customer = customer_by_id(customer_id)
    address = address_by_id(customer, address_id)
    wanted = patched(CustomerAddressIn, address_facts(address), patch)
    return address_json(edit_address(customer, address, wanted))


@endpoint(
    bp,
    "GET",
    "/customers/<id:customer_id>/notes",
    "clerk",
    query=ListQuery,
    answer=list_of(NoteOut),
    refusals={404: UNKNOWN},
    summary=_l("What the staff wrote down about a customer, the latest first."),
)
def list_customer_notes(asked: ListQuery, customer_id: int) -> dict[str, object]:
    notes = notes_of(customer_id=customer_by_id(customer_id).id).order_by(None)
    return list_answer(asked, notes, (StaffNote.id,), note_json)


@endpoint(
    bp,
    "POST",
    "/customers/<id:customer_id>/notes",
    "clerk",
    body=NoteIn,
    answer=NoteOut,
    status=201,
    refusals={404: UNKNOWN, 409: GONE},
    summary=_l("Writes a note about a customer; the same one twice in a row is one."),
)
def add_customer_note(wanted: NoteIn, customer_id: int) -> dict[str, object]:
    return note_json(add_note(customer_by_id(customer_id), wanted.text, actor()))


@endpoint(
    bp,
    "DELETE",
    "/customers/<id:customer_id>/addresses/<id:address_id>",
    "clerk",
    status=204,
    refusals={404: UNKNOWN},
    summary=_l("Removes an address; one that is not there stays so."),
)
def delete_customer_address(customer_id: int, address_id: int) -> None:
    remove_address(customer_by_id(customer_id), address_id)


@endpoint(
    bp,
    "PATCH",
    "/customers/<id:customer_id>",
    "clerk",
    body=CustomerPatch,
    answer=CustomerOut,
    refusals={404: UNKNOWN, 409: KNOWN},
    summary=_l("Changes the fields that are sent, of the address too."),
)
def change_customer(patch: Shape, customer_id: int) -> dict[str, object]:
    customer = customer_by_id(customer_id)
    customer.refuse_gone()
    save_customer(customer, patched(CustomerIn, facts_of(customer), patch))
    db.session.flush()
    return customer_json(customer)


@endpoint(
    bp,
    "POST",
    "/agents",
    "clerk",
    body=AgentIn,
    answer=AgentOut,
    status=201,
    refusals={409: _l("Another agent has this code.")},
    summary=_l("Adds an agent."),
)
def add_agent(wanted: AgentIn) -> dict[str, object]:
    agent = save_agent(Agent(), wanted)
    db.session.flush()
    return agent_json(agent)


@endpoint(
    bp,
    "GET",
    "/agents",
    "clerk",
    query=ListQuery,
    answer=list_of(AgentOut),
    summary=_l("Agents, the latest first."),
)
def list_agents(asked: ListQuery) -> dict[str, object]:
    return list_answer(asked, agents(), (Agent.id,), agent_json)
