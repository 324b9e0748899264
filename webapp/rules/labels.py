"""A rule's parts in the reader's language, beside its sentence."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.http.formatting import day_text
from webapp.rules.core.actions import ACTIONS
from webapp.rules.core.events import (
    INVOICE_REJECTED,
    LAPSED,
    LOW_STOCK,
    PAID,
    REFUNDED,
    SHIPPED,
)
from webapp.rules.core.rule import Rule

SCOPE_LABELS = {"line": _l("Each item"), "sale": _l("The whole order")}
EVENT_LABELS = {
    PAID: _l("Order paid"),
    LAPSED: _l("Membership lapsed"),
    SHIPPED: _l("Order shipped"),
    REFUNDED: _l("Items refunded"),
    INVOICE_REJECTED: _l("NF-e rejected"),
    LOW_STOCK: _l("Stock is low"),
}
# What became of a rule between two sets, and its badge's tone.
CHANGE_KINDS = {
    "added": (_l("New rule"), "good"),
    "removed": (_l("Removed rule"), "bad"),
    "changed": (_l("Changed rule"), "info"),
    "moved": (_l("Moved rule"), ""),
}


def kinds_text(kinds: Collection[str]) -> str:
    """Kinds of action in words, always in the same order."""
    return ", ".join(str(action.label) for key, action in ACTIONS.items() if key in kinds) or _(
        "nothing"
    )


def validity(rule: Rule) -> str:
    if rule.valid_from and rule.valid_to:
        return _(
            "%(first)s to %(last)s", first=day_text(rule.valid_from), last=day_text(rule.valid_to)
        )
    if rule.valid_from:
        return _("from %(day)s", day=day_text(rule.valid_from))
    if rule.valid_to:
        return _("until %(day)s", day=day_text(rule.valid_to))
    return _("always")


def standing(rule: Rule, on: date) -> tuple[str, str]:
    """Whether the rule counts on that day, in words, and the badge's tone."""
    if not rule.enabled:
        return _("Disabled"), ""
    if rule.valid_from and on < rule.valid_from:
        return _("Not yet in force"), "info"
    if rule.valid_to and rule.valid_to < on:
        return _("No longer in force"), ""
    return _("In force"), "good"
