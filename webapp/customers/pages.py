"""Pages of customers and agents."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import format_decimal
from flask_babel import gettext as _

from webapp.customers.customer_edits import facts_of, keep, keep_agent
from webapp.customers.forms import AgentIn, CustomerIn
from webapp.customers.models import Agent, Customer, Taxpayer
from webapp.customers.queries import agent_by_id, agents, customer_by_id, customers
from webapp.fulfilment.models import Membership
from webapp.fulfilment.queries import latest_changes
from webapp.http.forms import Form
from webapp.http.lists import bounded_count, count_text, page_of
from webapp.http.query import version_of
from webapp.platform.database import db
from webapp.platform.errors import Refusal, Stale
from webapp.sales.models import Sale
from webapp.staff.access import allow

bp = Blueprint("customers", __name__)
NEW_CUSTOMER = {"address": {"country": "BR"}, "taxpayer": Taxpayer.NON_CONTRIBUTOR}


@bp.get("/customers")
@allow("clerk")
def index():
    q = request.args.get("q", "")
    page = page_of(customers(q), (Customer.name, Customer.id), descending=False)
    return render_template(
        "customers/index.html", page=page, q=q, count=count_text(bounded_count(customers()))
    )


@bp.get("/customers/new")
@allow("clerk")
def new():
    return _customer_form(Form.filled(NEW_CUSTOMER))


@bp.post("/customers")
@allow("clerk")
def create():
    form = Form(request.form, CustomerIn)
    try:
        customer = keep(Customer(), form.parse())
        db.session.commit()
    except Refusal as refusal:
        db.session.rollback()
        return _customer_form(form.refuse(refusal)), 422
    flash(_("%(name)s was added.", name=customer.name), "good")
    return redirect(url_for("customers.show", customer_id=customer.id), 303)


@bp.get("/customers/<int:customer_id>")
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
        page=page_of(db.select(Sale).where(Sale.customer_id == customer.id), (Sale.id,), limit=20),
        changes=db.session.scalars(latest_changes(membership.id)).all() if membership else [],
    )


@bp.get("/customers/<int:customer_id>/edit")
@allow("clerk")
def edit(customer_id: int):
    customer = customer_by_id(customer_id)
    return _customer_form(Form.filled(facts_of(customer) | {"version": customer.version}), customer)


@bp.post("/customers/<int:customer_id>")
@allow("clerk")
def update(customer_id: int):
    form = Form(request.form, CustomerIn)
    customer = customer_by_id(customer_id)
    try:
        wanted = form.parse()
        _refuse_stale(customer)
        keep(customer, wanted)
        db.session.commit()
    except Refusal as refusal:
        db.session.rollback()
        return _customer_form(form.refuse(refusal), customer), 422
    flash(_("%(name)s was saved.", name=customer.name), "good")
    return redirect(url_for("customers.show", customer_id=customer.id), 303)


@bp.get("/agents")
@allow("clerk")
def agents_page():
    return _agents_page(Form())


@bp.post("/agents")
@allow("clerk")
def create_agent():
    form = Form(request.form, AgentIn)
    try:
        agent = keep_agent(Agent(), form.parse())
        db.session.commit()
    except Refusal as refusal:
        db.session.rollback()
        return _agents_page(form.refuse(refusal)), 422
    flash(_("%(name)s was added.", name=agent.name), "good")
    return redirect(url_for("customers.agents_page"), 303)


@bp.get("/agents/<int:agent_id>/edit")
@allow("manager")
def edit_agent(agent_id: int):
    agent = agent_by_id(agent_id)
    percent = format_decimal(agent.commission_percent, "0.00")
    form = Form.filled(
        {
            "code": agent.code,
            "name": agent.name,
            "commission_percent": percent,
            "version": agent.version,
        }
    )
    return render_template("customers/agent.html", form=form, agent=agent)


@bp.post("/agents/<int:agent_id>")
@allow("manager")
def update_agent(agent_id: int):
    form = Form(request.form, AgentIn)
    agent = agent_by_id(agent_id)
    try:
        wanted = form.parse()
        _refuse_stale(agent)
        keep_agent(agent, wanted)
        db.session.commit()
    except Refusal as refusal:
        db.session.rollback()
        return render_template("customers/agent.html", form=form.refuse(refusal), agent=agent), 422
    flash(_("%(name)s was saved.", name=agent.name), "good")
    return redirect(url_for("customers.agents_page"), 303)


def _refuse_stale(row: Customer | Agent) -> None:
    if version_of(request.form.get("version")) != row.version:
        raise Stale()


def _customer_form(form: Form, customer: Customer | None = None):
    return render_template("customers/form.html", form=form, customer=customer, taxpayers=Taxpayer)


def _agents_page(form: Form):
    page = page_of(agents(), (Agent.name, Agent.id), descending=False)
    return render_template("customers/agents.html", form=form, page=page)
