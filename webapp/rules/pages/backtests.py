"""Pages of backtests: asking for one, watching and stopping it, and what it found."""

import datetime as dt
from collections.abc import Iterator

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _

from webapp.http.csv import csv_file
from webapp.http.formatting import shop_day, with_query
from webapp.http.forms import parse
from webapp.http.transactions import in_transaction
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.errors import FieldError, Invalid, NotFound, Refusal
from webapp.platform.transactions import reading_ahead
from webapp.rules.backtesting import backtests as backtesting
from webapp.rules.backtesting.words import TONES, figures_of, judged_by, period, sales_shown
from webapp.rules.forms import BacktestIn
from webapp.rules.models import Backtest, DraftStatus, RuleDraft
from webapp.rules.pages.blueprint import bp
from webapp.rules.queries import open_draft, published
from webapp.staff.access import allow

SAMPLES = 8
ON_A_PAGE = 50


@bp.context_processor
def backtest_words():
    """What rules/_backtests.html needs on the draft's page as well."""
    return {
        "backtests_of": backtesting.backtests_of,
        "days_to_come": _days_to_come,
        "backtest_tones": TONES,
        "backtest_figures": figures_of,
        "backtest_period": period,
        "judged_by": judged_by,
    }


def _days_to_come(draft: RuleDraft) -> list[dt.date]:
    return backtesting.days_to_come(draft.rules, shop_day(utc_now()))


@bp.get("/rules/draft/backtests")
@allow("manager")
def draft_backtests():
    """The part of the draft's page that moves while a test is under way."""
    draft = open_draft()
    if draft is None:
        raise NotFound(_("No draft is open."))
    return render_template("rules/_backtests.html", draft=draft)


@bp.post("/rules/draft/backtests")
@allow("manager")
def ask_backtest():
    wanted = parse(
        BacktestIn,
        {name: request.form[name] for name in ("days", "as_of") if name in request.form},
        form=True,
    )
    name = g.identity.user.name
    with reading_ahead():
        _refuse_other_day(wanted)
        past = backtesting.look_back(wanted.past_days)
    try:
        asked = in_transaction(lambda: backtesting.ask_backtest(past, wanted.as_of, name).id)
    except Refusal as refusal:
        flash(str(refusal), "bad")
        return redirect(url_for("rules.draft"), 303)
    return redirect(url_for("rules.backtest", backtest_id=asked), 303)


def _refuse_other_day(wanted: BacktestIn) -> None:
    draft = open_draft()
    if wanted.as_of and draft and wanted.as_of not in _days_to_come(draft):
        raise Invalid([FieldError("as_of", _("No rule of the draft begins on that day."))])


@bp.get("/rules/backtests/<id:backtest_id>")
@allow("manager")
def backtest(backtest_id: int):
    return render_template(
        "rules/backtest.html", **_context(backtesting.backtest_by_id(backtest_id))
    )


@bp.get("/rules/backtests/<id:backtest_id>/state")
@allow("manager")
def backtest_state(backtest_id: int):
    """The part of the page that moves."""
    return render_template(
        "rules/_backtest.html", **_context(backtesting.backtest_by_id(backtest_id))
    )


def _context(shown: Backtest) -> dict:
    draft = db.session.get_one(RuleDraft, shown.draft_id)
    return {
        "backtest": shown,
        "draft": draft,
        "figures": figures_of(shown),
        "samples": sales_shown(shown, shown.changes[:SAMPLES]),
        "is_outdated": draft.status is DraftStatus.OPEN and draft.version != shown.draft_version,
        "in_force": published().id,
    }


@bp.post("/rules/backtests/<id:backtest_id>/stop")
@allow("manager")
def stop_backtest(backtest_id: int):
    in_transaction(lambda: backtesting.backtest_by_id(backtest_id, lock=True).stop(utc_now()))
    return redirect(url_for("rules.backtest", backtest_id=backtest_id), 303)


@bp.get("/rules/backtests/<id:backtest_id>/orders")
@allow("manager")
def backtest_orders(backtest_id: int):
    """The sales that change, those that were kept."""
    shown = backtesting.backtest_by_id(backtest_id)
    pages = max(1, -(-len(shown.changes) // ON_A_PAGE))
    written = request.args.get("page", "1")
    page = int(written) if written.isascii() and written.isdigit() and len(written) < 5 else 1
    page = max(1, min(page, pages))
    first = (page - 1) * ON_A_PAGE
    return render_template(
        "rules/backtest_orders.html",
        backtest=shown,
        figures=figures_of(shown),
        page=page,
        pages=pages,
        sales=sales_shown(shown, shown.changes[first : first + ON_A_PAGE]),
        prev_url=with_query(page=page - 1) if page > 1 else "",
        next_url=with_query(page=page + 1) if page < pages else "",
    )


@bp.get("/rules/backtests/<id:backtest_id>.csv")
@allow("manager")
def backtest_file(backtest_id: int):
    """A line for each change of the sales that were kept."""
    shown = backtesting.backtest_by_id(backtest_id)
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
    return csv_file(f"rules-test-{shown.id}", header, _cells(shown))


def _cells(shown: Backtest) -> Iterator[list]:
    for sale in sales_shown(shown, shown.changes):
        for change in sale.changes:
            amounts = ["" if amount is None else amount for amount in (change.before, change.after)]
            yield [
                sale.reference,
                shop_day(sale.paid_at).isoformat(),
                sale.agent,
                change.fate,
                change.action,
                change.skus,
                ", ".join(change.rules),
                change.was,
                change.now,
                *amounts,
            ]
