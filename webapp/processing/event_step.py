"""Events of NF-e: signed at their first turn, sent with the same bytes until the authority has
answered, and what comes of the answer."""

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import joinedload, undefer

from webapp.authority.certificates import certificate
from webapp.authority.choosing import authority
from webapp.fiscal import events as fiscal
from webapp.fiscal.authority import Answer, AuthorityAway, EventAnswer, Meaning
from webapp.fiscal.events import (
    EventHead,
    EventKind,
    FailedDeliveryReason,
    RegisteredEvent,
    build_event,
    registered_event,
)
from webapp.fiscal.proc import event_proc
from webapp.fiscal.xml import Section
from webapp.invoices.models import EventStatus, Invoice, InvoiceEvent
from webapp.platform.database import db
from webapp.platform.notices import tell_pages
from webapp.processing.claims import Step
from webapp.processing.note_progress import note_cancelled_at_authority, note_stays
from webapp.processing.papers import asks_for_patience, sign_or_wait, wait_for_authority
from webapp.processing.signing import issue_time
from webapp.sales.models import Sale
from webapp.store.queries import the_shop

# Codes that say the same as 573 of a cancellation: the note is cancelled already.
CANCELLED_ALREADY = ("218", "420")


class EventOutcome(NamedTuple):
    """What became of one event: the authority's answer and, where it had one already, that one as
    it hands it out."""

    answer: EventAnswer
    known: tuple[RegisteredEvent, bytes] | None = None
    # The note is cancelled, and the authority hands out no event.
    is_cancelled: bool = False


# Or that it was away.
Outcomes = dict[int, EventOutcome | AuthorityAway]


class EventStep(Step[InvoiceEvent, Outcomes, Outcomes]):
    model = InvoiceEvent
    status = EventStatus.PENDING
    external_load = (undefer(InvoiceEvent.signed_xml), joinedload(InvoiceEvent.invoice))
    write_load = (
        undefer(InvoiceEvent.signed_xml),
        joinedload(InvoiceEvent.invoice).joinedload(Invoice.sale),
    )
    # So many the authority takes at once.
    batch = 20
    lease_seconds = 60
    most_alone = None

    def tries_left(self, row: InvoiceEvent) -> int:
        """Never used up: what was sent may be registered, and that must be learned."""
        return 1

    def lock_before(self, ids: Sequence[int]) -> None:
        """The sales and their NF-e, as whoever cancels or ships one."""
        of_these = select(InvoiceEvent.sale_id).where(InvoiceEvent.id.in_(ids))
        for row in (Sale, Invoice):
            of_sales = (Sale.id if row is Sale else Invoice.sale_id).in_(of_these)
            db.session.execute(select(row.id).where(of_sales).order_by(row.id).with_for_update())

    def call_external(self, rows: list[InvoiceEvent]) -> Outcomes:
        signed = [row for row in rows if row.signed_xml]
        if not signed:
            return {}
        try:
            answers = authority().event([row.signed_xml or b"" for row in signed])
        except AuthorityAway as away:
            return {row.id: away for row in signed}
        answered = list(zip(signed, answers, strict=True))
        outcomes: Outcomes = {row.id: EventOutcome(answer) for row, answer in answered}
        return outcomes | _look_up([(row, each) for row, each in answered if _is_known(row, each)])

    def write_row(self, row: InvoiceEvent, shared: Outcomes, now: dt.datetime) -> None:
        tell_pages(db.session, row.invoice)
        if row.signed_xml is None:
            sign_or_wait(row, now, lambda: _sign(row, now))
            return
        outcome = shared[row.id]
        if isinstance(outcome, AuthorityAway):
            wait_for_authority(row, now, outcome)
            return
        answer = outcome.answer
        if outcome.known:
            known, proc_xml = outcome.known
            _register(row, answer, known.protocol, known.registered_at, proc_xml)
            if row.kind is EventKind.CORRECTION:
                # Another system's letter may have had the number.
                row.text = known.text[:1000]
        elif outcome.is_cancelled:
            _register(row, answer, None, now, None)
        elif answer.is_registered:
            assert answer.registered_at and answer.ret_event
            proc_xml = event_proc(row.signed_xml, answer.ret_event)
            _register(row, answer, answer.protocol, answer.registered_at, proc_xml)
        elif answer.is_duplicate or asks_for_patience(answer.code):
            wait_for_authority(row, now, answer.code)
        else:
            row.refuse(answer.code, answer.reason)
            if row.kind is EventKind.CANCELLATION:
                note_stays(row)


def _is_known(row: InvoiceEvent, answer: EventAnswer) -> bool:
    cancelled = row.kind is EventKind.CANCELLATION and answer.code in CANCELLED_ALREADY
    return answer.is_duplicate or cancelled


def _look_up(doubled: list[tuple[InvoiceEvent, EventAnswer]]) -> Outcomes:
    """What the authority has of those that it had before."""
    if not doubled:
        return {}
    try:
        notes = authority().query([row.invoice.access_key or "" for row, _answer in doubled])
    except AuthorityAway as away:
        return {row.id: away for row, _answer in doubled}
    return {
        row.id: _found(row, answer, note)
        for (row, answer), note in zip(doubled, notes, strict=True)
    }


def _found(row: InvoiceEvent, answer: EventAnswer, note: Answer) -> EventOutcome:
    """What the authority has of it, as it was asked for the note."""
    for proc in note.events:
        try:
            known = registered_event(proc)
        except ValueError:
            continue
        if (known.code, known.sequence) == (row.kind.code, row.sequence):
            return EventOutcome(answer, (known, proc))
    is_cancelled = (
        row.kind is EventKind.CANCELLATION and note.meaning is Meaning.CANCELLED_ELSEWHERE
    )
    return EventOutcome(answer, is_cancelled=is_cancelled)


def _register(
    row: InvoiceEvent,
    answer: EventAnswer,
    protocol: str | None,
    at: dt.datetime,
    proc_xml: bytes | None,
) -> None:
    row.register(answer.code, answer.reason, protocol, at, proc_xml)
    if row.kind is EventKind.CANCELLATION:
        note_cancelled_at_authority(row.invoice)


def _sign(row: InvoiceEvent, now: dt.datetime) -> None:
    """As of now, and not before the NF-e was authorized."""
    invoice = row.invoice
    key = invoice.access_key
    assert key and invoice.authorized_at, "only what is authorized has events"
    at = max(issue_time(now), invoice.authorized_at)
    environment = the_shop().nfe_environment
    # The issuer is the one whose note it is.
    head = EventHead(key, environment, key[6:20], at, row.sequence)
    event = build_event(row.kind, head, DETAILS[row.kind](row, key))
    row.sign(certificate().signer.sign(event), at)


def _cancellation(row: InvoiceEvent, _key: str) -> Section:
    assert row.invoice.protocol is not None, "the NF-e is authorized"
    return fiscal.cancellation(row.invoice.protocol, row.text)


def _failed_delivery(row: InvoiceEvent, key: str) -> Section:
    facts = row.facts
    return fiscal.failed_delivery(
        key,
        dt.datetime.fromisoformat(facts["tried_at"]),
        FailedDeliveryReason(facts["reason"]),
        row.text,
        facts["hash"],
        facts["tries"],
    )


DETAILS: dict[EventKind, Callable[[InvoiceEvent, str], Any]] = {
    EventKind.CANCELLATION: _cancellation,
    EventKind.CORRECTION: lambda row, key: fiscal.correction(row.text),
    EventKind.CARRIER_ACCESS: lambda row, key: fiscal.carrier_access(key, row.facts["cnpj"]),
    EventKind.FAILED_DELIVERY: _failed_delivery,
    EventKind.FAILED_DELIVERY_UNDONE: lambda row, key: fiscal.failed_delivery_undone(
        key, row.facts["protocol"]
    ),
}
