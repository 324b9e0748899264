"""Pages of customers and agents."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from webapp.addresses.companies import company_lookup, company_of
from webapp.customers.company_filling import fill_in
from webapp.customers.customer_edits import facts_of, save_agent, save_customer
from webapp.customers.forms import AgentIn, TypedCustomerIn
from webapp.customers.models import Agent, Customer, Taxpayer
from webapp.customers.queries import agent_by_id, agents, customer_by_id, customers
from webapp.fulfilment.memberships.history import history
from webapp.fulfilment.memberships.models import Membership
from webapp.fulfilment.memberships.queries import latest_changes
from webapp.http.formatting import as_written
from webapp.http.forms import Form
from webapp.http.handling import refuse_stale, submits
from webapp.http.lists import Order, bounded_count, count_text, newest_first, page_of
from webapp.platform.database import db
from webapp.platform.errors import Refusal
from webapp.sales.models import Sale
from webapp.staff.access import allow

bp = Blueprint("customers", __name__)
CUSTOMER_ORDERS = {
    "name": Order((Customer.name, Customer.id)),
    "when": Order((Customer.id,), down=True),
}
AGENT_ORDERS = {
    "name": Order((Agent.name, Agent.id)),
    "percent": Order((Agent.commission_percent, Agent.id), down=True),
}
NEW_CUSTOMER = {"address": {"country": "BR"}, "taxpayer": Taxpayer.NON_CONTRIBUTOR}


@bp.get("/customers")
@allow("clerk")
def index():
    q = request.args.get("q", "")
    page = page_of(customers(q), CUSTOMER_ORDERS, narrowed=bool(q.strip()))
    return render_template(
        "customers/index.html", page=page, q=q, count=count_text(bounded_count(customers()))
    )


def _customer_form(form: Form, customer_id: int | None = None, said: str = ""):
    customer = customer_by_id(customer_id) if customer_id else None
    return render_template(
        "customers/form.html",
        form=form,
        customer=customer,
        taxpayers=Taxpayer,
        looks_up_companies=company_lookup().is_on,
        said=said,
    )


@bp.get("/customers/new")
@allow("clerk")
def new():
    return _customer_form(Form.filled(NEW_CUSTOMER))


@bp.post("/customers")
@allow("clerk")
@submits(TypedCustomerIn, again=_customer_form)
def create(wanted: TypedCustomerIn):
    customer = save_customer(Customer(), wanted)
    flash(_("%(name)s was added.", name=customer.name), "good")
    return _to(customer)


@bp.post("/customers/company")
@bp.post("/customers/<id:customer_id>/company")
@allow("clerk")
def fill_in_company(customer_id: int | None = None):
    """The form with its blanks filled in by the CNPJ; nothing is saved."""
    form, said = Form(request.form), ""
    try:
        said = fill_in(form, company_of(form.value("document")))
    except Refusal as refusal:
        words = refusal.errors[0].message if refusal.errors else refusal.message
        form.errors["document"] = str(words)
    return _customer_form(form, customer_id, said)


def _sales_of(customer: Customer):
    return db.select(Sale).where(Sale.customer_id == customer.id)


@bp.get("/customers/<id:customer_id>")
@allow("clerk")
def show(customer_id: int):
    customer = customer_by_id(customer_id)
    membership = db.session.scalar(
        db.select(Membership).where(Membership.customer_id == customer.id)
    )
    return render_template(
        "customers/customer.html",
        customer=customer,
        membership=membership,
        page=page_of(_sales_of(customer), newest_first(Sale.id), limit=20),
        changes=history(db.session.scalars(latest_changes(membership.id))) if membership else [],
    )


@bp.get("/customers/<id:customer_id>/edit")
@allow("clerk")
def edit(customer_id: int):
    return _customer_form(_present_customer(customer_id), customer_id)


def _present_customer(customer_id: int) -> Form:
    customer = customer_by_id(customer_id)
    return Form.filled(as_written(facts_of(customer)) | {"version": customer.version})


@bp.post("/customers/<id:customer_id>")
@allow("clerk")
@submits(TypedCustomerIn, again=_customer_form, present=_present_customer)
def update(wanted: TypedCustomerIn, customer_id: int):
    customer = customer_by_id(customer_id)
    refuse_stale(customer)
    save_customer(customer, wanted)
    flash(_("%(name)s was saved.", name=customer.name), "good")
    return _to(customer)


def _to(customer: Customer):
    db.session.flush()
    return redirect(url_for("customers.show", customer_id=customer.id), 303)


def _agents_page(form: Form):
    page = page_of(agents(), AGENT_ORDERS)
    return render_template("customers/agents.html", form=form, page=page)


@bp.get("/agents")
@allow("clerk")
def agents_page():
    return _agents_page(Form())


@bp.post("/agents")
@allow("clerk")
@submits(AgentIn, again=_agents_page)
def create_agent(wanted: AgentIn):
    agent = save_agent(Agent(), wanted)
    flash(_("%(name)s was added.", name=agent.name), "good")
    return redirect(url_for("customers.agents_page"), 303)


def _agent_form(form: Form, agent_id: int):
    return render_template("customers/agent.html", form=form, agent=agent_by_id(agent_id))


@bp.get("/agents/<id:agent_id>/edit")
@allow("manager")
def edit_agent(agent_id: int):
    return _agent_form(_present_agent(agent_id), agent_id)


def _present_agent(agent_id: int) -> Form:
    agent = agent_by_id(agent_id)
    values = {
        "code": agent.code,
        "name": agent.name,
        "commission_percent": agent.commission_percent,
        "version": agent.version,
    }
    return Form.filled(values)


@bp.post("/agents/<id:agent_id>")
@allow("manager")
@submits(AgentIn, again=_agent_form, present=_present_agent)
def update_agent(wanted: AgentIn, agent_id: int):
    agent = agent_by_id(agent_id)
    refuse_stale(agent)
    save_agent(agent, wanted)
    flash(_("%(name)s was saved.", name=agent.name), "good")
    return redirect(url_for("customers.agents_page"), 303)
