"""What is odd about rules that are right as such, in words. Pure: what exists is told by `References`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from flask_babel import gettext as _

from webapp.rules.references import References, archived_words, mentions
from webapp.rules.rule import Rule


@dataclass(frozen=True, slots=True)
class Warning:
    """kind   never_fires, subsumed, competing, archived_sku, unknown_sku, _template, _task, _agent or _customer
    path   the place in the rule `code`, as in "then.0.sku"; empty for the whole rule
    other  the code of the other rule it is about
    """

    kind: str
    code: str
    path: str
    message: str
    other: str | None = None


def lint(rules: Sequence[Rule], known: References, today: date, only: Collection[str] | None = None) -> list[Warning]:
    """Of enabled rules; with `only`, what concerns the rules of these codes. `rules` are in the order they are heard."""
    found = []
    for rule in rules:
        if rule.enabled and (only is None or rule.code in only):
            found += _missing(rule, known)
    return found


def _missing(rule: Rule, known: References) -> Iterator[Warning]:
    for mention in mentions(rule):
        if not known.holds(mention):
            yield Warning(f"unknown_{mention.kind}", rule.code, mention.path, _missing_words(mention.kind, mention.value))
        elif mention.kind == "sku" and known.skus[mention.value] == "archived":
            yield Warning("archived_sku", rule.code, mention.path, archived_words(mention.value))


def _missing_words(kind: str, value: str) -> str:
    words = {
        "sku": _("no product has the SKU '%(value)s'", value=value),
        "template": _("there is no e-mail template '%(value)s'; no message will be sent", value=value),
        "task": _("there is no task '%(value)s' with a text of its own; staff will see only its code", value=value),
        "agent": _("no agent has the code '%(value)s'", value=value),
        "customer": _("there is no customer number '%(value)s'", value=value),
    }
    return words[kind]
