"""One job, which is a row that owes steps or owed them: what it is for, what was tried, what a
person may do about it; the list of all attempts, and those of an order and of an NF-e."""

from typing import Any, NamedTuple

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug import Response

from webapp.attempts.models import Attempt
from webapp.attempts.queries import attempts_of, attempts_of_sale
from webapp.audit.history import who
from webapp.audit.models import AuditEntry
from webapp.audit.queries import audit_entries
from webapp.audit.words import ACTIONS
from webapp.http.forms import Form
from webapp.http.handling import page_or_fragment, submits
from webapp.http.lists import newest_first, page_of
from webapp.invoices.queries import invoice_by_id
from webapp.monitor import registries, words
from webapp.monitor.attempts import ATTEMPTS, AttemptFilters, choices, chosen, rows_of, tabs
from webapp.monitor.causes import error_text
from webapp.monitor.forms import GiveUpIn
from webapp.monitor.subjects import About, subject_of
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.errors import NotFound
from webapp.platform.owed import Owed, models_by_kind
from webapp.processing.giving_up import give_up, may_be_given_up
from webapp.processing.pausing import pauses
from webapp.processing.pipeline import WORKED, Station
from webapp.sales.queries import sale_of
from webapp.staff.access import allow

bp = Blueprint("jobs", __name__)
# On the page of what they were for.
SHOWN = 20
# What a person did about a job.
ACTS = ("tried_now", "given_up", "retried")


@bp.get("/jobs/attempts")
@allow("manager")
def attempts() -> str:
    filters = AttemptFilters.asked(request.args)
    page = ATTEMPTS.page(request.args)
    return render_template(
        "jobs/attempts.html",
        page=page,
        rows=rows_of(page.items),
        filters=filters,
        tabs=tabs(filters),
        chosen=chosen(filters),
        choices=choices(filters),
        words=words,
    )


class Job(NamedTuple):
    """A row of work as its page shows it. `row`: None once it is gone, which its attempts outlive;
    `station`: where its work is done, None where it owes nothing."""

    kind: str
    id: int
    row: Owed | None
    subject: About | None
    station: Station | None

    @property
    def is_held(self) -> bool:
        """Whether a worker is at it."""
        row = self.row
        return bool(row and row.lease and row.due_at and row.due_at > utc_now())

    @property
    def error(self) -> str:
        """Why the last try at what it owes came to nothing, in words."""
        if self.row is None or self.station is None or not self.row.error:
            return ""
        return error_text(self.kind, str(self.station.status), self.row.error)

    @property
    def may_be_given_up(self) -> bool:
        return self.station is not None and may_be_given_up(self.station)

    @property
    def acts(self) -> list[AuditEntry]:
        """What people did about it, the latest first."""
        subject = models_by_kind()[self.kind].__tablename__
        entries = audit_entries(subject=subject, subject_id=str(self.id))
        query = entries.where(AuditEntry.action.in_(ACTS)).order_by(AuditEntry.id.desc())
        return list(db.session.scalars(query.limit(SHOWN)))


def _job(kind: str, row_id: int) -> Job:
    """Raises NotFound."""
    model = models_by_kind().get(kind)
    row: Any = db.session.get(model, row_id) if model else None
    if row is None:
        query = select(attempts_of(kind, row_id).exists())
        if model is None or not db.session.scalar(query):
            raise NotFound(_("There is no such work."))
        return Job(kind, row_id, None, None, None)
    here = (each for each in WORKED if (each.kind, each.status) == (kind, row.status))
    station = next(here, None) if row.due_at is not None else None
    return Job(kind, row_id, row, subject_of(row), station)


def _context(kind: str, row_id: int) -> dict[str, Any]:
    page = page_of(attempts_of(kind, row_id), newest_first(Attempt.id))
    job = _job(kind, row_id)
    return {
        "job": job,
        "attempts": page,
        "rows": rows_of(page.items),
        "acts": job.acts,
        "pause": pauses().get(job.station.queue) if job.station else None,
        "who": who,
        "words": words,
        "action_words": lambda action: ACTIONS[action],
        "now": utc_now(),
    }


@bp.get("/jobs/work/<row_kind>/<id:row_id>")
@allow("manager")
def work(row_kind: str, row_id: int) -> str:
    """To htmx the part that moves by itself."""
    return page_or_fragment("jobs/work.html", "jobs/_work.html", **_context(row_kind, row_id))


def _to_work(row_kind: str, row_id: int) -> Response:
    return redirect(url_for("jobs.work", row_kind=row_kind, row_id=row_id), 303)


@bp.post("/jobs/work/<row_kind>/<id:row_id>/attempts")
@allow("manager")
def try_now(row_kind: str, row_id: int) -> Response:
    station = _job(row_kind, row_id).station
    if station and registries.try_now(station.queue, row_kind, row_id):
        flash(_("It is being tried now."), "good")
    else:
        flash(_("It is being tried already, or was done just now."), "info")
    return _to_work(row_kind, row_id)


@bp.get("/jobs/work/<row_kind>/<id:row_id>/giving-up")
@allow("manager")
def give_up_form(row_kind: str, row_id: int) -> str:
    return _give_up_page(Form(), row_kind, row_id)


def _give_up_page(form: Form, row_kind: str, row_id: int) -> str:
    return render_template("jobs/give_up.html", form=form, job=_job(row_kind, row_id), words=words)


@bp.post("/jobs/work/<row_kind>/<id:row_id>/giving-up")
@allow("manager")
@submits(GiveUpIn, again=_give_up_page)
def give_up_work(wanted: GiveUpIn, row_kind: str, row_id: int) -> Response:
    station = _job(row_kind, row_id).station
    if station:
        give_up(station, row_id, wanted.reason)
        flash(_("It was given up. What follows is for a person to do."), "good")
    else:
        flash(_("It owes nothing any more; nothing was changed."), "info")
    return _to_work(row_kind, row_id)


# -- on the page of what they were for -------------------------------------------------------------


@bp.get("/sales/<id:sale_id>/jobs")
@allow("clerk", "accountant")
def of_sale(sale_id: int) -> str:
    sale = sale_of(sale_id)
    return _jobs_of(sale_id, f"sale-{sale_id}", url_for("sales.page", sale_id=sale_id), sale)


@bp.get("/invoices/<id:invoice_id>/jobs")
@allow("clerk", "accountant")
def of_invoice(invoice_id: int) -> str:
    """Those of its order that were about the NF-e."""
    invoice = invoice_by_id(invoice_id)
    keys = f"invoice-{invoice_id} sale-{invoice.sale_id}"
    back = url_for("invoices.page", invoice_id=invoice_id)
    return _jobs_of(invoice.sale_id, keys, back, invoice.sale, queue="invoices")


def _jobs_of(sale_id: int, keys: str, back: str, sale: Any, queue: str = "") -> str:
    query = attempts_of_sale(sale_id)
    if queue:
        query = query.where(Attempt.queue == queue)
    found = db.session.scalars(query.order_by(Attempt.id.desc()).limit(SHOWN))
    return page_or_fragment(
        "jobs/of.html",
        "jobs/_of.html",
        sale=sale,
        rows=rows_of(list(found)),
        keys=keys,
        address=request.path,
        back=back,
        queue=queue,
    )
