"""A rule as one sentence in the reader's language.

    If kind of product is one of “book” or “e-book” and the item is not a gift, then send a royalty slip.

Each message is a whole phrase with named parts, so that a translator may order the parts freely.
"""

from __future__ import annotations

from babel.numbers import format_currency, format_decimal
from flask_babel import get_locale
from flask_babel import gettext as _

from webapp.rules.actions import ActionUse
from webapp.rules.conditions import Check, Condition, Group
from webapp.rules.fields import Field
from webapp.rules.rule import Rule

# A list of hundreds of SKUs is no sentence.
MOST_VALUES = 5


def sentence(rule: Rule) -> str:
    actions = _joined([action_phrase(use) for use in rule.then], _("%(first)s and %(last)s"))
    condition = condition_phrase(rule.when)
    if rule.scope == "sale":
        return _("If, for the whole sale, %(condition)s, then %(actions)s.", condition=condition, actions=actions)
    return _("If %(condition)s, then %(actions)s.", condition=condition, actions=actions)


def condition_phrase(condition: Condition, nested: bool = False) -> str:
    if isinstance(condition, Check):
        return _check_phrase(condition)
    if condition.op == "not":
        return _("it is not so that %(condition)s", condition=condition_phrase(condition.members[0], nested=True))
    members = [condition_phrase(member, nested=True) for member in condition.members]
    phrase = _joined(members, _conjunction(condition))
    return f"({phrase})" if nested and len(members) > 1 else phrase


def action_phrase(use: ActionUse) -> str:
    shown = {param.key: _param_text(param.type, use.params[param.key]) for param in use.action.params}
    phrase = str(use.action.phrase) % shown
    if shown.get("reason"):
        return _("%(action)s (%(reason)s)", action=phrase, reason=shown["reason"])
    return phrase


def value_text(field: Field, value: object) -> str:
    """One value as people write it: money and numbers by the reader's locale, a choice by its label."""
    locale = get_locale() or "en"
    if field.type == "money":
        return format_currency(value, "BRL", locale=locale)
    if field.type == "percent":
        return _percent(value)
    if field.type == "int":
        return format_decimal(value, locale=locale)
    if field.type == "bool":
        return _("yes") if value else _("no")
    return _("“%(value)s”", value=field.choices[value] if field.choices else value)


def _check_phrase(check: Check) -> str:
    field, parts = check.field, {"field": str(check.field.label)}
    if check.op.takes == "one":
        parts["value"] = value_text(field, check.value)
    elif check.op.takes == "list":
        parts["value"] = _values(field, check.value)
    elif check.op.takes == "pair":
        parts["low"], parts["high"] = (value_text(field, value) for value in check.value)
    elif field.phrases:
        parts["yes"], parts["no"] = field.phrases
    return str(check.op.phrase) % parts


def _values(field: Field, values: tuple) -> str:
    texts = [value_text(field, value) for value in values[:MOST_VALUES]]
    left = len(values) - len(texts)
    if left:
        texts.append(_("%(number)d more", number=left))
    return _joined(texts, _("%(first)s or %(last)s"))


def _conjunction(group: Group) -> str:
    return _("%(first)s and %(last)s") if group.op == "all" else _("%(first)s or %(last)s")


def _joined(parts: list[str], conjunction: str) -> str:
    if len(parts) == 1:
        return parts[0]
    return conjunction % {"first": ", ".join(parts[:-1]), "last": parts[-1]}


def _param_text(kind: str, value: object) -> str:
    if value is None:
        return ""
    if kind == "commission":
        return _("the agent's own percentage") if value == "agent" else _percent(value)
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def _percent(value) -> str:
    return format_decimal(value, locale=get_locale() or "en") + "%"
