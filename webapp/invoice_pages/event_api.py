"""What follows an NF-e under /api/v1: its cancellation, correction letters and other events."""

from flask import Response
from flask_babel import lazy_gettext as _l

from webapp.http.answers import list_of
from webapp.http.filters import ListQuery
from webapp.invoice_pages.downloads import event_file
from webapp.invoices.forms import CorrectionIn, NoteCancellationIn
from webapp.invoices.models import InvoiceEvent
from webapp.invoices.queries import NO_INVOICE, event_by_id, events_of, invoice_by_id
from webapp.invoices.shapes import InvoiceEventOut
from webapp.platform.database import db
from webapp.processing.note_events import cancel_note, correct_note, note_to_follow
from webapp.web.api import Download, api_blueprint, endpoint, list_answer

bp = api_blueprint("events")


def event_json(event: InvoiceEvent) -> dict[str, object]:
    return {
        "id": event.id,
        "kind": event.kind,
        "type": event.kind.code,
        "sequence": event.sequence,
        "status": event.status,
        "text": event.text,
        "code": event.code,
        "reason": event.reason,
        "protocol": event.protocol,
        "created_at": event.created_at.isoformat(),
        "registered_at": event.registered_at.isoformat() if event.registered_at else None,
    }


def _kept(event: InvoiceEvent) -> dict[str, object]:
    db.session.flush()
    return event_json(event)


@endpoint(
    bp,
    "GET",
    "/invoices/<id:invoice_id>/events",
    "clerk",
    "accountant",
    query=ListQuery,
    answer=list_of(InvoiceEventOut),
    refusals={404: NO_INVOICE},
    summary=_l("What followed an NF-e, the newest first: its cancellation, letters, accesses."),
)
def list_events(asked: ListQuery, invoice_id: int) -> dict[str, object]:
    query = events_of(invoice_by_id(invoice_id).id).order_by(None)
    return list_answer(asked, query, (InvoiceEvent.id,), event_json)


@endpoint(
    bp,
    "GET",
    "/invoices/<id:invoice_id>/events/<id:event_id>/xml",
    "clerk",
    "accountant",
    answer=Download("application/xml", _l("The procEventoNFe")),
    refusals={
        404: _l("There is no such event."),
        409: _l("SEFAZ has not registered it, or does not hand it out."),
    },
    summary=_l("An event with SEFAZ's answer, as it is stored."),
)
def get_event_xml(invoice_id: int, event_id: int) -> Response:
    return event_file(event_by_id(invoice_id, event_id))


@endpoint(
    bp,
    "POST",
    "/invoices/<id:invoice_id>/cancellation",
    "reviewer",
    body=NoteCancellationIn,
    answer=InvoiceEventOut,
    status=202,
    refusals={404: NO_INVOICE, 409: _l("It is too late, its goods have left, or its state.")},
    summary=_l(
        "Asks SEFAZ to cancel an authorized NF-e; said twice, it is asked once. Its order waits "
        "until a person lets another NF-e be issued, or is cancelled by a call of its own."
    ),
)
def cancel_invoice(wanted: NoteCancellationIn, invoice_id: int) -> dict[str, object]:
    invoice = note_to_follow(invoice_id)
    return _kept(cancel_note(invoice.sale, invoice, wanted.reason))


@endpoint(
    bp,
    "POST",
    "/invoices/<id:invoice_id>/corrections",
    "reviewer",
    body=CorrectionIn,
    answer=InvoiceEventOut,
    status=202,
    refusals={404: NO_INVOICE, 409: _l("Its state forbids it, or there are twenty letters.")},
    summary=_l(
        "A correction letter, which takes the place of all before it: repeat what they corrected. "
        "It changes no value, no party and no date."
    ),
)
def correct_invoice(wanted: CorrectionIn, invoice_id: int) -> dict[str, object]:
    return _kept(correct_note(note_to_follow(invoice_id), wanted.text))
