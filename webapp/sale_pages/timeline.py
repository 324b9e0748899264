"""What happened to a sale, told from its audit entries."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.addresses.parts import PARTS
from webapp.audit.models import AuditEntry
from webapp.http.formatting import money_text
from webapp.sales.models import Shipping

# An invoiced sale's news is its NF-e's.
SALE_STATES = {
    "address": _l("On its way again, from the address"),
    "rules": _l("Address checked"),
    "invoice": _l("Rules applied"),
    "review": _l("Waits for a person's review"),
    "completed": _l("Completed; it has no goods, so it needs no NF-e"),
    "attention": _l("Stopped: somebody must fix something"),
    "cancelled": _l("Order cancelled"),
}
INVOICE_STATES = {
    "review": _l("NF-e prepared; held for review"),
    "approved": _l("NF-e released"),
    "sending": _l("NF-e signed and sent"),
    "authorized": _l("NF-e authorized"),
    "rejected": _l("NF-e rejected"),
    "discarded": _l("NF-e discarded"),
    "cancelled": _l("NF-e cancelled"),
    "pending": _l("NF-e prepared anew"),
}
SHIPMENT = {"carrier", "tracking_code"}


@dataclass(frozen=True)
class Happening:
    """`is_person`: somebody did it, not the house."""

    at: dt.datetime
    text: str
    who: str
    is_person: bool
    note: str


def happenings(entries: list[AuditEntry]) -> list[Happening]:
    """The entries that say something to a person, the newest first."""
    told = [(entry, _text(entry)) for entry in entries]
    return [
        Happening(entry.at, text, _who(entry.actor), "@" in entry.actor, _note(entry))
        for entry, text in reversed(told)
        if text
    ]


def _who(actor: str) -> str:
    return "Balcão" if actor == "system" or actor.startswith("job ") else actor


def _text(entry: AuditEntry) -> str:
    status = entry.after.get("status")
    if entry.subject == "invoices":
        return "" if entry.action == "created" else str(INVOICE_STATES.get(status, ""))
    if entry.subject == "refunds":
        amount = money_text(Decimal(entry.after["amount"]))
        return _("Refund %(number)s of %(amount)s", number=entry.after["number"], amount=amount)
    if entry.action == "created":
        return _("Order entered and paid") if entry.after.get("paid_at") else _("Order entered")
    if entry.after.get("paid_at"):
        return _("Payment noted")
    if status == "invoice" and entry.before.get("status") == "review":
        # A refund has its note made anew, which the note's own entry tells.
        return ""
    if status:
        return str(SALE_STATES.get(status, ""))
    if "shipping" in entry.after:
        return str(Shipping(entry.after["shipping"]).label)
    if SHIPMENT & entry.after.keys():
        return _("Carrier or tracking code changed")
    if any(part in entry.after for part in PARTS):
        return _("Address changed")
    return (
        _("Order changed")
        if {"total", "payment_method", "freight", "discount"} & entry.after.keys()
        else ""
    )


def _note(entry: AuditEntry) -> str:
    parts = [
        f"{entry.before.get(part) or '—'} → {entry.after[part] or '—'}"
        for part in PARTS
        if part in entry.after
    ]
    if entry.action == "changed" and parts and "@" in entry.actor:
        return " · ".join(parts)
    shipment = " ".join(
        filter(None, (entry.after.get(name) for name in ("carrier", "tracking_code")))
    )
    return shipment or entry.after.get("comment") or entry.why
