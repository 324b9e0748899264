"""The timeline of an NF-e and its sale, in words, from the audit entries."""

from collections.abc import Sequence

from flask_babel import gettext as _
from sqlalchemy import select

from webapp.addresses.parts import PARTS
from webapp.audit.models import AuditEntry
from webapp.http.formatting import clock_text, moment_text, shop_day
from webapp.invoices.models import INVOICE_LABELS, REJECTED_LABELS, InvoiceStatus, RejectedBy
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.sales.models import Status
from webapp.staff.models import User

# What the invoice's own entries tell better.
TOLD_BY_INVOICE = (Status.INVOICE, Status.REVIEW, Status.INVOICED, Status.ATTENTION)


def timeline(entries: Sequence[AuditEntry]) -> list[dict]:
    """Items for `detail.timeline`; changes that say nothing to people are left out."""
    emails = {entry.actor for entry in entries if "@" in entry.actor}
    names = (
        dict(db.session.execute(select(User.email, User.name).where(User.email.in_(emails))).all())
        if emails
        else {}
    )
    told = ((entry, _text(entry)) for entry in entries)
    return [_shown(entry, text, names) for entry, text in told if text]


def _shown(entry: AuditEntry, text: str, names: dict[str, str]) -> dict:
    today = shop_day(entry.at) == shop_day(utc_now())
    return {
        "when": clock_text(entry.at) if today else moment_text(entry.at),
        "iso": entry.at.isoformat(),
        "text": text,
        "who": names.get(entry.actor)
        or (entry.actor if "@" in entry.actor or entry.actor.startswith("token ") else "Balcão"),
        "person": "@" in entry.actor,
        "note": entry.after.get("comment"),
    }


def _text(entry: AuditEntry) -> str | None:
    return _of_invoice(entry) if entry.subject == "invoices" else _of_sale(entry)


def _of_sale(entry: AuditEntry) -> str | None:
    if entry.action == "created":
        return _("Order received")
    status = entry.after.get("status")
    if any(part in entry.after for part in PARTS) and status in (None, Status.ADDRESS):
        return _("Address changed")
    if status and Status(status) not in TOLD_BY_INVOICE:
        return str(Status(status).label)
    return None


def _of_invoice(entry: AuditEntry) -> str | None:
    after = entry.after
    status = after.get("status")
    if entry.action == "created" and status == InvoiceStatus.PENDING:
        return _("NF-e begun")
    if status == InvoiceStatus.REJECTED:
        return str(REJECTED_LABELS[RejectedBy(after["rejected_by"])])
    if status == InvoiceStatus.SENDING and "number" in after:
        return _(
            "Number %(number)s of series %(series)s, signed and sent",
            number=after["number"],
            series=after["series"],
        )
    if status == InvoiceStatus.AUTHORIZED:
        return _("Authorized by SEFAZ, protocol %(protocol)s", protocol=after["protocol"])
    if status == InvoiceStatus.PENDING:
        return _("Sent to be checked again")
    return str(INVOICE_LABELS[InvoiceStatus(status)][0]) if status else None
