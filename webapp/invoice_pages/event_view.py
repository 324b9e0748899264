"""What the page of an NF-e tells of what followed it, and may still follow."""

import datetime as dt
from typing import Any

from webapp.authority.words import why_it_waits
from webapp.fiscal.events import MOST_OF_A_KIND, EventKind
from webapp.http.forms import Form
from webapp.invoices.issues import refusal_of
from webapp.invoices.models import EventStatus, Invoice, InvoiceEvent, InvoiceStatus
from webapp.processing.note_events import cancellation_window, why_not_cancellable


def events_context(invoice: Invoice, now: dt.datetime) -> dict[str, Any]:
    """`window`, `why_not` and `left` (seconds) are of its cancellation; `letter` is the correction
    letter that counts, with whose text the next one begins."""
    events = invoice.events
    standing = [event for event in events if event.status is not EventStatus.REFUSED]
    letter = _last(standing, EventKind.CORRECTION)
    is_authorized = invoice.status is InvoiceStatus.AUTHORIZED
    window = cancellation_window(invoice) if is_authorized else None
    return {
        "events": list(reversed(events)),
        "refusal_of": refusal_of,
        "why_it_waits": why_it_waits,
        "window": window,
        "is_late": bool(window and window.is_late(now)),
        "left": _seconds_left(window, now),
        "why_not": why_not_cancellable(invoice.sale, invoice, now) if is_authorized else "",
        "cancelling": _last(standing, EventKind.CANCELLATION),
        "letter": letter,
        "letters_left": MOST_OF_A_KIND - (letter.sequence if letter else 0),
        "cancellation_form": Form(),
        "letter_form": letter_form(letter),
    }


def letter_form(letter: InvoiceEvent | None) -> Form:
    """Begun with the former text: the new letter takes its place."""
    return Form.filled({"text": letter.text if letter else ""})


def _last(events: list[InvoiceEvent], kind: EventKind) -> InvoiceEvent | None:
    return next((event for event in reversed(events) if event.kind is kind), None)


def _seconds_left(window: Any, now: dt.datetime) -> float:
    if window is None:
        return 0
    ends = window.late_ends if window.is_late(now) else window.ends
    return max((ends - now).total_seconds(), 0)
