"""An example of a real sale: the facts frozen with its decision, and what one rule comes to on
them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import or_, select

from webapp.platform.database import db
from webapp.platform.errors import NotFound, Refusal
from webapp.platform.text import LONGEST, storable
from webapp.platform.whole import whole_number
from webapp.rules.core.actions import ACTIONS
from webapp.rules.core.conditions import Condition, FactCheck
from webapp.rules.core.examples import run_examples
from webapp.rules.core.fields import FIELDS, facts_from_json, facts_to_json, sample_facts
from webapp.rules.core.problems import ValueRefused
from webapp.rules.core.rule import MAX_EXAMPLES, Example, RawRule, Rule
from webapp.rules.queries import decision_of
from webapp.sales.models import Sale


def example_of_sale(rule: Rule, written: str) -> dict[str, Any]:
    """`written` is the sale's reference or its id. Raises Refusal where no decision about such a
    sale is kept."""
    written = storable(written.strip())[:LONGEST]
    number = whole_number(written, most=999_999_999)
    sales = select(Sale.id).where(or_(Sale.reference == written, Sale.id == number))
    # A reference that reads like a number goes before the id.
    sale_id = (
        db.session.scalar(sales.order_by(Sale.reference != written).limit(1)) if written else None
    )
    if sale_id is None:
        raise NotFound(_("There is no order of this reference or number."))
    decision = decision_of(sale_id, "paid")
    if decision is None:
        raise Refusal(_("The rules have not been applied to this order yet."))
    return example_of(rule, decision.facts, decision.outcomes)


def example_of(
    rule: Rule, facts: Mapping[str, Any], outcomes: list[dict[str, Any]]
) -> dict[str, Any]:
    """`facts` and `outcomes` are a Decision's. Of the sale's lines, the first on which the rule
    fired, else its first.

    Answers `{"facts": {…}, "expect": […]}` with those facts that differ from the sample sale or
    that the rule asks about.
    """
    known = facts["sale"] | (_line(rule, facts["lines"], outcomes) if rule.scope == "line" else {})
    usable = {key: known[key] for key in FIELDS if _is_usable(rule, key, known)}
    chosen = _distinctive(facts_from_json(usable), set(_fields(rule.when)))
    return {"facts": facts_to_json(chosen), "expect": expected(rule, chosen)}


def expected(rule: Rule, facts: Mapping[str, Any]) -> list[str]:
    """What the rule alone comes to, as kinds of action."""
    got = run_examples(replace(rule, examples=(Example(facts, frozenset()),)))[0].got
    return [key for key in ACTIONS if key in got]


def with_example(raw: RawRule, example: dict[str, Any]) -> RawRule:
    """The JSON rule with one more example; the same one is not added twice. Raises Refusal."""
    examples = raw.get("examples", [])
    if example in examples:
        return raw
    if len(examples) >= MAX_EXAMPLES:
        raise Refusal(_("A rule has at most %(most)d examples.", most=MAX_EXAMPLES))
    return raw | {"examples": [*examples, example]}


def _line(
    rule: Rule, lines: list[dict[str, Any]], outcomes: list[dict[str, Any]]
) -> dict[str, Any]:
    fired = {
        number
        for outcome in outcomes
        if outcome["code"] == rule.code and outcome["outcome"] == "fired"
        for number in outcome["lines"]
    }
    return next((line for line in lines if line["line"] in fired), lines[0] if lines else {})


def _is_usable(rule: Rule, key: str, known: Mapping[str, Any]) -> bool:
    """Whether an example may hold the fact: an older decision may lack it, or hold what is no
    choice any more."""
    if key not in known or (FIELDS[key].scope == "line" and rule.scope == "sale"):
        return False
    if known[key] is None:
        return FIELDS[key].nullable
    try:
        FIELDS[key].read(known[key])
    except ValueRefused:
        return False
    return True


def _distinctive(facts: dict[str, Any], needed: set[str]) -> dict[str, Any]:
    """The facts that differ from the sample sale, or that are `needed`."""
    sample = sample_facts({})
    chosen = {key: value for key, value in facts.items() if key in needed or sample[key] != value}
    # Whether an item ships follows its kind unless it is said.
    followed = sample_facts(chosen)
    return chosen | {key: value for key, value in facts.items() if followed[key] != value}


def _fields(condition: Condition) -> Iterator[str]:
    if isinstance(condition, FactCheck):
        yield condition.field.key
    else:
        for member in condition.members:
            yield from _fields(member)
