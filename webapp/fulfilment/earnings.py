"""Pages of what agents and authors are owed, month by month."""

import datetime as dt

from babel.dates import format_skeleton
from flask import Response, render_template, request
from flask_babel import get_locale
from flask_babel import gettext as _

from webapp.fulfilment import queries
from webapp.fulfilment.blueprint import bp
from webapp.fulfilment.models import Commission, RoyaltySlip
from webapp.fulfilment.services import commissions_csv
from webapp.lists import page_of
from webapp.money import ZERO
from webapp.staff.access import allow


def _month_context(month: str) -> dict:
    """The month in words and its neighbours, for the head of a monthly page."""
    first = dt.date.fromisoformat(month + "-01")
    before, after = first - dt.timedelta(days=1), first + dt.timedelta(days=32)
    return {"month": month, "month_name": format_skeleton("yMMMM", first, locale=get_locale()), "month_before": f"{before:%Y-%m}",
            "month_after": f"{after:%Y-%m}"}


@bp.get("/commissions")
@allow("manager", "accountant")
def commissions():
    month, agent = queries.month_of(request.args.get("month")), request.args.get("agent", "")
    totals = queries.agent_totals(month)
    if agent:
        page = page_of(queries.commissions(month, agent), (Commission.id,))
    else:
        page = page_of(queries.paid_agents(month), (Commission.agent_code,), descending=False)
    whole = {"sales": sum(total.sales for total in totals.values()),
             "sold": sum((total.sold for total in totals.values()), ZERO),
             "commission": sum((total.commission for total in totals.values()), ZERO)}
    return render_template("fulfilment/commissions.html", page=page, agent=agent, totals=totals, whole=whole,
                           **_month_context(month))


@bp.get("/commissions.csv")
@allow("manager", "accountant")
def commissions_file():
    month = queries.month_of(request.args.get("month"))
    header = [_("Agent"), _("Name"), _("Month"), _("Orders"), _("Sold"), _("Commission")]
    text = commissions_csv(month, header, brazilian=str(get_locale()).startswith("pt"))
    # The mark at its head tells spreadsheets that the file is UTF-8.
    response = Response("\ufeff" + text, mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="commissions-{month}.csv"'
    return response


@bp.get("/royalties")
@allow("manager", "accountant")
def royalties():
    month, author = queries.month_of(request.args.get("month")), request.args.get("author")
    totals = queries.author_totals(month)
    page = page_of(queries.royalty_slips(month, author), (RoyaltySlip.id,))
    whole = {"copies": sum(total.copies for total in totals), "base": sum((total.base for total in totals), ZERO),
             "amount": sum((total.amount for total in totals), ZERO)}
    return render_template("fulfilment/royalties.html", page=page, author=author, totals=totals, whole=whole,
                           **_month_context(month))
