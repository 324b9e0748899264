"""The first page: how the shop stands and who waits for somebody."""

import datetime as dt
from typing import Any, NamedTuple

from flask import Blueprint, current_app, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_date
from flask_babel import gettext as _
from htmx_flask import request

from webapp.attention.kinds import KINDS
from webapp.audit.history import Actor, ActorKind, HistoryEntry
from webapp.dashboard import queries
from webapp.dashboard.charts import Chart, ChartFilters, paid_orders
from webapp.dashboard.first_steps import guide_for
from webapp.dashboard.glance import Glance, glance_since
from webapp.fulfilment.tasks.words import task_question
from webapp.http.formatting import shop_day
from webapp.http.forms import Form
from webapp.http.handling import wants_fragment
from webapp.http.lists import count_text
from webapp.invoices.issues import issue_of, issues_of
from webapp.platform.clock import utc_now
from webapp.platform.columns import written_out
from webapp.platform.errors import NotFound
from webapp.platform.issues import Issue
from webapp.sale_pages.fix_links import FixLink, fix_link, order_link
from webapp.sales.leaving import Due
from webapp.sales.models import Sale, Status
from webapp.staff.access import allow, may
from webapp.store.queries import the_shop
from webapp.web.navigation import Counter

bp = Blueprint("dashboard", __name__)


@bp.get("/")
@allow("clerk", "accountant")
def page() -> str:
    """The whole page, or to htmx its chart: it names what it takes, while a page that is fetched
    again by itself takes the parts of the whole."""
    filters = ChartFilters.of()
    if wants_fragment() and request.htmx.target:
        return render_template("dashboard/_chart.html", chart=Chart(filters))
    today = shop_day(utc_now())
    date, guide = format_date(today, "full"), guide_for(the_shop())
    counts, waiting = queries.counts(_WAITING)
    if not counts.sales:
        return render_template("dashboard/first_steps.html", date=date, guide=guide)
    chart = Chart(filters, glance_since(today))
    context = _of_the_shop(today, counts, chart) | {"guide": guide}
    context["needs"] = _needs(counts, waiting)
    if may("clerk"):
        context |= _of_the_work(counts)
    if may("manager"):
        context["failed"] = counts.failed
    return render_template("dashboard/page.html", date=date, **context)


@bp.post("/guide/closure")
@allow("admin")
def close_guide() -> ResponseReturnValue:
    """For everybody, once it is done or not wanted."""
    the_shop().close_guide()
    flash(_("The guide is put away. All of it is under Settings, Products and Staff."), "good")
    return redirect(url_for("dashboard.page"), 303)


def _of_the_shop(today: dt.date, counts: queries.Counts, chart: Chart) -> dict[str, Any]:
    """What everybody sees."""
    of_the_day = queries.of_the_day(today)
    return {
        "chart": chart,
        "month": format_date(today, "MMMM"),
        "today": today,
        "now": utc_now(),
        "issuer_known": bool(the_shop().cnpj),
        "glance": Glance(today, chart.days(glance_since(today), today), of_the_day),
        "paid_orders": paid_orders,
        "commissions": queries.commissions_of_month(today, of_the_day.commissions),
        "placed": sum(of_the_day.placed.values()),
        "shares": _shares(of_the_day.placed, today),
        "count_text": count_text,
        "issues_of": issues_of,
        **queries.invoices_waiting(counts),
    }


def _of_the_work(counts: queries.Counts) -> dict[str, Any]:
    """What those see who work on orders."""
    return {
        "stuck": queries.sales_in_attention(counts.stuck),
        "tasks": queries.open_tasks(counts.tasks),
        "low": queries.low_products(),
        "to_ship": counts,
        "issue_of": issue_of,
        "fix_of": _fix_of,
        "task_question": task_question,
    }


_WAITING = [Counter(written_out(kind.ids())) for kind in KINDS]
LEAVING_TONES = {Due.LATE: "bad", Due.WILL_MISS: "warn", Due.TODAY: "info"}


class Need(NamedTuple):
    """Something that waits for a person: how often, and its list."""

    label: str
    rows: int
    href: str
    tone: str = "warn"


def _needs(counts: queries.Counts, waiting: list[int]) -> list[Need]:
    """That of which there is some: what waits for a person, by kind, and what is to leave."""
    of_kinds = [
        Need(
            str(kind.label),
            min(rows, 1) if kind.is_one else rows,
            url_for("attention.index", kind=kind.name),
        )
        for kind, rows in zip(KINDS, waiting, strict=True)
        if kind.is_open_to(g.identity.role)
    ]
    leaving = {Due.LATE: counts.late, Due.WILL_MISS: counts.will_miss, Due.TODAY: counts.today}
    of_orders = [
        Need(str(due.label), rows, url_for("sales.index", due=due), LEAVING_TONES[due])
        for due, rows in leaving.items()
    ]
    of_parcels = [
        Need(_("To pack"), counts.to_pack, url_for("parcels.index", status="to_pack"), "info"),
        Need(_("To ship"), counts.packed, url_for("parcels.index", status="packed"), "info"),
    ]
    asked = of_kinds + (of_orders + of_parcels if may("clerk") else [])
    return [need for need in asked if need.rows]


def _fix_of(issue: Issue, sale: Sale) -> FixLink:
    return fix_link(issue, sale, g.identity.role) or order_link(sale)


def _shares(statuses: dict[Status, int], today: dt.date) -> list[dict[str, Any]]:
    return [
        {
            "label": status.label,
            "n": count,
            "href": url_for("sales.index", status=status, since=today.isoformat()),
        }
        for status, count in statuses.items()
    ]


@bp.get("/styleguide")
@allow("clerk", "accountant")
def styleguide() -> str:
    """Every component with sample data, for whoever works on the pages; not there in a running
    shop."""
    if not current_app.debug:
        raise NotFound(
            _("There is nothing at this address. It may have been deleted, or mistyped.")
        )
    return render_template("styleguide.html", form=Form(), events=_sample_events())


def _sample_events() -> list[HistoryEntry]:
    ana, house = Actor("Ana Paula Reis", ActorKind.PERSON), Actor("Balcão", ActorKind.HOUSE)
    note = "Asked the customer for the right postal code."
    return [
        HistoryEntry(utc_now(), "Review opened", "eye", ana, note),
        HistoryEntry(utc_now(), "Preview ready: 9 checks, 1 warning", "file-invoice", house),
    ]
