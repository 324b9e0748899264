"""What a person asks of an authorized NF-e: to cancel it, to correct it; and the files of that."""

from flask import flash, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp.http.forms import Form
from webapp.http.handling import submits
from webapp.invoice_pages.blueprint import bp
from webapp.invoice_pages.downloads import event_file
from webapp.invoice_pages.note_pages import note_page
from webapp.invoices.forms import CorrectionIn, NoteCancellationIn
from webapp.invoices.queries import event_by_id
from webapp.processing.note_events import cancel_note, correct_note, note_to_follow
from webapp.staff.access import allow


def _cancellation_again(form: Form, invoice_id: int) -> str:
    refused = None if form.errors else form
    return note_page(invoice_id, cancellation_form=form, refused=refused)


def _letter_again(form: Form, invoice_id: int) -> str:
    return note_page(invoice_id, letter_form=form, refused=None if form.errors else form)


@bp.post("/invoices/<id:invoice_id>/cancellation")
@allow("reviewer")
@submits(NoteCancellationIn, again=_cancellation_again, own_status=True)
def cancel(wanted: NoteCancellationIn, invoice_id: int) -> Response:
    invoice = note_to_follow(invoice_id)
    cancel_note(invoice.sale, invoice, wanted.reason)
    return _back(invoice_id, _("SEFAZ is asked to cancel the NF-e."))


@bp.post("/invoices/<id:invoice_id>/corrections")
@allow("reviewer")
@submits(CorrectionIn, again=_letter_again, own_status=True)
def correct(wanted: CorrectionIn, invoice_id: int) -> Response:
    correct_note(note_to_follow(invoice_id), wanted.text)
    return _back(invoice_id, _("The correction letter is on its way to SEFAZ."))


@bp.get("/invoices/<id:invoice_id>/events/<id:event_id>/xml")
@allow("clerk", "accountant")
def event_xml(invoice_id: int, event_id: int) -> Response:
    return event_file(event_by_id(invoice_id, event_id))


def _back(invoice_id: int, news: str) -> Response:
    flash(news, "good")
    return redirect(url_for("invoices.page", invoice_id=invoice_id), 303)
