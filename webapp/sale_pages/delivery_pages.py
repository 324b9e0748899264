"""A parcel that did not reach its buyer: SEFAZ is told, and told if it was a mistake."""

import datetime as dt
from contextlib import closing

from flask import flash, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp.http.forms import Form
from webapp.http.handling import acts, submits
from webapp.http.uploads import takes_file
from webapp.invoices.forms import FAILED_DELIVERY_LABELS, FailedDeliveryIn
from webapp.invoices.queries import event_by_id, invoice_of
from webapp.platform.clock import utc_now
from webapp.platform.errors import FieldError, Invalid, NotFound
from webapp.processing.note_events import (
    note_to_follow,
    take_back_failed_delivery,
    tell_failed_delivery,
)
from webapp.sale_pages.blueprint import bp, to_order
from webapp.sales.queries import sale_of
from webapp.staff.access import allow
from webapp.store.queries import issuer_zone

# How the pictures begin that telephones take: JPEG, PNG, WebP.
PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n", b"RIFF")
LARGEST = 5 * 2**20


@bp.get("/sales/<id:sale_id>/failed-delivery")
@allow("clerk")
def failed_delivery(sale_id: int) -> str:
    return _failed_delivery_page(_begun(), sale_id)


def _begun() -> Form:
    now = utc_now().astimezone(issuer_zone())
    return Form.filled({"day": f"{now:%Y-%m-%d}", "time": f"{now:%H:%M}"})


def _failed_delivery_page(form: Form, sale_id: int) -> str:
    reasons = [(str(reason), label) for reason, label in FAILED_DELIVERY_LABELS.items()]
    return render_template(
        "sales/failed_delivery.html", sale=sale_of(sale_id), form=form, reasons=reasons
    )


@bp.post("/sales/<id:sale_id>/failed-delivery")
@allow("clerk")
@takes_file
@submits(FailedDeliveryIn, again=_failed_delivery_page)
def tell_delivery_failed(wanted: FailedDeliveryIn, sale_id: int) -> Response:
    invoice = invoice_of(sale_id)
    if invoice is None:
        raise NotFound(_("This order has no NF-e."))
    invoice, picture = note_to_follow(invoice.id), _picture()
    if not picture and not wanted.text:
        message = _("Add a picture, or say what happened: SEFAZ gets a fingerprint of it.")
        raise Invalid([FieldError("text", message)])
    tell_failed_delivery(
        invoice.sale, invoice, _tried_at(wanted), wanted.reason, wanted.text, picture
    )
    flash(_("SEFAZ is told that the delivery failed."), "good")
    return to_order(sale_id)


def _tried_at(wanted: FailedDeliveryIn) -> dt.datetime:
    """By the clock of the issuer's state. Raises Invalid for what lies ahead."""
    time = dt.time.fromisoformat(wanted.time)
    tried_at = dt.datetime.combine(wanted.day, time, issuer_zone())
    if tried_at > utc_now():
        raise Invalid([FieldError("time", _("This lies ahead."))])
    return tried_at


def _picture() -> bytes:
    """Raises Invalid for a file that is no picture."""
    sent = request.files.get("picture")
    if sent is None:
        return b""
    with closing(sent):
        content = sent.stream.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise Invalid([FieldError("picture", _("A picture has at most 5 MB."))])
    if content and not content.startswith(PICTURES):
        raise Invalid([FieldError("picture", _("Choose a JPEG, PNG or WebP picture."))])
    return content


def _back_to_order(invoice_id: int, event_id: int) -> Response:
    return to_order(event_by_id(invoice_id, event_id).sale_id)


@bp.post("/invoices/<id:invoice_id>/events/<id:event_id>/undoing")
@allow("clerk")
@acts(back=_back_to_order)
def take_delivery_back(invoice_id: int, event_id: int) -> Response:
    note_to_follow(invoice_id)
    take_back_failed_delivery(event_by_id(invoice_id, event_id))
    flash(_("SEFAZ is told that it was a mistake."), "good")
    return _back_to_order(invoice_id, event_id)
