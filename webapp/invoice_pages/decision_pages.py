"""What a person decides about an NF-e."""

from flask import flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp.customers.forms import AddressIn, NoteAddressIn
from webapp.http.forms import Form, parse
from webapp.http.handling import acts, submits
from webapp.invoice_pages.blueprint import bp
from webapp.invoice_pages.note_pages import next_in_queue, note_page, present_address
from webapp.invoices.forms import AddressSource, ApprovalIn, ResubmissionIn, ReturnIn, ZipCodeIn
from webapp.invoices.issues import warnings_on
from webapp.invoices.models import Invoice, InvoiceStatus
from webapp.invoices.queries import invoice_by_id, locked_invoice, review_queue
from webapp.platform.clock import utc_now
from webapp.platform.errors import Refusal, Stale
from webapp.processing import attention, review
from webapp.processing.at_the_authority import send_by_standby
from webapp.processing.returns import drop_return
from webapp.staff.access import allow


class SecondConfirmation(Refusal):
    """Approving over a warning is asked once more."""

    status = 422
    field = "confirm"


def _invoice_as_seen(invoice_id: int) -> Invoice:
    """The NF-e to decide about. Of two people who decide about what they see, the second is told;
    the same person twice does no harm. Raises Stale."""
    invoice = invoice_by_id(invoice_id)
    mine = invoice.reviewer == g.identity.actor and invoice.status is not InvoiceStatus.REVIEW
    if request.form.get("version") != str(invoice.version) and not mine:
        raise Stale()
    return invoice


def _to_note(invoice_id: int) -> ResponseReturnValue:
    return redirect(url_for("invoices.page", invoice_id=invoice_id), 303)


def _again(form: Form, invoice_id: int) -> str:
    """The page with the refusal at its head, or the question beside the button."""
    return note_page(invoice_id, refused=form, asking=form.error("confirm") is not None)


def _return_again(form: Form, invoice_id: int) -> str:
    """What is wrong with a field stands in the form, all else at the head of the page."""
    return note_page(invoice_id, return_form=form, refused=None if form.errors else form)


def _address_again(form: Form, invoice_id: int) -> str:
    return note_page(invoice_id, address_form=form, refused=None if form.errors else form)


def _present_address(invoice_id: int) -> Form:
    return present_address(invoice_by_id(invoice_id))


@bp.post("/invoices/<id:invoice_id>/approval")
@allow("reviewer")
@submits(ApprovalIn, again=_again, own_status=True)
def approve(wanted: ApprovalIn, invoice_id: int) -> Response:
    invoice = _invoice_as_seen(invoice_id)
    in_review = invoice.status is InvoiceStatus.REVIEW
    if in_review and not wanted.confirm and warnings_on(invoice):
        raise SecondConfirmation(
            _("There are warnings. Look at them once more, then approve all the same.")
        )
    review.approve(invoice, g.identity.actor)
    return _onward(invoice_id, _("NF-e approved. It is on its way to SEFAZ."))


@bp.post("/invoices/<id:invoice_id>/rejection")
@allow("reviewer")
@submits(ReturnIn, again=_return_again, own_status=True)
def reject(wanted: ReturnIn, invoice_id: int) -> Response:
    invoice = _invoice_as_seen(invoice_id)
    review.return_for_correction(invoice, g.identity.actor, str(wanted.code), wanted.comment)
    return _onward(invoice_id, _("NF-e returned for correction."))


@bp.post("/invoices/<id:invoice_id>/resubmission")
@allow("reviewer")
@submits(ResubmissionIn, again=_again, own_status=True)
def resubmit(_wanted: ResubmissionIn, invoice_id: int) -> Response:
    """What was wrong has been fixed elsewhere: checked again, and sent again with the number it
    has."""
    invoice = invoice_by_id(invoice_id)
    if invoice.status is InvoiceStatus.REJECTED:
        attention.resume_note(invoice)
    return _back(invoice_id, _("The NF-e is being checked again."))


@bp.post("/invoices/<id:invoice_id>/dropping")
@allow("reviewer")
@submits(ResubmissionIn, again=_again, own_status=True)
def drop(_wanted: ResubmissionIn, invoice_id: int) -> Response:
    drop_return(_invoice_as_seen(invoice_id))
    return _back(invoice_id, _("The return note was dropped; its goods may be returned again."))


@bp.post("/invoices/<id:invoice_id>/standby")
@allow("manager")
@acts(back=_to_note)
def to_standby(invoice_id: int) -> ResponseReturnValue:
    """It goes to the standby service though nobody knows whether the state's own has it."""
    send_by_standby(locked_invoice(invoice_id), utc_now())
    flash(_("It goes to the standby service."), "good")
    return _to_note(invoice_id)


@bp.post("/invoices/<id:invoice_id>/address")
@allow("reviewer")
@submits(NoteAddressIn, again=_address_again, own_status=True, present=_present_address)
def mend_address(wanted: NoteAddressIn, invoice_id: int) -> Response:
    attention.correct_address(_invoice_as_seen(invoice_id).sale, wanted)
    return _back(invoice_id, _("The address was changed. The NF-e is being checked again."))


@bp.post("/invoices/<id:invoice_id>/zip-code")
@allow("reviewer")
@submits(ZipCodeIn, again=_again, own_status=True)
def choose_zip_code(wanted: ZipCodeIn, invoice_id: int) -> Response:
    """Of two addresses, the customer's record's takes the place of the order's, or the order's
    stays."""
    sale = _invoice_as_seen(invoice_id).sale
    if wanted.source is AddressSource.ORDER:
        return _back(invoice_id, _("The order's postal code stays."))
    attention.correct_address(sale, parse(AddressIn, sale.customer.address_parts))
    return _back(invoice_id, _("The address was changed. The NF-e is being checked again."))


def _onward(invoice_id: int, text: str) -> Response:
    """To the next NF-e that waits for a decision, or to the list."""
    flash(text, "good")
    following = next_in_queue(invoice_id, review_queue())
    if following is None:
        return redirect(url_for("invoices.index"), 303)
    return redirect(url_for("invoices.page", invoice_id=following), 303)


def _back(invoice_id: int, text: str) -> Response:
    flash(text, "good")
    return redirect(url_for("invoices.page", invoice_id=invoice_id), 303)
