"""Pages of payments: what is strange, statements, notices, and what was agreed with providers."""

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.http.forms import Form, parse
from webapp.http.handling import acts, refuse_stale, submits
from webapp.http.lists import Tab, tabs_of
from webapp.http.query import query_choice
from webapp.payments.access import forget_access, save_access
from webapp.payments.forms import FeeIn, ProviderIn, SettlingIn, StatementIn
from webapp.payments.listing import FEES, FINDINGS, NOTICES, STATEMENTS
from webapp.payments.missing import look_for_orders
from webapp.payments.models import AgreedFee, FindingKind, PaymentProvider
from webapp.payments.queries import (
    access_to,
    agreed_with,
    fee_by_id,
    open_findings,
    statement_by_id,
)
from webapp.payments.settling import finding_of, put_aside, settle_finding
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.errors import NotFound
from webapp.sales.forms import CHANNELS
from webapp.sales.models import PaymentMethod
from webapp.staff.access import allow
from webapp.web.navigation import open_to_me

bp = Blueprint("payments", __name__)
METHODS = [(str(method), method.label) for method in PaymentMethod]
TABS = {
    "payments.index": _l("To look into"),
    "payments.statements_page": _l("Statements"),
    "payments.notices_page": _l("Notices"),
    "payments.fees_page": _l("Agreed fees"),
    "payments.providers_page": _l("Providers"),
}


@bp.context_processor
def shared() -> dict[str, object]:
    tabs = [
        {"label": label, "href": url_for(endpoint), "active": endpoint == request.endpoint}
        for endpoint, label in TABS.items()
        if open_to_me(endpoint)
    ]
    return {"payment_tabs": tabs}


# -- what is strange ------------------------------------------------------------------------------


@bp.get("/payments")
@allow("manager", "accountant")
def index() -> str:
    chosen = query_choice("kind", FindingKind)
    tabs = [Tab(each.label, {"kind": each}, open_findings(each)) for each in FindingKind]
    return render_template(
        "payments/index.html",
        page=FINDINGS.page(request.args),
        kinds=tabs_of([Tab(_("All"), {"kind": None}), *tabs], {"kind": chosen}),
    )


def _back(finding_id: int) -> ResponseReturnValue:
    """To the list, the statement or the order that the button stood in."""
    came_from, found = request.form.get("from", ""), finding_of(finding_id)
    if came_from == "order" and found.sale_id:
        return redirect(url_for("sales.page", sale_id=found.sale_id, _anchor="payment"), 303)
    if came_from == "statement" and found.statement_id:
        page = url_for("payments.statement_page", statement_id=found.statement_id)
        return redirect(page, 303)
    return redirect(url_for("payments.index"), 303)


@bp.post("/payments/findings/<id:finding_id>/settlement")
@allow("manager")
@acts(back=_back)
def settle(finding_id: int) -> ResponseReturnValue:
    told = {"reference": request.form.get("reference", "")}
    wanted = parse(SettlingIn, told, form=True)
    found = finding_of(finding_id, lock=True)
    settle_finding(found, wanted.reference, g.identity.actor, utc_now())
    return _back(finding_id)


@bp.post("/payments/findings/<id:finding_id>/aside")
@allow("manager")
@acts(back=_back)
def aside(finding_id: int) -> ResponseReturnValue:
    put_aside(finding_of(finding_id, lock=True), g.identity.actor, utc_now())
    return _back(finding_id)


# -- statements -----------------------------------------------------------------------------------


@bp.get("/payments/statements")
@allow("manager", "accountant")
def statements_page() -> str:
    return render_template(
        "payments/statements.html", page=STATEMENTS.page(request.args), form=Form()
    )


def _present(statement_id: int) -> Form:
    found = statement_by_id(statement_id)
    names = ("channel", "orders_from", "orders_until", "version")
    told = {name: getattr(found, name) for name in names}
    return Form.filled(told | {"methods": {name: name in found.methods for name, _l in METHODS}})


@bp.get("/payments/statements/<id:statement_id>")
@allow("manager", "accountant")
def statement_page(statement_id: int) -> str:
    return _statement_page(_present(statement_id), statement_id)


def _statement_page(form: Form, statement_id: int) -> str:
    found = statement_by_id(statement_id)
    return render_template(
        "payments/statement.html",
        found=found,
        form=form,
        page=FINDINGS.page({**request.args, "statement": str(statement_id)}),
        methods=METHODS,
        channels=[("", _("All")), *CHANNELS.items()],
    )


@bp.post("/payments/statements/<id:statement_id>")
@allow("manager")
@submits(StatementIn, again=_statement_page, present=_present)
def compare(wanted: StatementIn, statement_id: int) -> ResponseReturnValue:
    """With other orders than it was compared with."""
    found = statement_by_id(statement_id, lock=True)
    refuse_stale(found)
    found.methods = sorted(str(method) for method, is_one in wanted.methods.items() if is_one)
    found.channel = wanted.channel
    found.orders_from, found.orders_until = wanted.orders_from, wanted.orders_until
    look_for_orders(found, utc_now())
    return redirect(url_for("payments.statement_page", statement_id=statement_id), 303)


# -- notices --------------------------------------------------------------------------------------


@bp.get("/payments/notices")
@allow("manager")
def notices_page() -> str:
    return render_template("payments/notices.html", page=NOTICES.page(request.args))


# -- what was agreed ------------------------------------------------------------------------------


def _fees_page(form: Form) -> str:
    return render_template(
        "payments/fees.html", page=FEES.page(request.args), form=form, methods=METHODS
    )


@bp.get("/payments/fees")
@allow("manager")
def fees_page() -> str:
    return _fees_page(Form.filled({"installments": 1}))


@bp.post("/payments/fees")
@allow("manager")
@submits(FeeIn, again=_fees_page)
def save_fee(wanted: FeeIn) -> ResponseReturnValue:
    """What was agreed before from as many instalments on is what it was."""
    fee = agreed_with(wanted.method, wanted.installments)
    if fee is None:
        fee = AgreedFee(method=wanted.method, installments=wanted.installments)
        db.session.add(fee)
    fee.percent, fee.fixed = wanted.percent, wanted.fixed
    flash(_("That was saved."), "good")
    return redirect(url_for("payments.fees_page"), 303)


@bp.post("/payments/fees/<id:fee_id>/removal")
@allow("manager")
def remove_fee(fee_id: int) -> ResponseReturnValue:
    db.session.delete(fee_by_id(fee_id))
    return redirect(url_for("payments.fees_page"), 303)


# -- providers ------------------------------------------------------------------------------------


@bp.get("/payments/providers")
@allow("admin")
def providers_page() -> str:
    chosen = query_choice("name", PaymentProvider) or PaymentProvider.PIX
    return _providers_page(Form.filled(_told(chosen)), chosen)


def _providers_page(form: Form, name: str) -> str:
    chosen = _named(name)
    page = url_for("payments.providers_page")
    chips = [
        {"label": each.label, "href": f"{page}?name={each}", "active": each is chosen}
        for each in PaymentProvider
    ]
    return render_template(
        "payments/providers.html",
        form=form,
        provider=chosen,
        access=access_to(chosen),
        chips=chips,
    )


def _told(provider: PaymentProvider) -> dict[str, str]:
    row = access_to(provider)
    return {"base_url": row.base_url, "client_id": row.client_id} if row else {}


def _named(name: str) -> PaymentProvider:
    """Raises NotFound."""
    if name not in list(PaymentProvider):
        raise NotFound(_("There is no such payment provider."))
    return PaymentProvider(name)


@bp.post("/payments/providers/<name>")
@allow("admin")
@submits(ProviderIn, again=_providers_page)
def save_provider(wanted: ProviderIn, name: str) -> ResponseReturnValue:
    save_access(_named(name), wanted)
    flash(_("That was saved."), "good")
    return redirect(url_for("payments.providers_page", name=name), 303)


@bp.post("/payments/providers/<name>/removal")
@allow("admin")
def remove_provider(name: str) -> ResponseReturnValue:
    forget_access(_named(name))
    return redirect(url_for("payments.providers_page", name=name), 303)
