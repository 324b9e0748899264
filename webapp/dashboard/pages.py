"""The first page: how the shop stands and who waits for somebody."""

import datetime as dt
from decimal import Decimal

from flask import Blueprint, current_app, g, render_template, url_for
from flask_babel import format_date, get_locale
from flask_babel import gettext as _

from webapp.audit.history import Actor, ActorKind, HistoryEntry
from webapp.catalog.models import Product
from webapp.dashboard import queries
from webapp.dashboard.charts import ticks
from webapp.fulfilment.tasks.words import task_question
from webapp.http.formatting import money_text, shop_day
from webapp.http.forms import Form
from webapp.http.lists import count_text
from webapp.invoices.issues import issue_of, issues_of
from webapp.platform.clock import utc_now
from webapp.platform.errors import NotFound
from webapp.platform.issues import Issue
from webapp.sale_pages.fix_links import FixLink, fix_link, order_link
from webapp.sales.models import Sale
from webapp.staff.access import allow, may
from webapp.store.queries import the_shop

bp = Blueprint("dashboard", __name__)


@bp.get("/")
@allow("clerk", "accountant")
def page():
    today = shop_day(utc_now())
    if not queries.anything_of(Sale):
        return render_template(
            "dashboard/first_steps.html", date=format_date(today, "full"), steps=_first_steps()
        )
    days = queries.last_days(today)
    shown = {
        "date": format_date(today, "full"),
        "month": format_date(today, "MMMM"),
        "now": utc_now(),
        "issuer_known": bool(the_shop().cnpj),
        "days": days,
        "ticks": ticks([day.sold for day in days]),
        "change": _change(days[-2].sold, days[-1].sold),
        "commissions": queries.commissions_of_month(today),
        "statuses": queries.placed_by_status(days[-1].starts_at),
        "review": queries.invoices_in("review"),
        "rejected": queries.invoices_in("rejected"),
        "issue_of": issue_of,
        "issues_of": issues_of,
        "fix_of": _fix_of,
        "task_question": task_question,
    }
    shown |= {
        "bars": _bars(days),
        "shares": _shares(shown["statuses"], today),
        "count_text": count_text,
    }
    if may("clerk"):
        shown |= {
            "stuck": queries.sales_in_attention(),
            "tasks": queries.open_tasks(),
            "low": queries.low_products(),
            "to_ship": queries.orders_to_ship(),
        }
    if may("manager"):
        shown["failed"] = queries.count_failed_effects()
    return render_template("dashboard/page.html", **shown)


def _fix_of(issue: Issue, sale: Sale) -> FixLink:
    return fix_link(issue, sale, g.identity.role) or order_link(sale)


def _bars(days: list[queries.Day]) -> list[dict]:
    return [
        {
            "label": format_date(day.date, "dd/MM" if get_locale().language == "pt" else "d MMM"),
            "value": float(day.sold),
            "text": money_text(day.sold),
            "now": day is days[-1],
        }
        for day in days
    ]


def _shares(statuses: dict, today: dt.date) -> list[dict]:
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


def _first_steps() -> list[dict]:
    """What a new shop does first, of that what the person may do."""
    shop, products = the_shop(), queries.anything_of(Product)
    steps = [
        (
            "clerk",
            _("Bring your products"),
            _("With price, stock and NCM, so that the NF-e can be built."),
            url_for("catalog.index"),
            _("Add products"),
            products,
        ),
        (
            "clerk",
            _("Enter an order"),
            _("By hand; its address, rules and NF-e follow by themselves."),
            url_for("sales.new"),
            _("New order"),
            False,
        ),
        (
            "admin",
            _("Connect your checkout"),
            _("With an API token, your site hands its orders over by itself."),
            url_for("staff.index"),
            _("Make a token"),
            False,
        ),
    ]
    issuer = (
        "admin",
        _("Say who sells"),
        _("CNPJ, address and tax regime of the issuer, as they stand on the NF-e."),
        url_for("store.settings_page"),
        _("Open the settings"),
        bool(shop.cnpj),
    )
    names = ("title", "text", "href", "action", "done")
    return [dict(zip(names, step, strict=True)) for role, *step in (issuer, *steps) if may(role)]


@bp.get("/styleguide")
@allow("clerk", "accountant")
def styleguide():
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
