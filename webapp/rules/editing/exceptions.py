"""Exceptions: a rule that stands before another one and skips it, for a customer, a product or a
channel. Pure."""

from __future__ import annotations

from flask_babel import force_locale
from flask_babel import gettext as _

from webapp.platform.errors import Refusal
from webapp.rules.core.actions import SKIP_RULE
from webapp.rules.core.book import RuleBook
from webapp.rules.core.fields import FIELDS, MAX_TEXT
from webapp.rules.core.rule import LANGUAGES, MAX_PRIORITY, RawRule, Rule
from webapp.rules.core.written import WrittenRule

# What an exception may be for, as its field, with values for the example of whom it is not for.
GROUNDS = {
    "customer_id": ("1", "2"),
    "item_sku": ("SAMPLE-1", "SAMPLE-2"),
    "sale_channel": ("site", "store"),
}
STEP = 10
# Room for "_except_20000" behind a code of at most 60 letters.
STEM = 47


def grounds_of(target: WrittenRule) -> tuple[str, ...]:
    """A rule that looks at the whole order knows no single product."""
    return tuple(key for key in GROUNDS if FIELDS[key].scope in ("sale", target.scope))


def exception_to(target: WrittenRule, book: RuleBook, key: str, value: str) -> RawRule:
    """The JSON of a rule to be looked over, of a code that the book does not have. Raises Refusal
    where nothing can stand before the target."""
    priority = min(target.priority + STEP, MAX_PRIORITY)
    if priority == target.priority:
        raise Refusal(
            _(
                "No rule can stand before one of priority %(most)s. Lower its priority first.",
                most=MAX_PRIORITY,
            )
        )
    other = next(sample for sample in GROUNDS[key] if sample != value)
    return {
        "code": _free_code(target.code, book),
        "name": {language: _name(target.rule, key, value, language) for language in LANGUAGES},
        "scope": target.scope,
        "event": target.rule.event,
        "priority": priority,
        "valid_from": None,
        "valid_to": None,
        "enabled": True,
        "when": {"all": [{"field": key, "op": "eq", "value": value}]},
        "then": [{"do": SKIP_RULE.key, "codes": [target.code]}],
        "examples": [
            {"facts": {key: value}, "expect": [SKIP_RULE.key]},
            {"facts": {key: other}, "expect": []},
        ],
    }


def _free_code(code: str, book: RuleBook) -> str:
    number = 1
    while (made := f"{code[:STEM]}_except_{number}") in book:
        number += 1
    return made


def _name(target: Rule, key: str, value: str, language: str) -> str:
    with force_locale(language):
        words = _("%(field)s %(value)s", field=FIELDS[key].label, value=value)
        name = target.name_in(language)
        text = _("Except for %(whom)s: “%(rule)s”", whom=words, rule=name)
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"
