"""Our compiled conditions against an engine of another author, and the index against asking every
rule."""

import json
import random
import time
from decimal import Decimal

import pytest

from tests.support import small_world
from tests.support.examples import examples
from tests.support.random_conditions import random_condition, random_sales
from webapp.rules.core.compiler import HashIndex, compile_condition
from webapp.rules.core.conditions import ConditionReader
from webapp.rules.core.fields import FIELDS
from webapp.rules.core.operators import OPERATORS
from webapp.rules.core.problems import Problems
from webapp.rules.core.trace import explain

RULES, SALES, FACTS_PER_RULE = 1500, 4500, 30
ORACLE_TYPES = {
    "money": "FLOAT",
    "percent": "FLOAT",
    "int": "FLOAT",
    "text": "STRING",
    "choice": "STRING",
    "bool": "BOOLEAN",
}
SIGNS = {"eq": "==", "ne": "!=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


def typed(raw):
    problems = Problems()
    condition = ConditionReader(problems, "line").read(raw, "when")
    problems.raise_if_any()
    return condition


def literal(value):
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else f"({value})"


def constant(field, value):
    """Numbers come as text in JSON and stand bare in the oracle's language."""
    return literal(Decimal(value) if field.type in ("money", "percent", "int") else value)


def _upper(value):
    return [text.upper() for text in value] if isinstance(value, list) else value and value.upper()


def oracle_text(raw):
    """The same condition in the oracle's own language, written from the JSON and not from our typed
    tree."""
    for group, word in (("all", " and "), ("any", " or ")):
        if group in raw:
            return "(" + word.join(oracle_text(member) for member in raw[group]) + ")"
    if "not" in raw:
        return f"(not {oracle_text(raw['not'])})"
    key, op, field = raw["field"], raw["op"], FIELDS[raw["field"]]
    if key == "item_sku":
        # In either case the same.
        key, raw = "item_sku.as_upper", {"value": _upper(raw.get("value"))}
    if op in ("in", "not_in"):
        members = " or ".join(f"{key} == {constant(field, value)}" for value in raw["value"])
        return f"({members})" if op == "in" else f"(not ({members}))"
    if op in ("eq", "ne"):
        return f"({key} {SIGNS[op]} {constant(field, raw['value'])})"
    if op == "between":
        low, high = (constant(field, value) for value in raw["value"])
        return f"({key} != null and {key} >= {low} and {key} <= {high})"
    if op in SIGNS:
        return f"({key} != null and {key} {SIGNS[op]} {constant(field, raw['value'])})"
    return {
        "contains": lambda: f"({key} != null and {literal(raw['value'])} in {key})",
        "starts_with": lambda: f"({key} != null and {key}.starts_with({literal(raw['value'])}))",
        "is_set": lambda: f"({key} != null)",
        "is_empty": lambda: f"({key} == null)",
        "is_true": lambda: f"({key} == true)",
        "is_false": lambda: f"({key} == false)",
    }[op]()


def asked_by(raw):
    """(operator, type of field) of each check, "not" for a group that is turned round, "not not"
    for one within one."""
    for group in ("all", "any"):
        if group in raw:
            return {asked for member in raw[group] for asked in asked_by(member)}
    if "not" in raw:
        within = asked_by(raw["not"])
        return within | {"not"} | ({"not not"} if "not" in within else set())
    return {(raw["op"], FIELDS[raw["field"]].type)}


@pytest.fixture
def oracle():
    """Makes a rule of the other engine. It is read here alone: it works out its grammar first."""
    import rule_engine

    types = {
        key: getattr(rule_engine.DataType, ORACLE_TYPES[field.type])
        for key, field in FIELDS.items()
    }
    context = rule_engine.Context(type_resolver=rule_engine.type_resolver_from_dict(types))
    return lambda text: rule_engine.Rule(text, context=context)


def test_conditions_hold_exactly_when_the_oracle_says_so(oracle):
    chance = random.Random(1997)
    sales, held, asked = random_sales(chance, SALES), 0, set()
    for _ in range(RULES):
        raw = random_condition(chance)
        asked |= asked_by(raw)
        condition = typed(raw)
        ours = compile_condition(condition)
        theirs = oracle(oracle_text(raw))
        for facts in chance.sample(sales, FACTS_PER_RULE):
            expected = theirs.matches(facts)
            assert ours(facts) == expected, (raw, facts)
            assert explain(condition, facts)["ok"] == expected, (raw, facts)
            held += expected
    # The comparison is worth something only if both answers are common, and everything that may be
    # asked was asked.
    assert 0.2 < held / (RULES * FACTS_PER_RULE) < 0.8
    everything = {
        (op.key, field.type)
        for op in OPERATORS.values()
        for field in FIELDS.values()
        if field.type in op.types
    }
    assert asked == everything | {"not", "not not"}
    blank = {key for facts in sales for key, fact in facts.items() if fact is None}
    assert blank == {field.key for field in FIELDS.values() if field.nullable}


@pytest.mark.parametrize(
    ("random_condition", "sales"),
    [
        (random_condition, lambda chance: random_sales(chance, 300)),
        # Few values of few fields: many rules meet under one, and are filed further.
        (small_world.random_condition, lambda chance: chance.sample(small_world.EVERY_SALE, 300)),
    ],
)
def test_the_index_finds_exactly_the_conditions_that_hold(random_condition, sales):
    chance = random.Random(2026)
    conditions = [typed(random_condition(chance)) for _ in range(examples(600))]
    index = HashIndex(enumerate(conditions))
    tests = [compile_condition(condition) for condition in conditions]
    for facts in sales(chance):
        assert index.hits(facts) == [rank for rank, test in enumerate(tests) if test(facts)]


@pytest.mark.parametrize("fields", [1, 2, 5])
def test_rules_of_long_lists_are_filed_in_bounded_time(fields):
    keys = ("item_sku", "item_name", "item_category", "item_author", "membership_plan")[:fields]
    lists = [
        {"field": key, "op": "in", "value": [f"v{number}" for number in range(500)]} for key in keys
    ]
    conditions = [typed({"all": lists})] * 40
    began = time.process_time()
    index = HashIndex(enumerate(conditions))
    assert time.process_time() - began < 2
    assert index.hits(dict.fromkeys(keys, "v7")) == list(range(40))
    assert index.hits(dict.fromkeys(keys, "v7") | {keys[-1]: "v500"}) == []


def test_a_rule_is_not_even_asked_about_facts_without_its_rarest_value():
    conditions = [
        typed(
            {
                "all": [
                    {"field": "item_kind", "op": "eq", "value": "book"},
                    {"field": "item_sku", "op": "eq", "value": f"LV-{number}"},
                ]
            }
        )
        for number in range(100)
    ]
    # These facts lack the kind: asking any of the rules would fail.
    assert HashIndex(enumerate(conditions)).hits({"item_sku": "LV-100"}) == []
