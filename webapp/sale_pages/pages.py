"""Pages of sales: the list, the form, one sale and what a person does to it."""

import uuid

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _

from webapp.audit.tracking import because
from webapp.customers.models import Customer
from webapp.http.forms import Form
from webapp.http.lists import page_of
from webapp.http.transactions import in_transaction
from webapp.platform.cep import normalize_cep
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.errors import Refusal, Stale
from webapp.processing import attention, review
from webapp.processing.address_step import lookup
from webapp.sale_pages import listing
from webapp.sale_pages import why_pages as asking
from webapp.sale_pages.blueprint import bp
from webapp.sale_pages.order_form import Draft, totals_of
from webapp.sale_pages.sale_page import SalePage
from webapp.sales import placing
from webapp.sales.forms import CHANNELS, SaleAddressIn
from webapp.sales.models import PaymentMethod, Sale
from webapp.sales.queries import agents, customers_like, products_to_sell, sale_of, sales_by_ids
from webapp.staff.access import allow

__all__ = ["asking", "bp"]
MOST_ROWS = 200


# -- the list -------------------------------------------------------------------------------------


@bp.get("/sales")
@allow("clerk", "accountant")
def index():
    filters = listing.Filters.from_args(request.args)
    page = page_of(filters.query(), (Sale.id,))
    return render_template(
        "sales/index.html",
        rows=listing.rows_of(page.items),
        page=page,
        filters=filters,
        tabs=listing.tabs(filters),
        chosen=listing.chosen(filters),
        choices=listing.choices(filters, agents()),
        is_first=not (request.args.get("after") or request.args.get("before")),
    )


@bp.get("/sales/rows")
@allow("clerk", "accountant")
def rows():
    """The rows of ?ids=1,2, each in a <template>, for pages whose rows move by themselves."""
    ids = [
        int(one)
        for one in request.args.get("ids", "").split(",")
        if one.isascii() and one.isdigit() and len(one) < 10
    ]
    return render_template(
        "sales/_rows_alone.html", rows=listing.rows_of(sales_by_ids(ids[:MOST_ROWS]))
    )


@bp.get("/sales/export.csv")
@allow("clerk", "accountant")
def export():
    return listing.csv_answer(listing.Filters.from_args(request.args))


# -- the form -------------------------------------------------------------------------------------


def _form_page(draft: Draft, sale: Sale | None = None):
    template = "sales/_form.html" if request.headers.get("HX-Request") else "sales/form.html"
    return render_template(
        template,
        form=draft,
        sale=sale,
        totals=totals_of(draft),
        products=products_to_sell(),
        form_key=request.form.get("form_key") or uuid.uuid4().hex,
        channels=CHANNELS,
        agent_options=[("", _("None")), *((agent.code, agent.name) for agent in agents())],
        method_options=[(str(method), method.label) for method in PaymentMethod],
        version=request.form.get("version") or (sale.version if sale else ""),
        known_zip_code=normalize_cep(draft.value("address.zip_code")) or "",
    )


def _refused(draft: Draft, refusal: Refusal, sale_id: int | None = None):
    db.session.rollback()
    return _form_page(draft.refuse(refusal), _sale(sale_id) if sale_id else None), 422


@bp.get("/sales/new")
@allow("clerk")
def new():
    return _form_page(Draft.empty())


@bp.post("/sales")
@allow("clerk")
def create():
    """Enters the sale; the form's own key makes a doubled click one sale."""
    draft, key, scope = (
        Draft(request.form),
        request.form.get("form_key", "")[:200],
        g.identity.scope,
    )
    draft.drop_blank_lines()

    def work():
        sale, _is_new = (
            placing.create_sale_once(scope, "form:" + key, wanted)
            if key
            else (placing.create_sale(wanted), True)
        )
        db.session.flush()
        return sale.id, sale.reference

    try:
        wanted = draft.parse()
        sale_id, reference = in_transaction(work)
    except Refusal as refusal:
        return _refused(draft, refusal)
    flash(_("Order %(reference)s was entered.", reference=reference), "good")
    return _to(sale_id)


@bp.get("/sales/<id:sale_id>/edit")
@allow("clerk")
def edit(sale_id: int):
    sale = _sale(sale_id)
    if not sale.is_editable:
        raise Refusal(_("An order that was paid or closed cannot be changed."))
    return _form_page(Draft(Form.filled(placing.as_input(sale)).typed), sale)


@bp.post("/sales/<id:sale_id>/edit")
@allow("clerk")
def change(sale_id: int):
    draft = Draft(request.form)
    draft.drop_blank_lines()

    def work():
        sale = _sale(sale_id)
        if str(sale.version) != request.form.get("version"):
            raise Stale
        placing.change(sale, wanted)

    try:
        wanted = draft.parse()
        in_transaction(work)
    except Refusal as refusal:
        return _refused(draft, refusal, sale_id)
    flash(_("The order was saved."), "good")
    return _to(sale_id)


@bp.post("/sales/draft")
@allow("clerk")
def draft():
    """The form with one thing done to it (`do`): a line more or less, a customer picked, a CEP
    looked up. Writes nothing."""
    sale_id = request.form.get("sale_id", "")
    draft = Draft(request.form)
    verb, _colon, what = request.form.get("do", "").partition(":")
    if verb == "add_line":
        draft.add_line()
    elif verb == "remove_line" and what.isdigit():
        draft.remove_line(int(what[:6]))
    elif verb == "customer" and what.isdigit():
        customer = db.session.get(Customer, int(what[:9]))
        if customer:
            draft.take_customer(customer)
    elif verb == "look_up":
        _look_up(draft)
    return _form_page(draft, _sale(int(sale_id[:9])) if sale_id.isdigit() else None)


def _look_up(draft: Draft) -> None:
    # No transaction of ours may be open meanwhile: the answer is written by another one.
    db.session.rollback()
    cep, before = (
        normalize_cep(draft.value("address.zip_code")),
        request.form.get("known_zip_code", ""),
    )
    result = lookup().one(cep) if cep else None
    if result is None:
        draft.errors["address.zip_code"] = _(
            "This is not a CEP; write its eight digits, like 01025-020."
        )
    elif result.answer:
        draft.take_address(result.answer, before)
    else:
        draft.errors["address.zip_code"] = _(
            "This CEP was not found now. Save anyway: it will be looked up again."
        )


@bp.post("/sales/preview")
@allow("clerk")
def preview():
    """The totals of what is typed so far."""
    return render_template(
        "sales/_totals.html", totals=totals_of(Draft(request.form)), swapped=True
    )


@bp.post("/sales/customers")
@allow("clerk")
def find_customers():
    """Customers to pick from; a POST, so that nobody's name stands in an address."""
    typed = request.form.get("customer_search", "")[:120]
    return render_template(
        "sales/_customers.html",
        customers=customers_like(typed) if typed.strip() else [],
        typed=typed,
    )


@bp.get("/sales/products")
@allow("clerk")
def find_products():
    typed = next(iter(request.args.values()), "")[:120]
    return render_template("sales/_products.html", products=products_to_sell(typed))


# -- one sale -------------------------------------------------------------------------------------


def _sale(sale_id: int) -> Sale:
    return sale_of(sale_id, _("There is no order with this number."))


def _to(sale_id: int):
    return redirect(url_for("sales.page", sale_id=sale_id), 303)


def _page(sale_id: int, template: str, form: Form | None = None):
    sale = _sale(sale_id)
    return render_template(
        template,
        sale=sale,
        view=SalePage(sale),
        form=form or Form.filled({"address": sale.address_parts}),
        mending=request.args.get("mend") == "address" or form is not None,
    )


@bp.get("/sales/<id:sale_id>")
@allow("clerk", "accountant")
def page(sale_id: int):
    return _page(sale_id, "sales/page.html")


@bp.get("/sales/<id:sale_id>/live")
@allow("clerk", "accountant")
def live(sale_id: int):
    """The page's part that moves by itself."""
    return _page(sale_id, "sales/_sale.html")


def _verb(sale_id: int, act, done: str):
    """One verb on one sale; what it refuses is told on the sale's page."""
    try:
        in_transaction(lambda: act(_sale(sale_id)))
        flash(done, "good")
    except Refusal as refusal:
        flash(str(refusal), "warn")
    return _to(sale_id)


@bp.post("/sales/<id:sale_id>/payment")
@allow("clerk")
def pay(sale_id: int):
    return _verb(
        sale_id,
        lambda sale: sale.pay(utc_now()),
        _("The payment is noted; the order is on its way."),
    )


@bp.post("/sales/<id:sale_id>/cancel")
@allow("clerk")
def cancel(sale_id: int):
    with because(_("order cancelled")):
        return _verb(
            sale_id,
            lambda sale: placing.cancel_open(sale, "order cancelled"),
            _("The order was cancelled; its stock is back."),
        )


@bp.post("/sales/<id:sale_id>/retry")
@allow("clerk")
def retry(sale_id: int):
    return _verb(sale_id, attention.resume, _("The order goes on."))


@bp.post("/sales/<id:sale_id>/release")
@allow("reviewer")
def release(sale_id: int):
    return _verb(sale_id, review.release, _("The order was released."))


@bp.post("/sales/<id:sale_id>/address")
@allow("clerk")
def mend_address(sale_id: int):
    form = Form(request.form, SaleAddressIn)

    def work():
        sale = _sale(sale_id)
        if str(sale.version) != request.form.get("version"):
            raise Stale
        attention.correct_address(sale, wanted.address)

    try:
        wanted = form.parse()
        in_transaction(work)
    except Refusal as refusal:
        db.session.rollback()
        return _page(sale_id, "sales/page.html", form.refuse(refusal)), 422
    flash(_("The address was saved; the order goes on."), "good")
    return _to(sale_id)
