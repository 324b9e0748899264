"""A sale and its NF-e advance together: each verb moves both, so that neither is left in a state
that the other does not know of.

Whoever changes one that has the other goes through here; only what a sale does without an NF-e, or
an NF-e while its sale waits for it (signing), is said to one of them alone. A return note goes its
way alone: its sale has come to its end, and stays as it is.
"""

import datetime as dt
import logging
from typing import Any

from lxml import etree

from webapp.audit.tracking import actor
from webapp.fiscal.authority import Answer
from webapp.fiscal.events import EventKind, registered_event
from webapp.fiscal.proc import nfe_proc
from webapp.invoices.models import (
    CANNOT_SIGN,
    EventStatus,
    Invoice,
    InvoiceEvent,
    InvoiceStatus,
    Purpose,
)
from webapp.invoices.reasons import OTHER, reason_of
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.issues import Issue
from webapp.processing.staff_tasks import note_task, open_task
from webapp.processing.triggers import note_invoice_rejected
from webapp.sales.models import Sale, Status
from webapp.store.queries import the_shop

log = logging.getLogger(__name__)
# Who asked for an event that this shop has not.
ELSEWHERE = "SEFAZ"
# With which a cancellation is registered.
IN_TIME, LATE = "135", "155"


def note_begun(sale: Sale, invoice: Invoice | None, now: dt.datetime) -> None:
    """The sale owes an NF-e: it is prepared from now on. `invoice`: the one that a sale has that
    comes by again; one that was cancelled stays so, and another takes its place."""
    if invoice is None or invoice.status is InvoiceStatus.CANCELLED:
        begun = {"status": InvoiceStatus.PENDING, "purpose": Purpose.SALE}
        db.session.add(Invoice(sale=sale, total=sale.note_total, **begun))
    sale.go_to(Status.INVOICE, now)


def note_failed(invoice: Invoice, issue: Issue, book: str, draft: etree._Element) -> None:
    """Our own checks found an error: it is not sent, and a person fixes the sale. `book` is the
    version of the tax book by which it was built: see `tax_holds`."""
    invoice.fail_checks()
    invoice.wait_for_fix(reason_of(issue), etree.tostring(draft))
    note_invoice_rejected(invoice)
    _needs_fix(invoice, issue, {"book": book})


def note_given_up(invoice: Invoice, error: str) -> None:
    """It could not be built or signed, however often it was tried."""
    invoice.fail_checks()
    invoice.wait_for_fix(OTHER, None)
    if not invoice.is_return:
        invoice.sale.needs_attention("invoice", "step_failed", None, {"error": error[:200]})


def note_held(invoice: Invoice, held_by: list[dict]) -> None:
    """It is sound, but a person decides."""
    invoice.hold(held_by)
    if not invoice.is_return:
        invoice.sale.park_in(Status.REVIEW)


def note_approved(invoice: Invoice, now: dt.datetime) -> None:
    """It is sound and goes out by itself: the work is the invoice's own from now on."""
    invoice.approve(None, now)
    if not invoice.is_return:
        invoice.sale.clear_work()


def note_rests(invoice: Invoice, issue: Issue, now: dt.datetime) -> None:
    """It is released, and the shop cannot sign just now, for the reason that `issue` tells: see
    `signing_holds`."""
    invoice.rest()
    if invoice.is_return:
        invoice.findings = [issue.to_json()]
    else:
        invoice.sale.rest(now, CANNOT_SIGN, issue.field, issue.to_json())


def note_signed(invoice: Invoice, now: dt.datetime) -> None:
    """It bears number, key and signature; sending it is owed from now on."""
    invoice.owe(now)
    if invoice.sale.reason_code == CANNOT_SIGN:
        invoice.sale.end_rest()


def note_released(invoice: Invoice, reviewer: str, now: dt.datetime) -> None:
    """A person decided that it goes out."""
    invoice.approve(reviewer, now)
    if not invoice.is_return:
        invoice.sale.park_in(Status.INVOICE)


def note_returned(
    invoice: Invoice,
    reviewer: str,
    code: str,
    comment: str,
    field: str | None,
    draft: etree._Element,
) -> None:
    """A person decided that something is to be fixed first, and says what."""
    invoice.return_for_correction(reviewer, code, comment)
    note_invoice_rejected(invoice)
    invoice.wait_for_fix(code, etree.tostring(draft))
    params = {"code": code, "comment": comment}
    if not invoice.is_return:
        invoice.sale.needs_attention("invoice", "returned", field, params)


def note_authorized(invoice: Invoice, protocol: str, at: dt.datetime, proc_xml: bytes) -> None:
    """The authority took it: the sale is invoiced; of a return, stock and refund are owed now."""
    invoice.authorize(protocol, at, proc_xml)
    if invoice.is_return:
        invoice.owe(utc_now())
    else:
        invoice.sale.park_in(Status.INVOICED)


def note_signed_anew(invoice: Invoice, now: dt.datetime) -> None:
    """It is not at the authority, and goes there with another key: nobody has to approve it
    again."""
    invoice.sign_anew(now)


def note_cancelled_elsewhere(invoice: Invoice, answer: Answer) -> None:
    """The authority has it as cancelled, by whom this shop does not know: a person decides what
    becomes of the sale."""
    if invoice.signed_xml and answer.protnfe and answer.protocol and answer.received_at:
        proc_xml = nfe_proc(invoice.signed_xml, answer.protnfe)
        invoice.authorize(answer.protocol, answer.received_at, proc_xml)
    invoice.cancel_elsewhere()
    for proc_xml in answer.events:
        _keep_cancellation(invoice, answer.code, proc_xml)
    note_task(invoice.sale, "nfe_cancelled_elsewhere", invoice)
    _goes_on_without(invoice)


def _keep_cancellation(invoice: Invoice, code: str, proc_xml: bytes) -> None:
    """The event as the authority hands it out; `code` is that of the cancelled note."""
    try:
        known = registered_event(proc_xml)
    except ValueError:
        log.warning("the authority's event of %s cannot be read", invoice.access_key)
        return
    if known.code != EventKind.CANCELLATION.code:
        return
    event = InvoiceEvent(
        invoice=invoice,
        sale_id=invoice.sale_id,
        kind=EventKind.CANCELLATION,
        status=EventStatus.PENDING,
        sequence=known.sequence,
        text=known.text[:1000],
        at=known.registered_at,
        asked_by=ELSEWHERE,
    )
    registered = IN_TIME if code == "101" else LATE
    event.register(registered, "", known.protocol, known.registered_at, proc_xml)
    db.session.add(event)


def note_rejected(invoice: Invoice, code: str, reason: str, issue: Issue) -> None:
    """The authority refused it; `issue` is its code in our words, with the field to fix. For
    another certificate it waits as what our own checks hold: see `tax_holds`."""
    invoice.refuse(code, reason, issue.same_number)
    invoice.wait_for_fix(reason_of(issue), invoice.signed_xml)
    note_invoice_rejected(invoice)
    if invoice.is_return:
        invoice.findings = [issue.to_json()]
    held = issue.field == "settings.certificate"
    _needs_fix(invoice, issue, {"book": the_shop().tax_book_version} if held else {})


def note_rebuilt(invoice: Invoice, step: Status, now: dt.datetime) -> None:
    """Something that it tells of was changed: the sale goes its way again from `step` on. Raises
    Refusal where the NF-e is on its way or out."""
    invoice.rebuild()
    if invoice.is_return:
        invoice.owe(now)
    else:
        invoice.sale.go_to(step, now)


def note_being_cancelled(invoice: Invoice) -> None:
    """The authority was asked to cancel it: its order goes nowhere until that has answered."""
    invoice.sale.stand_by("note_being_cancelled", _number_of(invoice))


def note_cancelled_at_authority(invoice: Invoice) -> None:
    """The cancellation is registered. An order that is not called off itself waits for a person,
    who lets another NF-e be made of it or calls it off; the goods of a return are to leave the
    stock again."""
    invoice.cancel()
    _goes_on_without(invoice)


def _goes_on_without(invoice: Invoice) -> None:
    if invoice.is_return:
        invoice.owe(utc_now())
        return
    sale = invoice.sale
    if sale.status is Status.CANCELLED:
        return
    sale.needs_attention(str(Status.INVOICE), "note_cancelled", None, _number_of(invoice))
    if not sale.owes_note:
        sale.park_in(Status.COMPLETED)


def note_stays(event: InvoiceEvent) -> None:
    """The authority refused to cancel it: it is authorized as before, and a person is told."""
    invoice, sale = event.invoice, event.invoice.sale
    if sale.reason_code == "note_being_cancelled":
        sale.park_in(Status.INVOICED)
    told = _number_of(invoice) | {"answer_code": event.code, "answer": event.reason}
    open_task(sale, "cancel_refused", **told)


def _number_of(invoice: Invoice) -> dict[str, Any]:
    return {"number": invoice.number, "series": invoice.series}


def note_dropped(invoice: Invoice) -> None:
    """All goods were given back before it went out: the sale owes none any more."""
    _discard(invoice)
    invoice.sale.park_in(Status.COMPLETED)


def return_dropped(invoice: Invoice) -> None:
    """A person gives a return note up that is not out: its goods may be returned with another."""
    _discard(invoice)


def note_cancelled(invoice: Invoice | None, sale: Sale) -> None:
    """The sale is called off. A note that is out stays out until the authority has cancelled it."""
    if invoice and not invoice.is_issued:
        _discard(invoice)
    sale.cancel()


def _discard(invoice: Invoice) -> None:
    """Who approved it was told that it goes out; now they are told that it does not."""
    was_approved = invoice.status is InvoiceStatus.APPROVED
    if was_approved and invoice.reviewer not in (None, actor()):
        open_task(invoice.sale, "approved_in_vain", reviewer=invoice.reviewer)
    invoice.discard()


def _needs_fix(invoice: Invoice, issue: Issue, params: dict) -> None:
    if not invoice.is_return:
        told = issue.to_json() | params
        invoice.sale.needs_attention("invoice", "nfe_check", issue.field, told)
