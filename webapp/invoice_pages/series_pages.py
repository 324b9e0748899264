"""The ledger of numbers: what became of each, what is left over and is to be voided."""

from collections.abc import Sequence

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp.http.forms import Form
from webapp.http.handling import submits
from webapp.invoice_pages.downloads import voiding_file
from webapp.invoices.forms import SeriesVoidingIn
from webapp.invoices.issues import refusal_of
from webapp.invoices.ledger import MOST_TOLD, left_over, numbers_between, runs_of
from webapp.invoices.models import Voiding
from webapp.invoices.queries import voiding_by_id, voidings_of
from webapp.platform.database import db
from webapp.platform.whole import whole_number
from webapp.processing.number_voiding import void_numbers
from webapp.staff.access import allow
from webapp.store.models import Series
from webapp.store.numbering import note_used_elsewhere
from webapp.store.queries import every_series, series_numbered
from webapp.taxation.queries import issuer_today

bp = Blueprint("series", __name__)
VOIDINGS_SHOWN = 50


@bp.get("/series")
@allow("reviewer", "accountant")
def index() -> str:
    return _page(_asked_form())


def _asked_form() -> Form:
    """With the numbers that a button of the list names."""
    asked = {name: request.args.get(name, "") for name in ("series", "first", "last")}
    return Form.filled(asked)


def _page(form: Form) -> str:
    every = every_series()
    chosen = _chosen(every, request.args.get("series") or form.value("series"))
    reached = chosen.next_number - 1
    last = min(whole_number(request.args.get("to"), 1) or reached, reached)
    first = max(1, last - MOST_TOLD + 1)
    numbers = [series.number for series in every]
    latest = voidings_of(numbers).order_by(Voiding.id.desc()).limit(VOIDINGS_SHOWN)
    return render_template(
        "invoices/series.html",
        every_series=every,
        tabs=[_tab(series, chosen) for series in every],
        chosen=chosen,
        first=first,
        last=last,
        runs=runs_of(reversed(numbers_between(chosen, first, last))),
        left_over=left_over(every),
        today=issuer_today(),
        voidings=db.session.scalars(latest).all(),
        form=form,
        refusal_of=refusal_of,
        series_options=[(series.number, str(series.number)) for series in every],
    )


def _chosen(every: Sequence[Series], written: str) -> Series:
    """The first where none of the shop's is named."""
    number = whole_number(written)
    return next((series for series in every if series.number == number), every[0])


def _tab(series: Series, chosen: Series) -> dict[str, object]:
    """As `lists.tabs` takes it."""
    return {
        "label": _("Series %(series)s", series=series.number),
        "href": url_for("series.index", series=series.number),
        "active": series is chosen,
    }


def _back(news: str, series: int) -> Response:
    flash(news, "good")
    return redirect(url_for("series.index", series=series), 303)


@bp.post("/series/voidings")
@allow("manager")
@submits(SeriesVoidingIn, again=_page, own_status=True)
def void(wanted: SeriesVoidingIn) -> ResponseReturnValue:
    series = series_numbered(str(wanted.series), lock=True)
    void_numbers(series, wanted.first, wanted.last, wanted.reason)
    return _back(_("SEFAZ is asked to void the numbers."), series.number)


@bp.post("/series/skipped/<id:skipped_id>/elsewhere")
@allow("manager")
def elsewhere(skipped_id: int) -> ResponseReturnValue:
    skipped = note_used_elsewhere(skipped_id)
    return _back(_("Noted: another system has used these numbers."), skipped.series)


@bp.get("/voidings/<id:voiding_id>/xml")
@allow("clerk", "accountant")
def voiding_xml(voiding_id: int) -> Response:
    return voiding_file(voiding_by_id(voiding_id))
