"""A rule's own examples: facts laid over the sample sale, and the effects expected of this rule
alone."""

from __future__ import annotations

from dataclasses import dataclass

from webapp.rules.core.actions import ActionUse
from webapp.rules.core.compiler import compile_condition
from webapp.rules.core.fields import sample_facts
from webapp.rules.core.operators import Facts
from webapp.rules.core.rule import Example, Rule


@dataclass(frozen=True, slots=True)
class ExampleResult:
    """`got` and `example.expect` are kinds of action; `index` is the example's place in the
    rule."""

    index: int
    example: Example
    got: frozenset[str]

    @property
    def ok(self) -> bool:
        return self.got == self.example.expect


def run_examples(rule: Rule) -> list[ExampleResult]:
    """Tries what the rule says, whether or not it is enabled and in force today."""
    holds = compile_condition(rule.when)
    results = []
    for index, example in enumerate(rule.examples):
        facts = sample_facts(example.facts)
        got = (
            (use.action.key for use in rule.then if _takes_effect(use, facts))
            if holds(facts)
            else ()
        )
        results.append(ExampleResult(index, example, frozenset(got)))
    return results


def _takes_effect(use: ActionUse, facts: Facts) -> bool:
    return use.action.amount is None or use.action.amount(use.params, facts) is not None
