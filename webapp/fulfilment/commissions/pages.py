"""Pages of what agents are owed, month by month, and of what they were paid."""

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from webapp.fulfilment import months
from webapp.fulfilment.commissions import payments
from webapp.fulfilment.commissions.forms import PaymentIn
from webapp.fulfilment.commissions.listing import AGENT_COMMISSIONS, COMMISSIONS
from webapp.fulfilment.commissions.models import Commission
from webapp.fulfilment.reversals import months_reversed
from webapp.http.forms import Form
from webapp.http.handling import acts
from webapp.http.spreadsheets import FileKind
from webapp.platform.clock import utc_now
from webapp.rules.naming import agent_name
from webapp.staff.access import allow

bp = Blueprint("commissions", __name__)


@bp.get("/commissions")
@allow("manager", "accountant")
def index() -> str:
    month, agent = months.month_of(request.args.get("month")), request.args.get("agent", "")
    listing = AGENT_COMMISSIONS if agent else COMMISSIONS
    page = listing.page(request.args)
    settlements = payments.settlements(month)
    return render_template(
        "fulfilment/commissions/commissions.html",
        page=page,
        agent=agent,
        listing=listing.name,
        settlements=settlements,
        whole=payments.total_of(settlements.values()),
        reversed_of=months_reversed(Commission, page.items) if agent else {},
        **months.month_context(month),
    )


@bp.get("/commissions.csv")
@allow("manager", "accountant")
def file() -> Response:
    month = months.month_of(request.args.get("month"))
    return COMMISSIONS.file(FileKind.CSV, {"month": month})


def _to_month(month: str, agent: str = "") -> ResponseReturnValue:
    return redirect(url_for("commissions.index", month=months.month_of(month)), 303)


@bp.post("/commissions/<month>/<agent>/payment")
@allow("manager")
@acts(back=_to_month)
def pay_agent(month: str, agent: str) -> ResponseReturnValue:
    """Marks an agent's month as paid, in full as of now."""
    month = months.month_of(month)
    wanted: PaymentIn = Form(request.form, PaymentIn).parse()
    if _must_confirm(month, wanted):
        return _confirmation(month, wanted, agent)
    payments.mark_agent_paid(month, agent, wanted.amount, g.identity.actor, utc_now())
    flash(_("The commission of %(agent)s is marked as paid.", agent=agent), "good")
    return _to_month(month)


@bp.post("/commissions/<month>/payments")
@allow("manager")
@acts(back=_to_month)
def pay_month(month: str) -> ResponseReturnValue:
    """Marks everybody's month as paid."""
    month = months.month_of(month)
    wanted: PaymentIn = Form(request.form, PaymentIn).parse()
    if _must_confirm(month, wanted):
        return _confirmation(month, wanted)
    count = payments.mark_month_paid(month, wanted.amount, g.identity.actor, utc_now())
    marked = ngettext(
        "%(num)s agent was marked as paid.", "%(num)s agents were marked as paid.", count
    )
    flash(marked if count else _("No agent was waiting to be paid."), "good" if count else "info")
    return _to_month(month)


def _must_confirm(month: str, wanted: PaymentIn) -> bool:
    """A month that is not over may bring more: a person is asked before it is marked."""
    return month >= months.this_month() and not wanted.confirmed


def _confirmation(month: str, wanted: PaymentIn, agent: str = "") -> ResponseReturnValue:
    page = render_template(
        "fulfilment/commissions/confirm_payment.html",
        agent=agent_name(agent) if agent else "",
        amount=wanted.amount,
        month=month,
        month_name=months.month_words(month),
        url=request.path,
    )
    return page, 409


@bp.post("/commissions/<month>/<agent>/payment/withdrawal")
@allow("manager")
@acts(back=_to_month)
def take_payment_back(month: str, agent: str) -> ResponseReturnValue:
    payments.take_back(months.month_of(month), agent)
    flash(_("The commission of %(agent)s is no longer marked as paid.", agent=agent), "good")
    return _to_month(month)
