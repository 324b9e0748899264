"""What happens to an NF-e, in words."""

from collections.abc import Iterable

from flask_babel import gettext, lazy_pgettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import literal, select, union_all

from webapp.audit.history import Sentence, Subject, Vocabulary
from webapp.audit.models import AuditEntry
from webapp.authority.words import why_it_waits
from webapp.fiscal.paper_words import refusal_words
from webapp.invoices.models import EventStatus, Invoice, InvoiceEvent
from webapp.platform.database import db
from webapp.sales.models import Refund, Sale

# What happens to it there without its state being another one.
AT_THE_AUTHORITY = {
    "waits": Sentence(_l("SEFAZ keeps the NF-e waiting; it goes out by itself"), "clock"),
    "moves": Sentence(_l("Signed anew for another service of SEFAZ"), "refresh"),
    "left_behind": Sentence(_l("Sent to the standby service without waiting"), "refresh"),
    "number_left": Sentence(_l("Its number is another NF-e's; it takes the next one"), "refresh"),
    "recognized": Sentence(_l("SEFAZ has this very NF-e already: its protocol is taken"), "check"),
}


def _key(entry: AuditEntry) -> str:
    """That it was begun is what the sale's own entry says."""
    status = entry.after.get("status", "")
    if entry.action == "created":
        return "return_begun" if entry.after.get("origin_id") else ""
    if entry.action in AT_THE_AUTHORITY:
        return entry.action
    if status == "approved" and entry.before.get("status") == "sending":
        # Why it is signed anew has an entry of its own.
        return ""
    if status == "rejected" and entry.after.get("rejected_by"):
        return f"rejected_by_{entry.after['rejected_by']}"
    return status


def _note(entry: AuditEntry) -> str:
    after = entry.after
    if entry.action == "waits":
        return why_it_waits(after["code"])
    if entry.action in ("number_left", "recognized"):
        return _(
            "Number %(number)s of series %(series)s", number=after["number"], series=after["series"]
        )
    if after.get("status") == "sending" and after.get("number"):
        return _(
            "Number %(number)s of series %(series)s", number=after["number"], series=after["series"]
        )
    if after.get("protocol"):
        return _("Protocol %(protocol)s", protocol=after["protocol"])
    return after.get("comment") or entry.why


INVOICE_EVENTS = Vocabulary(
    "invoices",
    {
        "return_begun": Sentence(_l("Return of goods begun"), "arrow-back-up"),
        "pending": Sentence(_l("NF-e prepared anew"), "refresh"),
        "review": Sentence(_l("NF-e prepared; held for review"), "player-pause"),
        "approved": Sentence(_l("NF-e released"), "shield-check"),
        "sending": Sentence(_l("NF-e signed and sent"), "signature"),
        "authorized": Sentence(_l("NF-e authorized"), "file-invoice"),
        "rejected": Sentence(_l("NF-e rejected"), "alert-triangle"),
        "rejected_by_checks": Sentence(_l("NF-e stopped by the checks"), "alert-triangle"),
        "rejected_by_reviewer": Sentence(_l("NF-e returned by the reviewer"), "arrow-back-up"),
        "rejected_by_authority": Sentence(
            lazy_pgettext("one", "NF-e rejected by SEFAZ"), "alert-triangle"
        ),
        "discarded": Sentence(_l("NF-e discarded"), "trash"),
        "cancelled": Sentence(_l("NF-e cancelled"), "ban"),
    }
    | AT_THE_AUTHORITY,
    key_of=_key,
    note_of=_note,
)


def _event_key(entry: AuditEntry) -> str:
    """By the kind, which is the subject's name, and what became of it."""
    return f"{entry.subject_name}_{entry.after.get('status', '')}"


def _event_note(entry: AuditEntry) -> str:
    after = entry.after
    if entry.action == "created":
        return after.get("text", "")
    if after.get("protocol"):
        return _("Protocol %(protocol)s", protocol=after["protocol"])
    if after.get("status") == EventStatus.REFUSED:
        return gettext(refusal_words(after["code"])) % after
    return ""


PAPER_EVENTS = Vocabulary(
    "invoice_events",
    {
        "cancellation_pending": Sentence(_l("Cancellation of the NF-e asked for"), "ban"),
        "cancellation_registered": Sentence(_l("Cancellation registered at SEFAZ"), "ban"),
        "cancellation_refused": Sentence(_l("SEFAZ refused to cancel the NF-e"), "alert-triangle"),
        "correction_pending": Sentence(_l("Correction letter written"), "pencil"),
        "correction_registered": Sentence(_l("Correction letter registered at SEFAZ"), "file-text"),
        "correction_refused": Sentence(_l("SEFAZ refused the correction letter"), "alert-triangle"),
        "carrier_access_pending": Sentence(_l("NF-e opened to the carrier"), "truck-delivery"),
        "carrier_access_registered": Sentence(
            _l("The carrier's access registered at SEFAZ"), "truck-delivery"
        ),
        "carrier_access_refused": Sentence(
            _l("SEFAZ refused the carrier's access"), "alert-triangle"
        ),
        "failed_delivery_pending": Sentence(_l("Failed delivery told"), "package"),
        "failed_delivery_registered": Sentence(
            _l("Failed delivery registered at SEFAZ"), "package"
        ),
        "failed_delivery_refused": Sentence(
            _l("SEFAZ refused the failed delivery"), "alert-triangle"
        ),
        "failed_delivery_undone_pending": Sentence(
            _l("Failed delivery taken back"), "arrow-back-up"
        ),
        "failed_delivery_undone_registered": Sentence(
            _l("Taking back the failed delivery registered at SEFAZ"), "arrow-back-up"
        ),
        "failed_delivery_undone_refused": Sentence(
            _l("SEFAZ refused to take back the failed delivery"), "alert-triangle"
        ),
    },
    key_of=_event_key,
    note_of=_event_note,
)


def subjects_of(sale_id: int) -> list[Subject]:
    """What the history of a sale and of its NF-e is about: the sale, all its NF-e with the events
    that followed them, its refunds."""
    rows = (
        select(literal(model.__tablename__), model.id).where(model.sale_id == sale_id)
        for model in (Invoice, InvoiceEvent, Refund)
    )
    found = db.session.execute(union_all(*rows))
    return [Subject("sales", sale_id), *(Subject(name, row_id) for name, row_id in found)]


def subjects_among(sale: Sale, rows: Iterable[Invoice | Refund]) -> list[Subject]:
    """The same, of rows that are at hand."""
    return [Subject("sales", sale.id), *(Subject(row.__tablename__, row.id) for row in rows)]
