"""What the editor says of a rule while it is typed: its sentence, its size, how its examples come
out, and what is odd."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from flask import url_for
from flask_babel import gettext as _

from webapp.rules.core.conditions import Check, Condition
from webapp.rules.core.examples import ExampleResult, run_examples
from webapp.rules.core.fields import facts_from_json, sample_facts
from webapp.rules.core.rule import Rule, parse_rule
from webapp.rules.core.sentence import condition_phrase, sentence_parts, value_text
from webapp.rules.core.trace import explain
from webapp.rules.editing.form import RuleForm, form_name
from webapp.rules.editing.rows import depth_of, nodes_of
from webapp.rules.labels import kinds_text, skipped_names
from webapp.rules.linting.lint import Warning, lint
from webapp.rules.linting.references import gather
from webapp.rules.queries import rule_named

# Among more rules than these, lint takes too long for every key pressed; the draft's page has it
# all the same.
MOST_COMPARED = 1000


@dataclass(frozen=True)
class ExampleTold:
    ok: bool
    expected: str
    got: str
    why: str


@dataclass(frozen=True)
class Told:
    """`sentence` is in pieces, each with whether it stands out; empty while something is to be
    mended. `examples` are by their place."""

    nodes: int
    depth: int
    sentence: Sequence[tuple[str, bool]] = ()
    moves_money: bool = False
    examples: Mapping[int, ExampleTold] = field(default_factory=dict)
    warnings: Collection[tuple[str, str]] = ()

    @property
    def passing(self) -> int:
        return sum(1 for example in self.examples.values() if example.ok)


def tell(form: RuleForm, rules: list[dict], code: str, today: dt.date) -> Told:
    """Of a form that was checked; `rules` are the draft's, `code` is that of the rule which it
    replaces."""
    rule, nodes, depth = form.readable, sum(1 for _node in nodes_of(form.when)), depth_of(form.when)
    if rule is None:
        return Told(nodes, depth)
    examples = {result.index: _example(rule, result) for result in run_examples(rule)}
    return Told(
        nodes, depth, _said(rule, rules), rule.moves_money, examples, _odd(rule, rules, code, today)
    )


def _said(rule: Rule, rules: list[dict]) -> list[tuple[str, bool]]:
    def rule_of(code: str) -> Rule | None:
        found = rule_named(rules, code)
        return parse_rule(found) if found else None

    return sentence_parts(rule, skipped_names(rule, rule_of), opening=True)


def _example(rule: Rule, result: ExampleResult) -> ExampleTold:
    return ExampleTold(
        result.ok,
        kinds_text(result.example.expect),
        kinds_text(result.got),
        "" if result.ok else _why(rule, result),
    )


def _why(rule: Rule, result: ExampleResult) -> str:
    tree = explain(rule.when, sample_facts(result.example.facts))
    if not tree["ok"]:
        return unmet(rule.when, tree)
    if result.example.expect - result.got:
        return _(
            "Every condition holds, but the facts leave nothing to pay, or the rule has no such "
            "action."
        )
    return _("Every condition holds.")


def unmet(condition: Condition, tree: dict) -> str:
    """The first condition in the way, in words."""
    if isinstance(condition, Check):
        phrase, got = condition_phrase(condition), tree["got"]
        if got is None:
            return _("Not met: %(condition)s; it was empty", condition=phrase)
        value = value_text(
            condition.field, facts_from_json({condition.field.key: got})[condition.field.key]
        )
        return _("Not met: %(condition)s; it was %(value)s", condition=phrase, value=value)
    if condition.op == "not":
        return _("Not met: %(condition)s", condition=condition_phrase(condition))
    parts = zip(condition.members, tree["children"], strict=True)
    return next(unmet(member, child) for member, child in parts if not child["ok"])


def _odd(rule: Rule, rules: list[dict], code: str, today: dt.date) -> list[tuple[str, str]]:
    """Warnings in words, each with where to mend it."""
    if len(rules) > MOST_COMPARED:
        return []
    places = [raw["code"] for raw in rules]
    others = [parse_rule(raw) for raw in rules]
    whole = (
        [rule if each.code == code else each for each in others]
        if code in places
        else [*others, rule]
    )
    whole.sort(key=lambda each: -each.priority)
    return [
        (warning.message, _mend(warning))
        for warning in lint(whole, gather([rule]), today, {rule.code})
    ]


def _mend(warning: Warning) -> str:
    if warning.other:
        return url_for("rules.edit_rule", code=warning.other)
    return "#f-" + form_name(warning.path).replace(".", "-") if warning.path else "#f-name-pt_BR"
