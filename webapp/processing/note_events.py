"""What a person, or the house itself, asks of an authorised NF-e: to cancel it, to correct it, to
let its carrier download it, to tell that its parcel was not delivered. Each is an event that is
signed and sent by `event_step`.

The callers hold the sale's lock (`note_to_follow`), and commit.
"""

import datetime as dt

from flask_babel import gettext as _
from sqlalchemy import select

from webapp.audit.tracking import actor
from webapp.fiscal.cancelling import CancellationWindow, window_of
from webapp.fiscal.events import MOST_OF_A_KIND, EventKind, FailedDeliveryReason, hash_of_proof
from webapp.invoices.models import EventStatus, Invoice, InvoiceEvent, InvoiceStatus
from webapp.invoices.queries import invoice_by_id, pending_cancellation, returns_of
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.errors import FieldError, Invalid, Refusal
from webapp.processing.note_progress import note_being_cancelled
from webapp.sales.invoice_details import partner_facts
from webapp.sales.models import Sale, Status
from webapp.sales.queries import sale_of
from webapp.store.models import PartnerKind
from webapp.store.partners.queries import carrier_named
from webapp.store.queries import cancellation_hours


def note_to_follow(invoice_id: int) -> Invoice:
    """An NF-e and its sale, locked in the order in which everybody locks them. Raises NotFound."""
    sale_of(invoice_by_id(invoice_id).sale_id, lock=True)
    query = select(Invoice).where(Invoice.id == invoice_id).with_for_update(of=Invoice)
    return db.session.scalars(query.execution_options(populate_existing=True)).one()


def cancellation_window(invoice: Invoice) -> CancellationWindow:
    """Of an NF-e that is authorized, by the shop's settings or its state's."""
    assert invoice.authorized_at is not None, "the NF-e is authorized"
    return window_of(invoice.authorized_at, *cancellation_hours())


def why_not_cancellable(sale: Sale, invoice: Invoice, now: dt.datetime) -> str:
    """In words; "" where it can be cancelled."""
    if invoice.status is not InvoiceStatus.AUTHORIZED:
        return _("An NF-e in the state “%(state)s” cannot be cancelled.", state=invoice.label)
    if invoice.was_test:
        return _of_tests()
    if invoice.is_return and invoice.due_at:
        return _("The goods of this return are being taken in. Try again in a moment.")
    if sale.has_shipped and not invoice.is_return:
        return _(
            "The goods of this NF-e have left the shop, so it cannot be cancelled any more. Issue "
            "a return note when they come back."
        )
    if cancellation_window(invoice).is_over(now):
        return _(
            "The time in which SEFAZ takes the cancellation of this NF-e is over. Issue a return "
            "note instead."
        )
    return ""


def has_returns(sale: Sale) -> bool:
    """The authority cancels no NF-e that others give back."""
    return any(each.takes_back for each in returns_of(sale.id))


def cancel_note(sale: Sale, invoice: Invoice, reason: str) -> InvoiceEvent:
    """Asks the authority to cancel it; said twice, it is asked once. An order that goes on waits
    for the answer. Raises Refusal."""
    now = utc_now()
    asked = db.session.scalar(_of_kind(invoice.id, EventKind.CANCELLATION).limit(1))
    if asked:
        return asked
    if refused := why_not_cancellable(sale, invoice, now):
        raise Refusal(refused)
    if not invoice.is_return and has_returns(sale):
        raise Refusal(_("A return note gives goods of this NF-e back: it cannot be cancelled."))
    if sale.status is Status.INVOICED and not invoice.is_return:
        note_being_cancelled(invoice)
    return _ask(invoice, EventKind.CANCELLATION, now, reason)


def correct_note(invoice: Invoice, text: str) -> InvoiceEvent:
    """A correction letter, which takes the place of all before it; the same text again is the same
    letter. Raises Refusal."""
    _refuse_unauthorized(invoice)
    last = last_letter(invoice.id)
    if last and last.text == text:
        return last
    if last and last.sequence >= MOST_OF_A_KIND:
        raise Refusal(
            _("SEFAZ takes no more than %(most)s correction letters.", most=MOST_OF_A_KIND)
        )
    if last and last.status is EventStatus.PENDING:
        raise Refusal(
            _("A correction letter is at SEFAZ. Wait for its answer, then write the next one.")
        )
    return _ask(invoice, EventKind.CORRECTION, utc_now(), text)


def last_letter(invoice_id: int) -> InvoiceEvent | None:
    """The correction letter that counts, or is about to."""
    return db.session.scalar(_of_kind(invoice_id, EventKind.CORRECTION).limit(1))


def let_carrier_download(invoice: Invoice, carrier: dict[str, str]) -> None:
    """What was shipped is open to its carrier; told once of each carrier."""
    if invoice.status is not InvoiceStatus.AUTHORIZED or invoice.was_test:
        return
    told = db.session.scalars(_of_kind(invoice.id, EventKind.CARRIER_ACCESS)).all()
    if all(event.facts["cnpj"] != carrier["cnpj"] for event in told):
        facts = {name: carrier[name] for name in ("cnpj", "name")}
        _ask(invoice, EventKind.CARRIER_ACCESS, utc_now(), carrier["name"], facts)


def carrier_facts(sale: Sale) -> dict[str, str]:
    """Of whom a parcel was handed to: by the name written then, else as the order tells it for its
    NF-e; nothing where the shop knows no CNPJ."""
    partner = carrier_named(sale.carrier)
    if partner:
        return partner.facts
    details = sale.invoice_details or {}
    told = partner_facts(details, PartnerKind.CARRIER, details.get("carrier"))
    return told if told.get("name", "").lower() == sale.carrier.lower() else {}


def tell_failed_delivery(
    sale: Sale,
    invoice: Invoice,
    tried_at: dt.datetime,
    reason: FailedDeliveryReason,
    text: str,
    picture: bytes,
) -> InvoiceEvent:
    """The parcel did not reach its buyer. Of the picture, or without one of the text, the authority
    gets a hash. Raises Refusal, and Invalid for a day before the NF-e."""
    _refuse_unauthorized(invoice)
    if not sale.has_shipped:
        raise Refusal(_("It was not shipped yet."))
    assert invoice.issued_at is not None, "the NF-e is authorized"
    if tried_at < invoice.issued_at.replace(second=0, microsecond=0):
        message = _("This lies before the NF-e was issued.")
        raise Invalid([FieldError("day", message)])
    proof_hash = hash_of_proof(invoice.access_key or "", picture or text.encode())
    before = db.session.scalars(_of_kind(invoice.id, EventKind.FAILED_DELIVERY)).all()
    for event in before:
        if event.facts["hash"] == proof_hash and event.facts["tried_at"] == tried_at.isoformat():
            return event
    facts = {
        "tried_at": tried_at.isoformat(),
        "reason": str(reason),
        "tries": len(before) + 1,
        "hash": proof_hash,
        "has_picture": bool(picture),
    }
    return _ask(invoice, EventKind.FAILED_DELIVERY, utc_now(), text, facts)


def take_back_failed_delivery(event: InvoiceEvent) -> InvoiceEvent:
    """It was told by mistake. Said twice, it is taken back once. Raises Refusal."""
    if event.kind is not EventKind.FAILED_DELIVERY or event.status is not EventStatus.REGISTERED:
        raise Refusal(_("Only a failed delivery that SEFAZ has registered is taken back."))
    for before in db.session.scalars(_of_kind(event.invoice_id, EventKind.FAILED_DELIVERY_UNDONE)):
        if before.facts["protocol"] == event.protocol:
            return before
    facts = {"protocol": event.protocol}
    return _ask(event.invoice, EventKind.FAILED_DELIVERY_UNDONE, utc_now(), facts=facts)


def _of_tests() -> str:
    return _("This NF-e was issued for tests; the shop issues in production by now.")


def _refuse_unauthorized(invoice: Invoice) -> None:
    if invoice.was_test:
        raise Refusal(_of_tests())
    if invoice.status is not InvoiceStatus.AUTHORIZED or pending_cancellation(invoice.id):
        raise Refusal(_("Only an authorized NF-e has this done to it."))


def _ask(
    invoice: Invoice, kind: EventKind, now: dt.datetime, text: str = "", facts: dict | None = None
) -> InvoiceEvent:
    last = db.session.scalar(_of_kind(invoice.id, kind).limit(1))
    event = InvoiceEvent(
        invoice=invoice,
        sale_id=invoice.sale_id,
        kind=kind,
        status=EventStatus.PENDING,
        sequence=last.sequence + 1 if last else 1,
        text=text,
        facts=facts or {},
        asked_by=actor(),
    )
    event.owe(now)
    db.session.add(event)
    return event


def _of_kind(invoice_id: int, kind: EventKind):
    """Those that were not refused, the last first."""
    return (
        select(InvoiceEvent)
        .where(
            InvoiceEvent.invoice_id == invoice_id,
            InvoiceEvent.kind == kind,
            InvoiceEvent.status != EventStatus.REFUSED,
        )
        .order_by(InvoiceEvent.sequence.desc())
    )
