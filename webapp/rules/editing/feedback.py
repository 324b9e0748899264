"""What the editor says of a rule while it is written: its sentence, its size, how its examples come
out, and what is odd."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from flask import url_for
from flask_babel import gettext as _

from webapp.rules.core.book import RuleBook
from webapp.rules.core.conditions import Condition, FactCheck
from webapp.rules.core.examples import ExampleResult, run_examples
from webapp.rules.core.fields import facts_from_json, sample_facts
from webapp.rules.core.rule import Rule
from webapp.rules.core.sentence import (
    condition_phrase,
    sentence_parts,
    skipped_names,
    value_text,
)
from webapp.rules.core.trace import Trace, explain
from webapp.rules.core.written import WrittenRule
from webapp.rules.editing.form import RuleForm, form_name
from webapp.rules.editing.rows import depth_of, nodes_of
from webapp.rules.labels import kinds_text
from webapp.rules.linting.lint import LintWarning, lint
from webapp.rules.linting.references import gather

# Among more rules than these, lint takes too long for every key pressed; the draft's page has it
# all the same.
MOST_COMPARED = 1000


@dataclass(frozen=True)
class ExampleFeedback:
    ok: bool
    expected: str
    got: str
    why: str


@dataclass(frozen=True)
class RuleFeedback:
    """`sentence` is in pieces, each with whether it stands out; empty while something is to be
    corrected. `examples` are by their place; `warnings` have each where to correct it."""

    nodes: int
    depth: int
    sentence: Sequence[tuple[str, bool]] = ()
    moves_money: bool = False
    examples: Mapping[int, ExampleFeedback] = field(default_factory=dict)
    warnings: Collection[tuple[str, str]] = ()

    @property
    def passing(self) -> int:
        return sum(1 for example in self.examples.values() if example.ok)


def assess(form: RuleForm, book: RuleBook, code: str, today: dt.date) -> RuleFeedback:
    """Of a form that was checked; `book` is the draft's, `code` that of the rule which the form
    replaces."""
    nodes, depth = sum(1 for _node in nodes_of(form.when)), depth_of(form.when)
    if form.readable is None:
        return RuleFeedback(nodes, depth)
    rule = form.readable.rule
    return RuleFeedback(
        nodes,
        depth,
        sentence=sentence_parts(rule, skipped_names(rule, book.rule), opening=True),
        moves_money=rule.moves_money,
        examples={result.index: _example(rule, result) for result in run_examples(rule)},
        warnings=_warnings(form.readable, book, code, today),
    )


def _example(rule: Rule, result: ExampleResult) -> ExampleFeedback:
    return ExampleFeedback(
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


def unmet(condition: Condition, tree: Trace) -> str:
    """The first condition in the way, in words."""
    if isinstance(condition, FactCheck):
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


def _warnings(
    rule: WrittenRule, book: RuleBook, code: str, today: dt.date
) -> list[tuple[str, str]]:
    if len(book) > MOST_COMPARED:
        return []
    edited = book.with_rule(rule, code if code in book else None)
    found = lint(edited, gather([rule.rule]), today, {rule.code})
    return [(warning.message, _fix_link(warning)) for warning in found]


def _fix_link(warning: LintWarning) -> str:
    if warning.other:
        return url_for("rules.edit_rule", code=warning.other)
    return "#f-" + form_name(warning.path).replace(".", "-") if warning.path else "#f-name-pt_BR"
