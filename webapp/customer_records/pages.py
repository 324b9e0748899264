"""Pages about whole customers: two that are one, a person's data, and one who is to be nobody."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.audit.tracking import record
from webapp.customer_records.anonymising import anonymise, sales_under_way
from webapp.customer_records.forms import FIELD_LABELS, AnonymisationIn, MergeForm
from webapp.customer_records.merging import FIELDS, Two, merge, rules_about, two_of
from webapp.customer_records.personal_data import all_files_of
from webapp.customer_records.queries import Pair, pairs, pairs_alike, twins_of
from webapp.customers.models import Customer
from webapp.customers.queries import customer_by_id, customers
from webapp.http.formatting import country_text, phone_text
from webapp.http.forms import Form
from webapp.http.handling import submits
from webapp.http.lists import newest_first
from webapp.http.localization import locale
from webapp.http.query import query_int
from webapp.http.zips import zip_response
from webapp.platform.database import db
from webapp.platform.errors import Refusal
from webapp.platform.whole import whole_number
from webapp.sales.queries import order_count
from webapp.staff.access import allow, shown_document
from webapp.web.listings import Cell, Listing

bp = Blueprint("customer_records", __name__)
FOUND = 10
ALIKE_WORDS = {
    "email": _l("the same e-mail"),
    "phone": _l("the same phone"),
    "name": _l("the same name"),
}


def _pairs_of(found: list[Customer]) -> list[Pair]:
    return [pair for pair in pairs() if pair.merged in found]


DUPLICATES = Listing(
    name="duplicates",
    label=_l("Customers who may be one"),
    endpoint="customer_records.duplicates",
    rows=lambda _asked: db.select(Customer).where(
        Customer.id.in_(pairs_alike().with_only_columns(pairs_alike().selected_columns.merged))
    ),
    orders=newest_first(Customer.id),
    cells=(
        Cell(_l("Without a document"), lambda pair: pair.merged.name),
        Cell(_l("E-mail"), lambda pair: pair.merged.email),
        Cell(_l("May be"), lambda pair: pair.kept.name),
        Cell(_l("Document"), lambda pair: shown_document(pair.kept.document)),
        Cell(_l("What is alike"), lambda pair: str(ALIKE_WORDS[pair.alike])),
    ),
    gather=_pairs_of,
)


@bp.get("/customers/duplicates")
@allow("manager")
def duplicates() -> str:
    return render_template("customers/duplicates.html", pairs=pairs(), words=ALIKE_WORDS)


@bp.get("/customers/<id:customer_id>/merge")
@allow("manager")
def choose(customer_id: int) -> str:
    """With ?with= the preview, else whom it could be merged with."""
    other = query_int("with")
    if other:
        return _preview(Form(), customer_id, other)
    customer = customer_by_id(customer_id)
    customer.refuse_gone()
    q = request.args.get("q", "")
    found = customers(q).where(Customer.id != customer_id, Customer.anonymised_at.is_(None))
    query = found.order_by(Customer.id.desc()).limit(FOUND) if q.strip() else twins_of(customer)
    return render_template(
        "customers/merge.html", customer=customer, found=list(db.session.scalars(query)), q=q
    )


def _preview(form: Form, customer_id: int, merged_id: int) -> str:
    two = two_of(customer_id, merged_id)
    two.refuse_strangers()
    return render_template(
        "customers/merge_preview.html",
        form=form,
        two=two,
        rows=[_row(two, name) for name in FIELDS],
        orders=order_count(merged_id),
        rules=[rule.name_in(locale()) for rule in rules_about(merged_id)],
    )


def _again(form: Form, customer_id: int) -> str:
    return _preview(form, customer_id, whole_number(form.value("from"), 1) or customer_id)


def _row(two: Two, name: str) -> dict[str, object]:
    return {
        "name": name,
        "label": FIELD_LABELS[name],
        "kept": _told(two.kept, name),
        "merged": _told(two.merged, name),
        "side": two.side_of(name),
    }


def _told(customer: Customer, name: str) -> str:
    facts: tuple[str, ...]
    if name == "tax":
        facts = (str(customer.taxpayer.label), customer.state_registration)
    elif name == "address":
        place = ("street", "number", "complement", "neighborhood", "city", "state", "zip_code")
        facts = tuple(getattr(customer, part) for part in place)
        facts += () if customer.country == "BR" else (country_text(customer.country),)
    else:
        told = getattr(customer, name)
        facts = (phone_text(told) if name == "phone" else told,)
    return ", ".join(filter(None, facts))


@bp.post("/customers/<id:customer_id>/merge")
@allow("manager")
@submits(MergeForm, again=_again)
def merge_with(wanted: MergeForm, customer_id: int) -> ResponseReturnValue:
    if not wanted.confirmed:
        raise Refusal(_("Say that you know that it cannot be undone."), "confirmed")
    kept = merge(customer_id, wanted.from_id, wanted)
    flash(_("They are one customer now: %(name)s.", name=kept.name), "good")
    return _to(kept)


@bp.post("/customers/<id:customer_id>/data")
@allow("manager")
def export(customer_id: int) -> ResponseReturnValue:
    """A POST, for that it was done is kept in the audit."""
    customer = customer_by_id(customer_id)
    record(db.session, "exported", "customers", customer.id, customer.name)
    return zip_response(all_files_of(customer), f"customer-{customer.id}")


def _anonymisation_page(form: Form, customer_id: int) -> str:
    customer = customer_by_id(customer_id)
    under_way = list(db.session.scalars(sales_under_way(customer_id).limit(FOUND)))
    return render_template(
        "customers/anonymise.html", form=form, customer=customer, under_way=under_way
    )


@bp.get("/customers/<id:customer_id>/anonymisation")
@allow("manager")
def ask_anonymisation(customer_id: int) -> str:
    customer_by_id(customer_id).refuse_gone()
    return _anonymisation_page(Form(), customer_id)


@bp.post("/customers/<id:customer_id>/anonymisation")
@allow("manager")
@submits(AnonymisationIn, again=_anonymisation_page)
def make_nobody(wanted: AnonymisationIn, customer_id: int) -> ResponseReturnValue:
    customer = anonymise(customer_id, wanted.name)
    flash(_("This person was anonymised."), "good")
    return _to(customer)


def _to(customer: Customer) -> ResponseReturnValue:
    return redirect(url_for("customers.show", customer_id=customer.id), 303)
