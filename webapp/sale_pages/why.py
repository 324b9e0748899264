"""Why the rules came to what they did about one sale, and why not to something else.

Judged by the version that decided and by the facts frozen with the decision, never by what is so
today.
"""

from collections.abc import Container
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.http.localization import locale
from webapp.platform.errors import NotFound
from webapp.platform.text import fold
from webapp.processing.effects import kind_of
from webapp.rules.core.actions import SKIP_RULE
from webapp.rules.core.conditions import Condition, FactCheck
from webapp.rules.core.events import PAID
from webapp.rules.core.fields import Field, facts_from_json
from webapp.rules.core.rule import Rule
from webapp.rules.core.sentence import (
    MOST_VALUES,
    condition_phrase,
    sentence,
    skipped_names,
    value_text,
)
from webapp.rules.core.trace import Trace, explain_rule
from webapp.rules.models import Decision, Effect
from webapp.rules.queries import compiled, rules_by_code

# Rules offered to ask about: a set may hold thousands.
MOST_RULES = 50
OUTCOME_LABELS = {
    "fired": (_l("Applied"), "good"),
    "suppressed": (_l("Suppressed by an exception"), "warn"),
    "lost": (_l("Lost to another"), ""),
    "unpaid": (_l("Nothing to pay"), ""),
}


@dataclass(frozen=True)
class OutcomeLabel:
    """What became of a rule whose condition held: a label, and in words who stood in its way or
    what it brought about."""

    label: object
    tone: str
    words: list[str]


@dataclass(frozen=True)
class ExplainedItem:
    """A rule held against one item, or against the whole order (`sku` is empty)."""

    sku: str
    name: str
    met: bool
    tree: Trace
    outcomes: list[OutcomeLabel]


@dataclass(frozen=True)
class RuleRow:
    """One line of the page's "Rules applied": a rule, what it came to, and why, for each item it
    looked at. `fired`: its actions were carried out. `is_in_force`: it is among the rules of
    today, so it can be opened."""

    code: str
    name: str
    fired: bool
    outcome: OutcomeLabel
    items: list[ExplainedItem]
    is_in_force: bool


@dataclass(frozen=True)
class RuleAnswer:
    """Why a rule applied or not. `off` and `out_of_time`: it was not asked at all."""

    rule: Rule
    name: str
    sentence: str
    day: date
    off: bool
    out_of_time: bool
    items: list[ExplainedItem]
    is_in_force: bool

    @property
    def held(self) -> bool:
        return any(item.met for item in self.items)


class Explanation:
    """Asks about one decision. `day` is the shop's day that the rules were judged by: that of the
    payment."""

    def __init__(self, decision: Decision, day: date):
        self.decision, self.day = decision, day
        self.version = decision.rule_set_id
        self.rules = compiled(self.version).by_code
        self.facts = facts_from_json(decision.facts["sale"])
        self.lines = decision.facts["lines"]

    def name(self, code: str) -> str:
        rule = self.rules.get(code)
        return rule.name_in(locale()) if rule else code

    def rows(self) -> list[RuleRow]:
        """Every rule whose condition held, as the decision noted it."""
        return [self._row(outcome) for outcome in self.decision.outcomes]

    def answer(self, code: str) -> RuleAnswer:
        """Raises NotFound where the version has no such rule."""
        rule = self.rules.get(code)
        if rule is None:
            raise NotFound(
                _(
                    "Version %(version)s of the rules has no rule “%(code)s”.",
                    version=self.version,
                    code=code[:60],
                )
            )
        if rule.event != PAID:
            message = _("The rule “%(code)s” hears something else than a payment.", code=code)
            raise NotFound(message)
        places = self.lines if rule.scope == "line" else [{}]
        return RuleAnswer(
            rule,
            self.name(code),
            self._sentence(rule),
            self.day,
            not rule.enabled,
            not rule.in_force(self.day),
            [self._item(rule, line, self._outcomes(rule, line.get("line"))) for line in places],
            code in self._in_force,
        )

    def matching(self, written: str) -> list[tuple[str, str]]:
        """(code, name) of the rules that have each word of `written` in them; the whole code or
        name finds that rule alone."""
        asked = fold(written[:100]).strip()
        found = []
        for code, rule in self.rules.items():
            if rule.event != PAID:
                continue
            name = self.name(code)
            if asked in (code, fold(name)):
                return [(code, name)]
            text = f"{code} {fold(name)}"
            if all(word in text for word in asked.split()):
                found.append((code, name))
        return found[:MOST_RULES]

    # -- one rule ---------------------------------------------------------------------------------

    @cached_property
    def _in_force(self) -> Container[str]:
        return rules_by_code()

    def _row(self, outcome: dict[str, Any]) -> RuleRow:
        rule, label = self.rules[outcome["code"]], self._outcome_label(outcome)
        lines = [line for line in self.lines if line["line"] in outcome["lines"]] or [{}]
        items = [self._item(rule, line, [label]) for line in lines]
        return RuleRow(
            rule.code,
            self.name(rule.code),
            outcome["outcome"] == "fired",
            label,
            items,
            rule.code in self._in_force,
        )

    def _sentence(self, rule: Rule) -> str:
        return sentence(rule, skipped_names(rule, self.rules.get))

    def _item(
        self, rule: Rule, line: dict[str, Any], outcomes: list[OutcomeLabel]
    ) -> ExplainedItem:
        tree = explain_rule(rule, self.facts | facts_from_json(line), self.day)["when"]
        return ExplainedItem(
            line.get("item_sku", ""),
            line.get("item_name", ""),
            tree["ok"],
            trace_of(rule.when, tree),
            outcomes,
        )

    def _outcomes(self, rule: Rule, line: int | None) -> list[OutcomeLabel]:
        return [
            self._outcome_label(outcome, line)
            for outcome in self.decision.outcomes
            if outcome["code"] == rule.code and (line is None or line in outcome["lines"])
        ]

    def _outcome_label(self, outcome: dict[str, Any], line: int | None = None) -> OutcomeLabel:
        kind: str = outcome["outcome"]
        by: str = outcome.get("by") or ""
        if kind == "fired":
            words = [
                kind_of(effect).done_text(effect) for effect in self._effects(outcome["code"], line)
            ]
        elif kind == "suppressed":
            words = [self._suppressed_words(outcome["code"], by)]
        elif by:
            words = [
                _("“%(rule)s” comes first, and only one of the two counts.", rule=self.name(by))
            ]
        else:
            kind, words = "unpaid", [_("The order has no selling agent, or no percentage to pay.")]
        label, tone = OUTCOME_LABELS[kind]
        return OutcomeLabel(label, tone, words)

    def _suppressed_words(self, code: str, by: str) -> str:
        if any(
            use.action is SKIP_RULE and code in use.params["codes"] for use in self.rules[by].then
        ):
            return _("The exception “%(rule)s” skips this rule.", rule=self.name(by))
        return _("A gift brings no further gift: “%(rule)s” added this item.", rule=self.name(by))

    def _effects(self, code: str, line: int | None) -> list[Effect]:
        return [
            effect
            for effect in self.decision.effects
            if effect.rule == code
            and effect.reverses is None
            and (line is None or line in effect.params.get("lines", ()))
        ]


def trace_of(condition: Condition, tree: Trace) -> Trace:
    """The trace with words: `{"op", "ok", "children"}` for a group, `{"text", "got", "ok", "all"}`
    for a check.

    `text` is what is wanted, `got` what was there (None: nothing), `all` every value wanted where
    `text` names only some.
    """
    if isinstance(condition, FactCheck):
        got, field = tree["got"], condition.field
        if got is not None:
            got = _got_text(field, facts_from_json({field.key: got})[field.key])
        cut = condition.op.takes == "list" and len(condition.value) > MOST_VALUES
        every = [value_text(field, value) for value in condition.value] if cut else []
        return {"text": condition_phrase(condition), "got": got, "ok": tree["ok"], "all": every}
    children = [
        trace_of(member, child)
        for member, child in zip(condition.members, tree["children"], strict=True)
    ]
    return {"op": condition.op, "ok": tree["ok"], "children": children}


def _got_text(field: Field, value: object) -> str:
    """A switch is told by its own phrase ("the item is a gift"), since "no" says little beside "the
    item is not a gift"."""
    return str(field.phrases[0 if value else 1]) if field.phrases else value_text(field, value)
