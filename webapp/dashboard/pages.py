"""The first page: how the shop stands and who waits for somebody."""

import datetime as dt
from decimal import Decimal
from typing import Any

from flask import Blueprint, current_app, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_date
from flask_babel import gettext as _

from webapp.audit.history import Actor, ActorKind, HistoryEntry
from webapp.dashboard import queries
from webapp.dashboard.charts import ticks
from webapp.dashboard.first_steps import guide_for
from webapp.fulfilment.tasks.words import task_question
from webapp.http.formatting import money_text, shop_day
from webapp.http.forms import Form
from webapp.http.lists import count_text
from webapp.http.numbers import is_brazilian
from webapp.invoices.issues import issue_of, issues_of
from webapp.platform.clock import utc_now
from webapp.platform.errors import NotFound
from webapp.platform.issues import Issue
from webapp.platform.money import ZERO
from webapp.sale_pages.fix_links import FixLink, fix_link, order_link
from webapp.sales.models import Sale, Status
from webapp.staff.access import allow, may
from webapp.store.queries import the_shop

WEEK = 7
bp = Blueprint("dashboard", __name__)


@bp.get("/")
@allow("clerk", "accountant")
def page() -> str:
    today = shop_day(utc_now())
    date, guide = format_date(today, "full"), guide_for(the_shop())
    counts = queries.counts()
    if not counts.sales:
        return render_template("dashboard/first_steps.html", date=date, guide=guide)
    context = _of_the_shop(today, counts) | {"guide": guide}
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


def _of_the_shop(today: dt.date, counts: queries.Counts) -> dict[str, Any]:
    """What everybody sees."""
    days = queries.last_days(today)
    statuses = queries.placed_by_status(days[-1].starts_at)
    return {
        "month": format_date(today, "MMMM"),
        "now": utc_now(),
        "issuer_known": bool(the_shop().cnpj),
        "days": days,
        "bars": _bars(shown) if (shown := _since_the_first_sale(days)) else [],
        "ticks": ticks([day.sold for day in days]),
        "week": sum((day.sold for day in days[-WEEK:]), ZERO),
        "week_change": _change(
            sum((day.sold for day in days[-2 * WEEK : -WEEK]), ZERO),
            sum((day.sold for day in days[-WEEK:]), ZERO),
        ),
        "change": _change(days[-2].sold, days[-1].sold),
        "commissions": queries.commissions_of_month(today),
        "statuses": statuses,
        "shares": _shares(statuses, today),
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


def _fix_of(issue: Issue, sale: Sale) -> FixLink:
    return fix_link(issue, sale, g.identity.role) or order_link(sale)


def _since_the_first_sale(days: list[queries.Day]) -> list[queries.Day]:
    """Those a chart shows: a week at least, and none where fewer than two of them sold anything,
    which a sentence tells better."""
    sold = [place for place, day in enumerate(days) if day.paid]
    return days[min(sold[0], len(days) - WEEK) :] if len(sold) > 1 else []


def _bars(days: list[queries.Day]) -> list[dict[str, Any]]:
    pattern = "dd/MM" if is_brazilian() else "d MMM"
    return [
        {
            "label": format_date(day.date, pattern),
            "value": float(day.sold),
            "text": money_text(day.sold),
            "now": day is days[-1],
        }
        for day in days
    ]


def _shares(statuses: dict[Status, int], today: dt.date) -> list[dict[str, Any]]:
    return [
        {
            "label": status.label,
            "n": count,
            "href": url_for("sales.index", status=status, since=today.isoformat()),
        }
        for status, count in statuses.items()
    ]


def _change(before: Decimal, now: Decimal) -> Decimal | None:
    """By how many per cent it went up or down; None where there is nothing to compare with."""
    return (now - before) * 100 / before if before else None


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
