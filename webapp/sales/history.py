"""What happens to a sale and its refunds, in words."""

import re
from collections.abc import Iterator
from decimal import Decimal

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.addresses.parts import PARTS
from webapp.audit.history import Sentence, Vocabulary
from webapp.audit.models import AuditEntry
from webapp.http.formatting import money_text, percent_text
from webapp.sales.models import OVER_LIMIT, Shipping

SHIPMENT = ("carrier", "tracking_code")
CONTENT = ("total", "payment_method", "freight", "discount", "invoice_details")
# Of a line; see `webapp.sales.placing`.
_KEPT_PRICE = re.compile(r"\((\d+\.\d\d)\)")


def _sale_key(entry: AuditEntry) -> str:
    after, status = entry.after, entry.after.get("status", "")
    if entry.action in ("approved", "repriced", "tagged", "untagged"):
        return entry.action
    if entry.action == "created":
        return "entered_paid" if after.get("paid_at") else "entered"
    if after.get("paid_at"):
        return "paid"
    if status == "invoice" and entry.before.get("status") == "review":
        # A refund has its note made anew, which the note's own entry says.
        return ""
    if status == "attention" and after.get("reason_code") == OVER_LIMIT:
        return "needs_approval"
    if after.get("reason_code") == "note_being_cancelled":
        # The cancellation's own entry says it.
        return ""
    if status == "rules" and entry.before.get("status") == "attention":
        return "rules_again"
    return status or after.get("shipping") or _changed_part(entry)


def lines_in_words(kept: str) -> str:
    """Lines as the audit keeps them, with their prices as money."""
    return _KEPT_PRICE.sub(lambda found: f"({money_text(Decimal(found[1]))})", kept)


def _approval(percent: Decimal, prices: str) -> Iterator[str]:
    if percent:
        yield _("%(percent)s below the catalog", percent=percent_text(percent))
    if prices:
        yield _("Prices confirmed: %(skus)s", skus=prices)


def _changed_part(entry: AuditEntry) -> str:
    for key, parts in (("shipment", SHIPMENT), ("address_changed", PARTS), ("changed", CONTENT)):
        if any(part in entry.after for part in parts):
            return key
    return ""


def _sale_note(entry: AuditEntry) -> str:
    """What a person changed of its address, its shipment, or why."""
    after = entry.after
    if entry.action in ("tagged", "untagged"):
        return str(after["tags"])
    if entry.action == "repriced":
        return f"{lines_in_words(after['lines'])}: {entry.why}"
    if entry.action == "approved":
        return " · ".join(_approval(Decimal(after["below_catalog"]), after.get("prices", "")))
    if entry.action == "changed" and "@" in entry.actor:
        parts = [part for part in PARTS if part in after]
        changes = [f"{entry.before.get(part) or '—'} → {after[part] or '—'}" for part in parts]
        if changes:
            return " · ".join(changes)
    if entry.action == "created":
        return entry.why
    shipment = " ".join(after[name] for name in SHIPMENT if after.get(name))
    return shipment or after.get("comment") or entry.why


# An invoiced sale's news is its NF-e's.
SALE_EVENTS = Vocabulary(
    "sales",
    {
        "entered": Sentence(_l("Order entered"), "shopping-cart"),
        "entered_paid": Sentence(_l("Order entered and paid"), "shopping-cart"),
        "paid": Sentence(_l("Payment noted"), "coin"),
        "address": Sentence(_l("On its way again, from the address"), "map-pin"),
        "needs_approval": Sentence(_l("Waits for a manager's approval"), "player-pause"),
        "approved": Sentence(_l("Approved by a manager"), "check"),
        "rules_again": Sentence(_l("On its way again, from the rules"), "git-branch"),
        "rules": Sentence(_l("Address checked"), "map-pin"),
        "invoice": Sentence(_l("Rules applied"), "git-branch"),
        "review": Sentence(_l("Waits for a person's review"), "player-pause"),
        "completed": Sentence(_l("Completed; it has no goods, so it needs no NF-e"), "check"),
        "attention": Sentence(_l("Stopped: somebody must fix something"), "alert-triangle"),
        "cancelled": Sentence(_l("Order cancelled"), "ban"),
        Shipping.NONE: Sentence(Shipping.NONE.label, "package"),
        Shipping.TO_PACK: Sentence(Shipping.TO_PACK.label, "package"),
        Shipping.PACKED: Sentence(Shipping.PACKED.label, "package"),
        Shipping.SHIPPED: Sentence(Shipping.SHIPPED.label, "truck-delivery"),
        Shipping.DELIVERED: Sentence(Shipping.DELIVERED.label, "truck-delivery"),
        "shipment": Sentence(_l("Carrier or tracking code changed"), "truck-delivery"),
        "address_changed": Sentence(_l("Address changed"), "map-pin"),
        "changed": Sentence(_l("Order changed"), "pencil"),
        "repriced": Sentence(_l("Price typed over"), "coin"),
        "tagged": Sentence(_l("Tagged"), "tag"),
        "untagged": Sentence(_l("Tag taken off"), "tag"),
    },
    key_of=_sale_key,
    note_of=_sale_note,
)


def _refund_values(entry: AuditEntry) -> dict[str, str]:
    amount = money_text(Decimal(entry.after["amount"]))
    return {"number": str(entry.after["number"]), "amount": amount}


REFUND_EVENTS = Vocabulary(
    "refunds",
    {"created": Sentence(_l("Refund %(number)s of %(amount)s"), "arrow-back-up")},
    values_of=_refund_values,
)
