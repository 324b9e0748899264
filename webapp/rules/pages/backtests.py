"""Pages of backtests: asking for one, watching and stopping it, and what it found."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug import Response

from webapp.http.formatting import shop_day, with_query
from webapp.http.forms import parse
from webapp.http.query import query_int
from webapp.http.spreadsheets import csv_file
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.errors import FieldError, Invalid, Refusal
from webapp.platform.transactions import reading_ahead
from webapp.rules.backtesting import backtests as backtesting
from webapp.rules.backtesting.words import (
    changed_sales,
    figures_of,
    judged_by,
    period,
    why_nothing,
)
from webapp.rules.forms import BacktestIn
from webapp.rules.models import Backtest, DraftStatus, RuleDraft
from webapp.rules.pages.blueprint import author, bp
from webapp.rules.queries import draft_book, in_force, open_draft
from webapp.staff.access import allow

SAMPLES = 8
ON_A_PAGE = 50


@bp.context_processor
def backtest_words() -> dict[str, Any]:
    """What rules/_backtests.html needs on the draft's page as well."""
    return {
        "backtests_of": backtesting.backtests_of,
        "days_to_come": _days_to_come,
        "backtest_figures": figures_of,
        "backtest_period": period,
        "judged_by": judged_by,
    }


def _days_to_come(draft: RuleDraft) -> list[dt.date]:
    return backtesting.days_to_come(draft_book(draft), shop_day(utc_now()))


@bp.get("/rules/draft/backtests")
@allow("manager")
def draft_backtests() -> str:
    """The part of the draft's page that moves while a test is under way."""
    draft = open_draft()
    # A page may ask in the moment in which its draft is discarded or published: the part is gone.
    return render_template("rules/_backtests.html", draft=draft) if draft else ""


@bp.post("/rules/draft/backtests")
@allow("manager")
def ask_backtest() -> Response:
    wanted = parse(
        BacktestIn,
        {name: request.form[name] for name in ("days", "as_of") if name in request.form},
        form=True,
    )
    with reading_ahead():
        _refuse_other_day(wanted)
        past = backtesting.look_back(wanted.past_days)
    try:
        requested = backtesting.ask_backtest(past, wanted.as_of, author().name)
    except Refusal as refusal:
        db.session.rollback()
        flash(str(refusal), "bad")
        return redirect(url_for("rules.draft"), 303)
    return redirect(url_for("rules.backtest", backtest_id=requested.id), 303)


def _refuse_other_day(wanted: BacktestIn) -> None:
    draft = open_draft()
    if wanted.as_of and draft and wanted.as_of not in _days_to_come(draft):
        raise Invalid([FieldError("as_of", _("No rule of the draft begins on that day."))])


@bp.get("/rules/backtests/<id:backtest_id>")
@allow("manager")
def backtest(backtest_id: int) -> str:
    return render_template(
        "rules/backtest.html", **_context(backtesting.backtest_by_id(backtest_id))
    )


@bp.get("/rules/backtests/<id:backtest_id>/state")
@allow("manager")
def backtest_state(backtest_id: int) -> str:
    """The part of the page that moves."""
    return render_template(
        "rules/_backtest.html", **_context(backtesting.backtest_by_id(backtest_id))
    )


def _context(found: Backtest) -> dict[str, Any]:
    draft, figures = db.session.get_one(RuleDraft, found.draft_id), figures_of(found)
    return {
        "backtest": found,
        "draft": draft,
        "figures": figures,
        "why_nothing": [] if figures.totals.changed else why_nothing(found, figures.totals),
        "samples": changed_sales(found, found.changes[:SAMPLES]),
        "is_outdated": draft.status is DraftStatus.OPEN and draft.version != found.draft_version,
        "in_force": in_force().id,
    }


@bp.post("/rules/backtests/<id:backtest_id>/stop")
@allow("manager")
def stop_backtest(backtest_id: int) -> Response:
    backtesting.backtest_by_id(backtest_id, lock=True).stop(utc_now())
    return redirect(url_for("rules.backtest", backtest_id=backtest_id), 303)


@bp.get("/rules/backtests/<id:backtest_id>/orders")
@allow("manager")
def backtest_orders(backtest_id: int) -> str:
    """The sales that change, those that were kept."""
    found = backtesting.backtest_by_id(backtest_id)
    pages = max(1, -(-len(found.changes) // ON_A_PAGE))
    page = min(query_int("page", 1, least=1), pages)
    first = (page - 1) * ON_A_PAGE
    return render_template(
        "rules/backtest_orders.html",
        backtest=found,
        figures=figures_of(found),
        page=page,
        pages=pages,
        sales=changed_sales(found, found.changes[first : first + ON_A_PAGE]),
        prev_url=with_query(page=page - 1) if page > 1 else "",
        next_url=with_query(page=page + 1) if page < pages else "",
    )


@bp.get("/rules/backtests/<id:backtest_id>.csv")
@allow("manager")
def backtest_file(backtest_id: int) -> Response:
    """A line for each change of the sales that were kept."""
    found = backtesting.backtest_by_id(backtest_id)
    header = [
        _("Order"),
        _("Paid on"),
        _("Agent"),
        _("Change"),
        _("Action"),
        _("SKU"),
        _("Rules"),
        _("What it was"),
        _("What it becomes"),
        _("Amount before"),
        _("Amount after"),
    ]
    return csv_file(f"rules-test-{found.id}", header, list(_cells(found)))


def _cells(found: Backtest) -> Iterator[list[object]]:
    for sale in changed_sales(found, found.changes):
        for change in sale.changes:
            amounts = ["" if amount is None else amount for amount in (change.before, change.after)]
            yield [
                sale.reference,
                shop_day(sale.paid_at).isoformat(),
                sale.agent,
                change.label,
                change.action,
                change.skus,
                ", ".join(change.rules),
                change.was,
                change.now,
                *amounts,
            ]
