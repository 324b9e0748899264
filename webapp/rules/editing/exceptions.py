"""Exceptions: a rule that stands before another one and skips it, for a customer, a product or a
channel. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import force_locale
from flask_babel import gettext as _

from webapp.platform.errors import Refusal
from webapp.rules.core.actions import SKIP_RULE
from webapp.rules.core.fields import FIELDS, MAX_TEXT
from webapp.rules.core.rule import LANGUAGES, MAX_PRIORITY
from webapp.rules.core.sets import priority_of

# What an exception may be for, as its field, with values for the example of whom it is not for.
GROUNDS = {
    "customer_id": ("1", "2"),
    "item_sku": ("SAMPLE-1", "SAMPLE-2"),
    "sale_channel": ("site", "store"),
}
STEP = 10
# Room for "_except_20000" behind a code of at most 60 letters.
STEM = 47


def grounds_of(target: dict) -> tuple[str, ...]:
    """A rule that looks at the whole order knows no single product."""
    return tuple(
        key
        for key in GROUNDS
        if FIELDS[key].scope == "sale" or target.get("scope", "line") == "line"
    )


def exceptions_of(rules: Iterable[dict], code: str) -> list[dict]:
    """The rules that skip the one of that code."""
    return [
        raw
        for raw in rules
        if any(code in action["codes"] for action in raw["then"] if action["do"] == SKIP_RULE.key)
    ]


def exception_to(target: dict, codes: Iterable[str], key: str, value: str) -> dict:
    """The JSON rule, to be looked over; `codes` are taken already. Raises Refusal where nothing can
    stand before the target."""
    priority = min(priority_of(target) + STEP, MAX_PRIORITY)
    if priority == priority_of(target):
        raise Refusal(
            _(
                "No rule can stand before one of priority %(most)s. Lower its priority first.",
                most=MAX_PRIORITY,
            )
        )
    skip, other = [SKIP_RULE.key], next(each for each in GROUNDS[key] if each != value)
    return {
        "code": _code(target["code"], set(codes)),
        "name": {language: _name(target, key, value, language) for language in LANGUAGES},
        "scope": target.get("scope", "line"),
        "event": target.get("event", "paid"),
        "priority": priority,
        "valid_from": None,
        "valid_to": None,
        "enabled": True,
        "when": {"all": [{"field": key, "op": "eq", "value": value}]},
        "then": [{"do": SKIP_RULE.key, "codes": [target["code"]]}],
        "examples": [
            {"facts": {key: value}, "expect": skip},
            {"facts": {key: other}, "expect": []},
        ],
    }


def _code(code: str, taken: set[str]) -> str:
    number = 1
    while (made := f"{code[:STEM]}_except_{number}") in taken:
        number += 1
    return made


def _name(target: dict, key: str, value: str, language: str) -> str:
    names = target["name"]
    name = names if isinstance(names, str) else names.get(language) or next(iter(names.values()))
    with force_locale(language):
        words = _("%(field)s %(value)s", field=FIELDS[key].label, value=value)
        text = _("Except for %(whom)s: “%(rule)s”", whom=words, rule=name)
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"
