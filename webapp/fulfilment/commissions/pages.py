"""Pages of what agents are owed, month by month, and of what they were paid."""

from decimal import Decimal

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from webapp.fulfilment import months
from webapp.fulfilment.commissions import payments, queries
from webapp.fulfilment.commissions.forms import PaymentIn
from webapp.fulfilment.commissions.models import Commission
from webapp.fulfilment.commissions.spreadsheet import commission_cells
from webapp.http.csv import csv_file
from webapp.http.forms import Form
from webapp.http.lists import page_of
from webapp.http.transactions import in_transaction
from webapp.platform.clock import utc_now
from webapp.platform.errors import Refusal
from webapp.platform.money import ZERO
from webapp.staff.access import allow

bp = Blueprint("commissions", __name__)


@bp.get("/commissions")
@allow("manager", "accountant")
def index():
    month, agent = months.month_of(request.args.get("month")), request.args.get("agent", "")
    found = payments.settlements(month)
    if agent:
        page = page_of(queries.commissions(month, agent), (Commission.id,))
        reversed_of = months.months_reversed(Commission, page.items)
    else:
        page, reversed_of = (
            page_of(queries.paid_agents(month), (Commission.agent_code,), descending=False),
            {},
        )
    whole = {
        "sales": sum(one.total.sales for one in found.values()),
        "sold": sum((one.total.sold for one in found.values()), ZERO),
        "commission": sum((one.total.commission for one in found.values()), ZERO),
        "paid": sum((one.paid for one in found.values()), ZERO),
        "waiting": sum(not one.is_settled for one in found.values()),
    }
    return render_template(
        "fulfilment/commissions/commissions.html",
        page=page,
        agent=agent,
        found=found,
        whole=whole,
        reversed_of=reversed_of,
        **months.month_context(month),
    )


@bp.get("/commissions.csv")
@allow("manager", "accountant")
def file():
    month = months.month_of(request.args.get("month"))
    header = [
        _("Agent"),
        _("Name"),
        _("Month"),
        _("Orders"),
        _("Sold"),
        _("Commission"),
        _("Paid"),
        _("Paid on"),
        _("Left to settle"),
    ]
    return csv_file(f"commissions-{month}", header, list(commission_cells(month)))


@bp.post("/commissions/<month>/<agent>/payment")
@allow("manager")
def pay_agent(month: str, agent: str):
    """Marks an agent's month as paid, in full as of now."""

    def mark(seen: Decimal) -> str:
        payments.mark_agent_paid(month, agent, seen, g.identity.actor, utc_now())
        return _("The commission of %(agent)s is marked as paid.", agent=agent)

    return _mark_paid(months.month_of(month), agent, mark)


@bp.post("/commissions/<month>/payments")
@allow("manager")
def pay_month(month: str):
    """Marks everybody's month as paid."""

    def mark(seen: Decimal) -> str:
        count = payments.mark_month_paid(month, seen, g.identity.actor, utc_now())
        return ngettext(
            "%(num)s agent was marked as paid.", "%(num)s agents were marked as paid.", count
        )

    return _mark_paid(months.month_of(month), "", mark)


def _mark_paid(month: str, agent: str, mark):
    """A month that is not over may bring more: it is asked about before it is marked."""
    wanted = Form(request.form, PaymentIn).parse()
    if month >= months.this_month() and not wanted.confirmed:
        return render_template(
            "fulfilment/commissions/confirm_payment.html",
            agent=agent,
            amount=wanted.amount,
            month=month,
            month_name=months.month_words(month),
            url=request.path,
        ), 409
    try:
        flash(in_transaction(lambda: mark(wanted.amount)), "good")
    except Refusal as refusal:
        flash(str(refusal), "warn")
    return redirect(url_for("commissions.index", month=month), 303)


@bp.post("/commissions/<month>/<agent>/payment/withdrawal")
@allow("manager")
def take_payment_back(month: str, agent: str):
    month = months.month_of(month)
    in_transaction(lambda: payments.take_back(month, agent))
    flash(_("The commission of %(agent)s is no longer marked as paid.", agent=agent), "good")
    return redirect(url_for("commissions.index", month=month), 303)
