"""A rule tried before it is anybody's: what is wrong or odd about it beside the published ones, and
what it would do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date

from webapp.rules.core.engine import check_codes
from webapp.rules.core.examples import run_examples
from webapp.rules.core.fields import sample_facts
from webapp.rules.core.problems import Problems, RuleProblem
from webapp.rules.core.rule import Rule, read_facts, read_rule
from webapp.rules.core.sentence import sentence
from webapp.rules.core.trace import explain_rule
from webapp.rules.labels import skipped_names
from webapp.rules.linting.lint import lint
from webapp.rules.linting.references import gather, refused


def check(raw: object, raw_facts: object, published: Sequence[Rule], today: date) -> dict:
    """`{"valid", "errors", "sentence", "fires", "trace", "failing_examples", "warnings"}`, ready
    for JSON.

    `raw_facts` are laid over the sample sale. A rule of a published one's code is looked at in its
    place.
    """
    problems = Problems()
    rule, facts = read_rule(raw, "", problems), read_facts(raw_facts, "facts", problems)
    if problems.found:
        return _answer(problems.found)
    rules = _with(rule, published)
    check_codes([("" if each is rule else each.code, each) for each in rules], problems)
    known = gather([rule])
    trace = explain_rule(rule, sample_facts(facts), today)
    return _answer(
        [*problems.found, *refused(rule, known)],
        sentence=sentence(rule, skipped_names(rule, {each.code: each for each in rules}.get)),
        fires=trace["holds"],
        trace=trace,
        failing_examples=_failing(rule),
        warnings=[asdict(warning) for warning in lint(rules, known, today, {rule.code})],
    )


def _answer(errors: Sequence[RuleProblem], **more) -> dict:
    blank = {"sentence": None, "fires": None, "trace": None, "failing_examples": [], "warnings": []}
    return {"valid": not errors, "errors": [error._asdict() for error in errors], **blank, **more}


def _with(rule: Rule, published: Sequence[Rule]) -> list[Rule]:
    """The rules in the order they are heard, with this one in its place or at the end."""
    replaced = [rule if each.code == rule.code else each for each in published]
    new = [] if any(each is rule for each in replaced) else [rule]
    return sorted([*replaced, *new], key=lambda each: -each.priority)


def _failing(rule: Rule) -> list[dict]:
    return [
        {
            "example": result.index,
            "expect": sorted(result.example.expect),
            "got": sorted(result.got),
        }
        for result in run_examples(rule)
        if not result.ok
    ]
