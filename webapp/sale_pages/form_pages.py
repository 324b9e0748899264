"""The form of a sale: what is typed, worked out and looked up in it, and its saving."""

import uuid

from flask import flash, g, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp.customers.address_filling import look_up_address
from webapp.customers.models import Customer, CustomerAddress
from webapp.http.handling import page_or_fragment, refuse_stale, submits
from webapp.invoices.issues import over_limit
from webapp.platform.cep import normalize_cep
from webapp.platform.database import db
from webapp.platform.errors import Refusal
from webapp.platform.issues import Issue
from webapp.platform.whole import whole_number
from webapp.processing.address_step import lookup
from webapp.sale_pages.blueprint import bp, to_order
from webapp.sale_pages.details_form import OrderChoices, options_of
from webapp.sale_pages.known_buyers import CONFIRMED, ask_who_buys, known_buyer
from webapp.sale_pages.order_form import SaleForm, SaleTotals, totals_of
from webapp.sales import placing
from webapp.sales.forms import CHANNELS, TypedSaleIn
from webapp.sales.line_prices import granted, limit_of_change
from webapp.sales.models import PaymentMethod, Sale
from webapp.sales.queries import agents, customers_like, products_to_sell, sale_of
from webapp.staff.access import allow
from webapp.store.price_rights import price_rights_of

MOST_KEY = 200
MOST_TYPED = 120


def _form_page(form: SaleForm, sale_id: int | None = None) -> str:
    sale = sale_of(sale_id) if sale_id else None
    totals = totals_of(form, sale)
    return page_or_fragment(
        "sales/form.html",
        "sales/_form.html",
        form=form,
        sale=sale,
        totals=totals,
        sets_prices=price_rights_of(g.identity).sets_prices,
        over_limit=_over_limit(totals, sale),
        products=products_to_sell(),
        form_key=request.form.get("form_key") or uuid.uuid4().hex,
        channels=CHANNELS,
        agent_options=[("", _("None")), *((agent.code, agent.name) for agent in agents())],
        method_options=options_of(PaymentMethod),
        details=OrderChoices.read(),
        details_draft_url=url_for("sales.draft"),
        version=form.value("version")
        or request.form.get("version")
        or (sale.version if sale else ""),
        known_zip_code=normalize_cep(form.value("address.zip_code")) or "",
        known=known_buyer(form, _confirmed()),
    )


def _over_limit(totals: SaleTotals, sale: Sale | None) -> Issue | None:
    """What the order will wait for, if it is entered so."""
    limit, below = price_rights_of(g.identity).limit, totals.below_catalog
    if sale and sale.below_catalog == below:
        limit = sale.discount_limit
    elif sale:
        limit = limit_of_change(limit, below, granted(sale))
    if limit is None or not below.is_beyond(limit):
        return None
    return over_limit(below, limit)


def _confirmed() -> str:
    return request.form.get(CONFIRMED, "")


@bp.get("/sales/new")
@allow("clerk")
def new() -> str:
    return _form_page(SaleForm.empty())


@bp.post("/sales")
@allow("clerk")
@submits(TypedSaleIn, again=_form_page, form_class=SaleForm)
def create(wanted: TypedSaleIn) -> Response:
    """Enters the sale; the form's own key makes a doubled click one sale."""
    ask_who_buys(wanted.customer, _confirmed())
    key = request.form.get("form_key", "")[:MOST_KEY]
    rights = price_rights_of(g.identity)
    # What is sent is what was seen: no contact comes from the register on its own.
    if key:
        sale, _is_new = placing.create_sale_once(
            g.identity.scope, "form:" + key, wanted, borrows=False, rights=rights
        )
    else:
        sale = placing.create_sale(wanted, borrows=False, rights=rights)
    db.session.flush()
    flash(_("Order %(reference)s was entered.", reference=sale.reference), "good")
    return to_order(sale.id)


@bp.get("/sales/<id:sale_id>/edit")
@allow("clerk")
def edit(sale_id: int) -> str:
    sale = sale_of(sale_id)
    if not sale.is_editable:
        raise Refusal(_("An order that was paid or closed cannot be changed."))
    return _form_page(SaleForm.of(sale), sale_id)


def _present(sale_id: int) -> SaleForm:
    return SaleForm.of(sale_of(sale_id))


@bp.post("/sales/<id:sale_id>/edit")
@allow("clerk")
@submits(TypedSaleIn, again=_form_page, form_class=SaleForm, present=_present)
def change(wanted: TypedSaleIn, sale_id: int) -> Response:
    sale = sale_of(sale_id)
    refuse_stale(sale)
    ask_who_buys(wanted.customer, _confirmed(), sale)
    placing.change(sale, wanted, price_rights_of(g.identity))
    flash(_("The order was saved."), "good")
    return to_order(sale_id)


# -- while it is typed: nothing of this writes ----------------------------------------------------


@bp.post("/sales/draft")
@allow("clerk")
def draft() -> str:
    """The form with one thing done to it (`do`): a line more or less, lines joined, a customer
    picked, a CEP looked up, another country, or what Enter asks for. With script the page adds and
    removes lines itself, and takes only the part of this form that has changed."""
    form = SaleForm(request.form)
    verb, _colon, argument = request.form.get("do", "").partition(":")
    number = whole_number(argument)
    if verb == "add_line":
        form.add_line()
    elif verb == "remove_line" and number is not None:
        form.remove_line(number)
    elif verb == "join_lines":
        form.join_lines()
    elif verb == "add_row":
        form.add_row(argument)
    elif verb == "customer" and number is not None:
        customer = db.session.get(Customer, number)
        if customer:
            form.take_customer(customer)
    elif verb == "main_place" and number is not None:
        form.take_place(db.session.get(Customer, number))
    elif verb == "place" and number is not None:
        form.take_place(db.session.get(CustomerAddress, number))
    elif not form.is_abroad and (verb == "look_up" or (verb == "go_on" and _is_new_cep(form))):
        _look_up(form)
    elif verb == "go_on":
        form.go_on()
    sale_id = whole_number(request.form.get("sale_id"), 1)
    if sale_id and request.form.get("beside"):
        present = _present(sale_id)
        if verb == "their_lines":
            form.set_lines(present.lines)
        # What they changed has been shown once, and is shown until it is taken or saved over.
        form.raw_input.pop("begun", None)
        form.beside(present)
    return _form_page(form, sale_id)


def _is_new_cep(form: SaleForm) -> bool:
    cep = normalize_cep(form.value("address.zip_code"))
    return cep is not None and cep != request.form.get("known_zip_code")


def _look_up(form: SaleForm) -> None:
    answer = look_up_address(form, lookup())
    if answer:
        form.take_address(answer, request.form.get("known_zip_code", ""))
    elif not form.errors:
        form.hints["address.zip_code"] = _(
            "This CEP was not found just now. Go on: it is looked up again with the order."
        )


@bp.post("/sales/preview")
@allow("clerk")
def preview() -> str:
    """The totals of what is typed so far."""
    form = SaleForm(request.form)
    sale_id = whole_number(request.form.get("sale_id"), 1)
    sale = sale_of(sale_id) if sale_id else None
    totals = totals_of(form, sale)
    return render_template(
        "sales/_totals.html",
        totals=totals,
        numbered=list(zip(form.numbers, totals.lines, strict=False)),
        over_limit=_over_limit(totals, sale),
    )


@bp.post("/sales/customers")
@allow("clerk")
def find_customers() -> str:
    """Customers to pick from; a POST, so that nobody's name stands in an address."""
    typed = request.form.get("customer_search", "")[:MOST_TYPED]
    found = customers_like(typed) if typed.strip() else []
    return render_template("sales/_customers.html", customers=found, typed=typed)


@bp.post("/sales/customers/known")
@allow("clerk")
def known_customer() -> str:
    """Whose the typed document is."""
    known = known_buyer(SaleForm(request.form), _confirmed())
    return render_template("sales/_known_customer.html", known=known)


@bp.get("/sales/products")
@allow("clerk")
def find_products() -> str:
    typed = next(iter(request.args.values()), "")[:MOST_TYPED]
    return render_template("sales/_products.html", products=products_to_sell(typed))
