"""ICMS inside each state and its poverty fund, with first days and exceptions."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from webapp.fiscal.places import STATES
from webapp.http.forms import Form
from webapp.http.handling import acts, submits
from webapp.invoices.queries import last_issued
from webapp.staff.access import allow
from webapp.taxation.book import the_tax_book
from webapp.taxation.forms import StateRateIn
from webapp.taxation.listing import STATE_RATES
from webapp.taxation.pages.blueprint import bp
from webapp.taxation.queries import issuer_today, own_states
from webapp.taxation.value_edits import take_back_rate, write_rate


@bp.get("/tax-rates")
@allow("manager", "accountant")
def rates() -> str:
    return _page(Form.filled({"valid_from": str(issuer_today()), "fcp": "0"}))


def _page(form: Form) -> str:
    today, book = issuer_today(), the_tax_book()
    return render_template(
        "taxation/rates.html",
        form=form,
        today=today,
        in_force=[book.state_rates(state, today) for state in sorted(STATES)],
        own=own_states(),
        page=STATE_RATES.page(request.args),
        states=[(state, state) for state in sorted(STATES)],
    )


@bp.post("/tax-rates")
@allow("manager", "accountant")
@submits(StateRateIn, again=_page)
def save_rate(wanted: StateRateIn) -> ResponseReturnValue:
    rate = write_rate(wanted, last_issued())
    return _changed(_("The rates of %(state)s were saved.", state=rate.state))


@bp.post("/tax-rates/<id:rate_id>/withdrawal")
@allow("manager", "accountant")
@acts(back=lambda **_values: redirect(url_for("taxation.rates"), 303))
def withdraw_rate(rate_id: int) -> ResponseReturnValue:
    take_back_rate(rate_id, last_issued())
    return _changed(_("It was taken back."))


def _changed(news: str) -> ResponseReturnValue:
    flash(news, "good")
    return redirect(url_for("taxation.rates"), 303)
