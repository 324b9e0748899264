"""A rule as one sentence in the reader's language.

    If the kind of product is book or e-book and the item is not a gift, then send a royalty slip.

Each message is a whole phrase with named parts, so that a translator may order the parts freely.
What matters in it, as the values and what is done, is marked on the way and becomes the strong
parts of `sentence_parts`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from babel.numbers import format_currency, format_decimal
from flask_babel import get_locale, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.rules.core.actions import SKIP_RULE, ActionUse
from webapp.rules.core.conditions import Condition, FactCheck, Group
from webapp.rules.core.events import (
    INVOICE_REJECTED,
    LAPSED,
    LOW_STOCK,
    PAID,
    REFUNDED,
    SHIPPED,
)
from webapp.rules.core.fields import Field
from webapp.rules.core.operators import OPERATORS, OPPOSITES
from webapp.rules.core.rule import Rule
from webapp.rules.core.vocabulary import email_words, task_words

# A list of hundreds of SKUs is no sentence.
MOST_VALUES = 5
# What is strong stands between these two; no text of a rule has control characters.
STRONG, WEAK = "\x02", "\x03"
_MARKS = re.compile(f"{STRONG}(.*?){WEAK}", re.DOTALL)

# By what the rule hears: of each item, and of the whole order.
OPENINGS = {
    PAID: (
        _l("When an order is *paid*, for *each item*:"),
        _l("When an order is *paid*, for *the whole order*:"),
    ),
    LAPSED: (
        _l("When a membership *lapses*, for *each membership* of its last order:"),
        _l("When a membership *lapses*, for *the whole of its last order*:"),
    ),
    SHIPPED: (
        _l("When an order is *shipped*, for *each item*:"),
        _l("When an order is *shipped*, for *the whole order*:"),
    ),
    REFUNDED: (
        _l("When items are *refunded*, for *each of them*:"),
        _l("When items are *refunded*, for *the whole order*:"),
    ),
    INVOICE_REJECTED: (
        _l("When an *NF-e is rejected*, for *each item*:"),
        _l("When an *NF-e is rejected*, for *the whole order*:"),
    ),
    LOW_STOCK: (
        _l("When *stock gets low*, for *each item* whose stock it is:"),
        _l("When *stock gets low*, for *the whole order* that is the last of it:"),
    ),
}

Names = Mapping[str, str]
# How people call what a field's values are codes of, by `Field.names`: only the shop knows, so that
# `webapp.rules.naming` fills it. What is not in it stands for itself.
CALLED: dict[str, Callable[[str], str]] = {}


def sentence(rule: Rule, names: Names | None = None) -> str:
    """`names`: those of other rules by their codes, for the rules it skips."""
    return _plain(_sentence(rule, names or {}))


def sentence_parts(
    rule: Rule, names: Names | None = None, opening: bool = False
) -> list[tuple[str, bool]]:
    """The sentence in pieces, each with whether it is to stand out. `opening` puts when and of what
    it is asked before it."""
    said = (
        _opening(rule) + _sentence(rule, names or {}, begun=True)
        if opening
        else _sentence(rule, names or {})
    )
    # Every other piece is what stood between marks.
    return [(piece, bool(place % 2)) for place, piece in enumerate(_MARKS.split(said)) if piece]


def rule_name(rule: Rule) -> str:
    """In the reader's language."""
    return rule.name_in(str(get_locale()))


def skipped_names(rule: Rule, rule_of: Callable[[str], Rule | None]) -> dict[str, str]:
    """The names of the rules that it skips, by code, for its sentence; `rule_of` finds a rule by
    its code."""
    codes = (code for use in rule.then if use.action is SKIP_RULE for code in use.params["codes"])
    return {code: rule_name(skipped) for code in codes if (skipped := rule_of(code))}


def condition_phrase(condition: Condition) -> str:
    return _plain(_condition(condition))


def action_phrase(use: ActionUse, names: Names | None = None) -> str:
    return _plain(_action(use, names or {}))


def called(kind: str, code: str) -> str:
    return CALLED.get(kind, str)(code)


def value_text(field: Field, value: Any) -> str:
    """One value as people write it: money and numbers by the reader's locale, a choice by its
    label."""
    locale = get_locale() or "en"
    if field.type == "money":
        return format_currency(value, "BRL", locale=locale)
    if field.type == "percent":
        return _percent(value)
    if field.type == "int":
        return format_decimal(value, locale=locale)
    if field.type == "bool":
        return _("yes") if value else _("no")
    if field.choices:
        # A state abroad is no choice that we know.
        return str(field.choices.get(value, value))
    return _("“%(value)s”", value=called(field.names, value))


def _plain(said: str) -> str:
    return said.replace(STRONG, "").replace(WEAK, "")


def _strong(said: str) -> str:
    return STRONG + _plain(said) + WEAK


def _opening(rule: Rule) -> str:
    """One for each event and scope there is; what is strong stands between asterisks."""
    words = str(OPENINGS[rule.event][rule.scope == "sale"])
    return re.sub(r"\*(.*?)\*", rf"{STRONG}\1{WEAK}", words) + " "


def _sentence(rule: Rule, names: Names, begun: bool = False) -> str:
    actions = _joined([_action(use, names) for use in rule.then], _("%(first)s and %(last)s"))
    condition = _condition(rule.when)
    if begun:
        return _("if %(condition)s, then %(actions)s.", condition=condition, actions=actions)
    if rule.scope == "sale":
        return _(
            "If, for the whole order, %(condition)s, then %(actions)s.",
            condition=condition,
            actions=actions,
        )
    return _("If %(condition)s, then %(actions)s.", condition=condition, actions=actions)


def _condition(condition: Condition, nested: bool = False) -> str:
    """`nested`: beside others, from which parentheses hold it apart."""
    if isinstance(condition, FactCheck):
        return _check(condition)
    if condition.op == "not":
        return _negation(condition.members[0], nested)
    members = [
        _condition(member, nested or len(condition.members) > 1) for member in condition.members
    ]
    phrase = _joined(
        members,
        _("%(first)s and %(last)s") if condition.op == "all" else _("%(first)s or %(last)s"),
    )
    return f"({phrase})" if nested and len(members) > 1 else phrase


def _negation(condition: Condition, nested: bool) -> str:
    if isinstance(condition, Group) and condition.op == "not":
        return _condition(condition.members[0], nested)
    if isinstance(condition, FactCheck) and condition.op.key in OPPOSITES:
        return _check(
            FactCheck(condition.field, OPERATORS[OPPOSITES[condition.op.key]], condition.value)
        )
    phrase = _("it is not so that %(condition)s", condition=_condition(condition))
    return f"({phrase})" if nested else phrase


def _check(check: FactCheck) -> str:
    field, op = check.field, check.op
    if op.takes == "none":
        return _strong(_presence(field, op.key in ("is_true", "is_set")))
    if field.phrases:
        return _strong(_presence(field, check.value is (op.key == "eq")))
    values = tuple(dict.fromkeys(check.value if isinstance(check.value, tuple) else (check.value,)))
    parts = {"field": str(field.subject)}
    if op.takes == "pair":
        parts["low"], parts["high"] = (_strong(value_text(field, value)) for value in check.value)
    elif op.key == "not_in" and len(values) > 1:
        parts["value"] = _strong(_listed(field, values, _("%(first)s nor %(last)s")))
    else:
        op = OPERATORS["ne"] if op.key == "not_in" else op
        parts["value"] = _strong(_listed(field, values, _("%(first)s or %(last)s")))
    return str(op.phrase) % parts


def _presence(field: Field, there: bool) -> str:
    own = field.phrases or field.presence
    if own:
        return str(own[0] if there else own[1])
    return (
        _("%(field)s is filled in", field=field.subject)
        if there
        else _("%(field)s is empty", field=field.subject)
    )


def _listed(field: Field, values: Sequence[Any], conjunction: str) -> str:
    texts = [value_text(field, value) for value in values[:MOST_VALUES]]
    left = len(values) - len(texts)
    if left:
        texts.append(ngettext("%(num)d other", "%(num)d others", left))
    return _joined(texts, conjunction)


def _joined(parts: list[str], conjunction: str) -> str:
    if len(parts) == 1:
        return parts[0]
    return conjunction % {"first": ", ".join(parts[:-1]), "last": parts[-1]}


def _action(use: ActionUse, names: Names) -> str:
    phrase = str(use.action.phrase)
    if "%(" in phrase:
        phrase %= {
            param.key: _strong(_param(param.type, use.params[param.key], names))
            for param in use.action.params
        }
    else:
        phrase = _strong(phrase)
    if use.params.get("reason"):
        return _("%(action)s (%(reason)s)", action=phrase, reason=use.params["reason"])
    return phrase


def _param(kind: str, value: Any, names: Names) -> str:
    if kind == "commission":
        return (
            _("at the agent's own percentage")
            if value == "agent"
            else _("of %(percent)s", percent=_percent(value))
        )
    if kind == "codes":
        rules = [_("“%(value)s”", value=names.get(code, code)) for code in value]
        listed = _joined(rules, _("%(first)s and %(last)s"))
        return ngettext("the rule %(rules)s", "the rules %(rules)s", len(rules), rules=listed)
    if kind == "template":
        return _("“%(value)s”", value=email_words(value))
    if kind == "task":
        return _("“%(value)s”", value=task_words(value))
    return str(value)


def _percent(value: Decimal) -> str:
    return format_decimal(value, "#,##0.00", locale=get_locale() or "en") + " %"
