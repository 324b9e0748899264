"""The series of NF-e: their next numbers, and which channel takes which."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from webapp.http.forms import Form
from webapp.http.handling import submits
from webapp.invoices.queries import last_number
from webapp.sales.forms import CHANNELS
from webapp.staff.access import allow
from webapp.store.forms import ChannelSeriesIn, NextNumberIn, SeriesIn
from webapp.store.numbering import add_series, choose_series, renumber
from webapp.store.pages.blueprint import bp, settings_tabs
from webapp.store.queries import every_series, locked_series, the_shop


@bp.get("/settings/numbering")
@allow("admin")
def numbering_page() -> str:
    return _page()


def _page(**refused: Form) -> str:
    """The page with each form as kept, except the refused one, which stays as typed."""
    every = every_series()
    chosen = {name: the_shop().channel_series.get(name, every[0].number) for name in CHANNELS}
    form_of = {
        "number": Form.filled({"series": every[0].id}),
        "channels": Form.filled({"channels": chosen}),
        "new": Form({}),
    }
    return render_template(
        "store/numbering.html",
        tabs=settings_tabs("store.numbering_page"),
        every_series=every,
        forms_of=form_of | refused,
        series_options=[(series.id, str(series.number)) for series in every],
        number_options=[(series.number, str(series.number)) for series in every],
        channels=CHANNELS,
        taken_by={
            series.number: [
                words for name, words in CHANNELS.items() if chosen[name] == series.number
            ]
            for series in every
        },
    )


def _saved(news: str) -> ResponseReturnValue:
    flash(news, "good")
    return redirect(url_for("store.numbering_page"), 303)


@bp.post("/settings/series")
@allow("admin")
@submits(SeriesIn, again=lambda form: _page(new=form))
def save_series(wanted: SeriesIn) -> ResponseReturnValue:
    add_series(wanted)
    return _saved(_("Series added. Choose the channels that take it."))


@bp.post("/settings/channels")
@allow("admin")
@submits(ChannelSeriesIn, again=lambda form: _page(channels=form))
def save_channels(wanted: ChannelSeriesIn) -> ResponseReturnValue:
    choose_series(wanted)
    return _saved(_("Saved."))


@bp.post("/settings/next-number")
@allow("admin")
@submits(NextNumberIn, again=lambda form: _page(number=form))
def save_next_number(wanted: NextNumberIn) -> ResponseReturnValue:
    series = locked_series(wanted.series)
    renumber(series, wanted, last_number(series.number))
    return _saved(_("The numbering goes on from there."))
