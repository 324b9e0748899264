"""Failures by cause: the list, one cause with what waits for it, and what a manager does about
it."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select
from werkzeug import Response

from webapp.attempts import acting
from webapp.attempts.cause_queries import (
    came_of,
    cause_by_id,
    retries_of,
    retry_by_id,
    waiting_for,
)
from webapp.attempts.forms import CauseActIn, IgnoreIn
from webapp.attempts.models import CauseRetry, FailingWork
from webapp.audit.history import learn_names, who
from webapp.audit.tracking import actor
from webapp.http.forms import Form
from webapp.http.handling import acts, submits
from webapp.http.lists import Order, page_of
from webapp.http.query import MOST_ROWS
from webapp.monitor import words
from webapp.monitor.weighing import CAUSES, CauseFilters, weighed
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.errors import Refusal
from webapp.platform.whole import whole_number
from webapp.sales.models import Sale
from webapp.staff.access import allow

bp = Blueprint("causes", __name__)
OLDEST_FIRST = {"since": Order((FailingWork.since, FailingWork.id))}
RETRIES = 5


@bp.context_processor
def of_causes() -> dict[str, Any]:
    return {"words": words, "who": who}


@bp.get("/jobs/causes")
@allow("manager")
def index() -> str:
    filters, page = CauseFilters.asked(request.args), CAUSES.page(request.args, narrowed=True)
    return render_template(
        "causes/index.html",
        page=page,
        causes=weighed(page.items),
        tabs=filters.tabs(),
        queues=filters.queues(),
    )


@bp.get("/jobs/causes/<id:cause_id>")
@allow("manager")
def show(cause_id: int) -> str:
    return _cause_page(Form(), cause_id)


def _cause_page(form: Form, cause_id: int) -> str:
    context = _context(cause_id)
    latest = next(iter(context["retries"]), None)
    if not form.errors and latest and latest.asked_by == actor():
        # What was tried with one is tried with all for the same reason.
        form = Form.filled({"reason": latest.reason})
    return render_template("causes/cause.html", form=form, **context)


@bp.get("/jobs/causes/<id:cause_id>/state")
@allow("manager")
def state(cause_id: int) -> str:
    """The part of the page that moves."""
    return render_template("causes/_cause.html", **_context(cause_id))


def _context(cause_id: int) -> dict[str, Any]:
    cause = cause_by_id(cause_id)
    page = page_of(waiting_for(cause_id), OLDEST_FIRST)
    retries = retries_of(cause_id, RETRIES)
    learn_names([cause.actor, *(retry.asked_by for retry in retries)])
    return {
        "each": weighed([cause])[0],
        "cause": cause,
        "page": page,
        "sales": _sales_of(page.items),
        "retries": retries,
        "came_of": came_of(retries, cause),
        "now": utc_now(),
    }


def _sales_of(works: list[FailingWork]) -> dict[int, Any]:
    """Reference and total, by the sale's id."""
    ids = {work.sale_id for work in works} - {None}
    if not ids:
        return {}
    query = select(Sale.id, Sale.reference, Sale.total).where(Sale.id.in_(ids))
    return {row.id: row for row in db.session.execute(query)}


def _to_cause(cause_id: int, **_values: int) -> Response:
    return redirect(url_for("causes.show", cause_id=cause_id), 303)


# -- acts ------------------------------------------------------------------------------------------


def _told(retry: CauseRetry) -> None:
    flash(
        ngettext(
            "%(num)s step is being tried again; what comes of it stands below.",
            "%(num)s steps are being tried again; what comes of them stands below.",
            retry.total,
        ),
        "good",
    )


@bp.post("/jobs/causes/<id:cause_id>/trial")
@allow("manager")
@submits(CauseActIn, again=_cause_page)
def retry_first(wanted: CauseActIn, cause_id: int) -> Response:
    _told(acting.retry_first(cause_by_id(cause_id), wanted.reason))
    return _to_cause(cause_id)


@bp.post("/jobs/causes/<id:cause_id>/retries")
@allow("manager")
@submits(CauseActIn, again=_cause_page)
def retry_all(wanted: CauseActIn, cause_id: int) -> Response:
    _told(acting.retry_all(cause_by_id(cause_id), wanted.reason))
    return _to_cause(cause_id)


@bp.post("/jobs/causes/<id:cause_id>/marked")
@allow("manager")
@submits(CauseActIn, again=_cause_page)
def retry_marked(wanted: CauseActIn, cause_id: int) -> Response:
    _told(acting.retry_marked(cause_by_id(cause_id), wanted.reason, _marked()))
    return _to_cause(cause_id)


def _marked() -> list[int]:
    """Ids of the marked rows. Raises Refusal where none is."""
    ids = [whole_number(each, 1) for each in request.form.getlist("ids")[:MOST_ROWS]]
    marked = [each for each in ids if each]
    if not marked:
        raise Refusal(_("Mark at least one row."))
    return marked


@bp.post("/jobs/causes/<id:cause_id>/givings-up")
@allow("manager")
@submits(CauseActIn, again=_cause_page)
def give_up_marked(wanted: CauseActIn, cause_id: int) -> Response:
    acting.give_up_marked(cause_by_id(cause_id), wanted.reason, _marked())
    flash(_("They are given up one by one; what comes of it stands below."), "good")
    return _to_cause(cause_id)


@bp.post("/jobs/causes/<id:cause_id>/resolution")
@allow("manager")
@submits(CauseActIn, again=_cause_page)
def resolve(wanted: CauseActIn, cause_id: int) -> Response:
    acting.resolve(cause_by_id(cause_id, lock=True), wanted.reason)
    flash(_("Resolved. It opens again when it comes again."), "good")
    return _to_cause(cause_id)


@bp.post("/jobs/causes/<id:cause_id>/ignoring")
@allow("manager")
@submits(IgnoreIn, again=_cause_page)
def ignore(wanted: IgnoreIn, cause_id: int) -> Response:
    acting.ignore(cause_by_id(cause_id, lock=True), wanted)
    flash(_("Ignored. What waits for it is tried on."), "good")
    return _to_cause(cause_id)


@bp.post("/jobs/causes/<id:cause_id>/opening")
@allow("manager")
@acts(back=_to_cause)
def reopen(cause_id: int) -> Response:
    acting.reopen(cause_by_id(cause_id, lock=True))
    return _to_cause(cause_id)


@bp.post("/jobs/causes/<id:cause_id>/retries/<id:retry_id>/stop")
@allow("manager")
@acts(back=_to_cause)
def stop(cause_id: int, retry_id: int) -> Response:
    acting.stop_retry(retry_by_id(retry_id, lock=True))
    return _to_cause(cause_id)
