"""A rule tried before it is anybody's: what is wrong or odd about it beside the published ones, and
what it would do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from webapp.platform.errors import MOST_ERRORS
from webapp.rules.core.book import RuleBook, check_codes
from webapp.rules.core.examples import run_examples
from webapp.rules.core.fields import sample_facts
from webapp.rules.core.problems import Problems, RuleProblem
from webapp.rules.core.rule import Rule, read_facts, read_rule
from webapp.rules.core.sentence import sentence, skipped_names
from webapp.rules.core.trace import explain_rule
from webapp.rules.core.written import WrittenRule
from webapp.rules.linting.lint import lint
from webapp.rules.linting.references import gather, refused


def check(raw: object, raw_facts: object, published: RuleBook, today: date) -> dict[str, Any]:
    """`{"valid", "errors", "sentence", "fires", "trace", "failing_examples", "warnings"}`, ready
    for JSON.

    `raw_facts` are laid over the sample sale. A rule of a published one's code is looked at in its
    place.
    """
    problems = Problems()
    rule, facts = read_rule(raw, "", problems), read_facts(raw_facts, "facts", problems)
    if problems.found or rule is None or not isinstance(raw, dict):
        return _answer(problems.found)
    replaced = rule.code if rule.code in published else None
    book = published.with_rule(WrittenRule(raw, rule), replaced)
    check_codes([("" if other is rule else other.code, other) for other in book.rules], problems)
    known = gather([rule])
    trace = explain_rule(rule, sample_facts(facts), today)
    return _answer(
        [*problems.found, *refused(rule, known)],
        sentence=sentence(rule, skipped_names(rule, book.rule)),
        fires=trace["holds"],
        trace=trace,
        failing_examples=_failing(rule),
        warnings=[asdict(warning) for warning in lint(book, known, today, {rule.code})],
    )


def _answer(errors: Sequence[RuleProblem], **more: object) -> dict[str, Any]:
    blank: dict[str, Any] = {
        "sentence": None,
        "fires": None,
        "trace": None,
        "failing_examples": [],
        "warnings": [],
    }
    return {
        "valid": not errors,
        "errors": [error._asdict() for error in errors[:MOST_ERRORS]],
        **blank,
        **more,
    }


def _failing(rule: Rule) -> list[dict[str, Any]]:
    return [
        {
            "example": result.index,
            "expect": sorted(result.example.expect),
            "got": sorted(result.got),
        }
        for result in run_examples(rule)
        if not result.ok
    ]
