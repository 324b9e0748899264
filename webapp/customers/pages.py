"""Pages of customers and agents."""

from functools import partial

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from webapp.addresses.companies import company_lookup, company_of
from webapp.audit.history import learn_names
from webapp.audit.tracking import actor
from webapp.customers.address_filling import agree, fill_address, look_up_address
from webapp.customers.company_filling import fill_in
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
from webapp.customers.forms import AgentIn, TypedAddressIn, TypedCustomerIn
from webapp.customers.listing import AGENTS, CUSTOMERS
from webapp.customers.models import Agent, Customer, Taxpayer
from webapp.customers.queries import (
    address_by_id,
    agent_by_id,
    customer_by_id,
    customer_now,
    customers,
)
from webapp.fulfilment.memberships.history import history
from webapp.fulfilment.memberships.models import Membership
from webapp.fulfilment.memberships.queries import latest_changes
from webapp.http.formatting import as_written, shop_day
from webapp.http.forms import Form
from webapp.http.handling import refuse_stale, submits
from webapp.http.lists import bounded_count, count_text, newest_first, page_of
from webapp.messages.queries import messages_to
from webapp.messages.words import template_name
from webapp.notes.forms import NoteIn
from webapp.notes.queries import latest_notes
from webapp.notes.writing import remove_note
from webapp.platform.database import db
from webapp.platform.errors import Refusal
from webapp.processing.address_step import lookup
from webapp.sales.models import Sale
from webapp.sales.queries import bought_by, sales_of_customer
from webapp.staff.access import allow

bp = Blueprint("customers", __name__)
MAIL_SHOWN = 8
NEW_CUSTOMER = {"address": {"country": "BR"}, "taxpayer": Taxpayer.NON_CONTRIBUTOR}


@bp.get("/customers")
@allow("clerk")
def index():
    q = request.args.get("q", "")
    page = CUSTOMERS.page(request.args, narrowed=bool(q.strip()))
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


@bp.post("/customers/postal-code")
@bp.post("/customers/<id:customer_id>/postal-code")
@allow("clerk")
def fill_in_address(customer_id: int | None = None):
    """The form with the blanks of its address filled in by the CEP; nothing is saved."""
    form = Form(request.form)
    _fill_in(form)
    return _customer_form(form, customer_id)


def _fill_in(form: Form) -> None:
    """What was typed stays: where that is another place than the CEP's, nothing is filled in."""
    answer = look_up_address(form, lookup())
    told = {"state": answer.state, "city": answer.city} if answer else {}
    if answer and agree(form, told):
        fill_address(form, answer)
    elif answer:
        place = f"{answer.city}/{answer.state}"
        form.hints["address.zip_code"] = _(
            "This CEP is of %(place)s: what was typed is another place, and stays.", place=place
        )
    elif not form.errors:
        form.hints["address.zip_code"] = _(
            "This CEP was not found just now. Go on, and fill the address by hand."
        )


def _customer_page(form: Form, customer_id: int):
    customer = customer_by_id(customer_id)
    membership = db.session.scalar(
        db.select(Membership).where(Membership.customer_id == customer.id)
    )
    changes = list(db.session.scalars(latest_changes(membership.id))) if membership else []
    sums = bought_by(customer.id)
    learn_names(change.actor for change in changes)
    return render_template(
        "customers/customer.html",
        customer=customer,
        membership=membership,
        bought=sums,
        first_and_last=[shop_day(at) for at in (sums.first_at, sums.last_at) if at],
        page=page_of(sales_of_customer(customer.id), newest_first(Sale.id), limit=20),
        changes=history(changes),
        noted=_noted(customer),
        form=form,
        me=actor(),
        mails=list(db.session.scalars(messages_to(customer.id, MAIL_SHOWN))),
        template_name=template_name,
    )


@bp.get("/customers/<id:customer_id>")
@allow("clerk")
def show(customer_id: int):
    customer = customer_by_id(customer_id)
    if customer.merged_into_id:
        return redirect(url_for("customers.show", customer_id=customer.merged_into_id))
    return _customer_page(Form(), customer_id)


def _noted(customer: Customer) -> dict[str, object]:
    """As templates/notes/_notes.html takes it."""
    return {
        "kind": "customer",
        "id": customer.id,
        "notes": latest_notes(customer_id=customer.id),
        "url": url_for("customers.notes", customer_id=customer.id),
        "write": url_for("customers.write_note", customer_id=customer.id),
        "remove": partial(_removal, customer.id),
        "closed": customer.is_gone,
    }


def _removal(customer_id: int, note_id: int) -> str:
    return url_for("customers.delete_note", customer_id=customer_id, note_id=note_id)


@bp.get("/customers/<id:customer_id>/notes")
@allow("clerk")
def notes(customer_id: int):
    customer = customer_by_id(customer_id)
    return render_template("notes/_notes.html", noted=_noted(customer), form=Form(), me=actor())


@bp.post("/customers/<id:customer_id>/notes")
@allow("clerk")
@submits(NoteIn, again=_customer_page)
def write_note(wanted: NoteIn, customer_id: int):
    """Of one who was merged while it was typed, it is a note of the other one."""
    add_note(customer_now(customer_id), wanted.text, actor())
    return redirect(url_for("customers.show", customer_id=customer_id, _anchor="notes"), 303)


@bp.post("/customers/<id:customer_id>/notes/<id:note_id>/deletion")
@allow("clerk")
def delete_note(customer_id: int, note_id: int):
    remove_note("customer_id", customer_id, note_id, actor())
    return redirect(url_for("customers.show", customer_id=customer_id, _anchor="notes"), 303)


def _address_form(form: Form, customer_id: int, address_id: int | None = None):
    customer = customer_by_id(customer_id)
    address = address_by_id(customer, address_id) if address_id else None
    return render_template("customers/address.html", form=form, customer=customer, address=address)


@bp.get("/customers/<id:customer_id>/addresses/new")
@allow("clerk")
def new_address(customer_id: int):
    customer_by_id(customer_id).refuse_gone()
    return _address_form(Form.filled({"address": {"country": "BR"}}), customer_id)


@bp.post("/customers/<id:customer_id>/addresses")
@allow("clerk")
@submits(TypedAddressIn, again=_address_form)
def create_address(wanted: TypedAddressIn, customer_id: int):
    customer = customer_by_id(customer_id)
    add_address(customer, wanted)
    flash(_("The address was added."), "good")
    return _to(customer)


@bp.post("/customers/<id:customer_id>/addresses/postal-code")
@bp.post("/customers/<id:customer_id>/addresses/<id:address_id>/postal-code")
@allow("clerk")
def fill_in_other_address(customer_id: int, address_id: int | None = None):
    form = Form(request.form)
    _fill_in(form)
    return _address_form(form, customer_id, address_id)


@bp.get("/customers/<id:customer_id>/addresses/<id:address_id>/edit")
@allow("clerk")
def change_address(customer_id: int, address_id: int):
    return _address_form(_present_address(customer_id, address_id), customer_id, address_id)


def _present_address(customer_id: int, address_id: int) -> Form:
    customer = customer_by_id(customer_id)
    customer.refuse_gone()
    address = address_by_id(customer, address_id)
    return Form.filled(as_written(address_facts(address)) | {"version": address.version})


@bp.post("/customers/<id:customer_id>/addresses/<id:address_id>")
@allow("clerk")
@submits(TypedAddressIn, again=_address_form, present=_present_address)
def save_address(wanted: TypedAddressIn, customer_id: int, address_id: int):
    customer = customer_by_id(customer_id)
    address = address_by_id(customer, address_id)
    refuse_stale(address)
    edit_address(customer, address, wanted)
    flash(_("The address was saved."), "good")
    return _to(customer)


@bp.post("/customers/<id:customer_id>/addresses/<id:address_id>/deletion")
@allow("clerk")
def delete_address(customer_id: int, address_id: int):
    customer = customer_by_id(customer_id)
    remove_address(customer, address_id)
    flash(_("The address was removed."), "good")
    return _to(customer)


@bp.get("/customers/<id:customer_id>/edit")
@allow("clerk")
def edit(customer_id: int):
    return _customer_form(_present_customer(customer_id), customer_id)


def _present_customer(customer_id: int) -> Form:
    customer = customer_by_id(customer_id)
    customer.refuse_gone()
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
    page = AGENTS.page(request.args)
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
