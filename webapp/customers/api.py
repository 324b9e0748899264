"""Customers and agents as JSON."""

from flask import request

from webapp.customers.customer_edits import facts_of, keep, keep_agent
from webapp.customers.forms import AgentIn, CustomerIn, CustomerPatch
from webapp.customers.models import Agent, Customer
from webapp.customers.queries import agents, customer_by_id, customers
from webapp.http.patches import patched
from webapp.platform.database import db
from webapp.web.api import api_blueprint, endpoint, list_answer

bp = api_blueprint("customers")


def customer_json(customer: Customer) -> dict:
    """The document is bare, as it is kept."""
    return (
        {"id": customer.id}
        | facts_of(customer)
        | {
            "created_at": customer.created_at.isoformat(),
            "updated_at": customer.updated_at.isoformat(),
        }
    )


def agent_json(agent: Agent) -> dict:
    return {
        "code": agent.code,
        "name": agent.name,
        "commission_percent": str(agent.commission_percent),
    }


@endpoint(bp, "POST", "/customers", "clerk", body=CustomerIn, status=201)
def add_customer(wanted: CustomerIn):
    """Adds a customer; 409 when the CPF or CNPJ is known."""
    customer = keep(Customer(), wanted)
    db.session.commit()
    return customer_json(customer)


@endpoint(bp, "GET", "/customers", "clerk", query=("q", "limit", "cursor"))
def list_customers():
    """Customers, the latest first; `q` looks in name, document, e-mail and phone."""
    return list_answer(customers(request.args.get("q", "")), (Customer.id,), customer_json)


@endpoint(bp, "GET", "/customers/<id:customer_id>", "clerk")
def show_customer(customer_id: int):
    """One customer."""
    return customer_json(customer_by_id(customer_id))


@endpoint(bp, "PATCH", "/customers/<id:customer_id>", "clerk", body=CustomerPatch)
def change_customer(patch, customer_id: int):
    """Changes the fields that are sent, of the address too."""
    customer = customer_by_id(customer_id)
    keep(customer, patched(CustomerIn, facts_of(customer), patch))
    db.session.commit()
    return customer_json(customer)


@endpoint(bp, "POST", "/agents", "clerk", body=AgentIn, status=201)
def add_agent(wanted: AgentIn):
    """Adds an agent; 409 when the code is taken."""
    agent = keep_agent(Agent(), wanted)
    db.session.commit()
    return agent_json(agent)


@endpoint(bp, "GET", "/agents", "clerk", query=("limit", "cursor"))
def list_agents():
    """Agents, the latest first."""
    return list_answer(agents(), (Agent.id,), agent_json)
