"""The fiscal calendar: what holds from when to when, by which source, and the values that somebody
must type in."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from webapp.fiscal.calendar import ASKED
from webapp.http.forms import Form
from webapp.http.handling import submits
from webapp.http.query import query_day, query_word
from webapp.invoices.queries import last_issued
from webapp.staff.access import allow
from webapp.taxation.calendar_lines import (
    asked_labels,
    asked_now,
    calendar_terms,
    first_day_asked,
)
from webapp.taxation.forms import CalendarFormIn
from webapp.taxation.pages.blueprint import bp
from webapp.taxation.queries import issuer_today
from webapp.taxation.value_edits import set_value


@bp.get("/fiscal-calendar")
@allow("manager", "accountant")
def calendar() -> str:
    code, day = query_word("code", ASKED), query_day("from")
    first = first_day_asked(code, day) if code and day else None
    return _page(Form.filled({"code": code, "from": str(first) if first else ""}))


def _page(form: Form) -> str:
    return render_template(
        "taxation/calendar.html",
        form=form,
        terms=calendar_terms(),
        is_asked=ASKED.__contains__,
        asked=asked_now(issuer_today()),
        labels=asked_labels(),
        today=issuer_today(),
    )


@bp.post("/fiscal-calendar")
@allow("admin", "accountant")
@submits(CalendarFormIn, again=_page)
def save_value(wanted: CalendarFormIn) -> ResponseReturnValue:
    set_value(wanted.code, wanted, last_issued())
    flash(_("The value was saved."), "good")
    return redirect(url_for("taxation.calendar"), 303)
