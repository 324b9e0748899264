"""What lint says of random rules, held against the sales of a small world: all it says is so, and
little is left unsaid."""

import random
from datetime import date

import pytest

from tests.support import random_conditions
from tests.support.examples import examples
from tests.support.small_world import (
    EVERY_SALE,
    TODAY,
    random_condition,
    random_rules,
    random_sales,
    verdicts,
)
from webapp.rules.core.book import RuleBook
from webapp.rules.core.conditions import ConditionReader
from webapp.rules.core.fields import sample_facts
from webapp.rules.core.problems import Problems
from webapp.rules.linting.dnf import Effort, Region
from webapp.rules.linting.lint import lint
from webapp.rules.linting.references import References

SEEDS = range(examples(6))
NOTHING = References({}, frozenset(), frozenset(), frozenset(), frozenset())


def warnings_of(rules, *kinds):
    return [
        warning for warning in lint(RuleBook.read(rules), NOTHING, TODAY) if warning.kind in kinds
    ]


def region(raw):
    return Region(ConditionReader(Problems(), "line").read(raw, "when"), Effort(10**9))


def without(rules, code, place=None):
    """The rules without the rule of that code, or without one of its actions."""
    left = []
    for rule in rules:
        then = [
            each
            for number, each in enumerate(rule["then"])
            if rule["code"] != code or place not in (None, number)
        ]
        left.append(rule | ({"then": then} if then else {"enabled": False}))
    return left


def effects(rules, sales):
    return [verdict["effects"] for verdict in verdicts(rules, sales)]


@pytest.mark.parametrize("seed", SEEDS)
def test_what_never_applies_or_adds_nothing_can_be_left_out_of_every_sale(seed):
    chance, told = random.Random(seed), set()
    for _ in range(40):
        rules, sales, whole = random_rules(chance), random_sales(chance, 150), None
        for warning in warnings_of(rules, "never_fires", "subsumed"):
            told.add(warning.kind)
            place = int(warning.path.split(".")[1]) if warning.path.startswith("then") else None
            whole = whole or effects(rules, sales)
            left = without(rules, warning.code, place)
            assert effects(left, sales) == whole, (warning, rules)
    assert told == {"never_fires", "subsumed"}


def only_between(rules, *codes):
    """The rules with no commission but of the two."""
    left = []
    for rule in rules:
        then = [
            each for each in rule["then"] if each["do"] != "commission" or rule["code"] in codes
        ]
        left.append(rule | ({"then": then} if then else {"enabled": False}))
    return left


@pytest.mark.parametrize("seed", SEEDS)
def test_rules_that_compete_do_so_on_some_sale(seed):
    chance, told = random.Random(seed), 0
    for _ in range(40):
        rules = random_rules(chance)
        by_code = {rule["code"]: rule for rule in rules}
        for warning in warnings_of(rules, "competing"):
            told += 1
            pair = by_code[warning.code], by_code[warning.other]
            assert pair[0]["priority"] == pair[1]["priority"]
            day = max(
                TODAY, *(date.fromisoformat(rule["valid_from"] or str(TODAY)) for rule in pair)
            )
            sales = ((facts, day) for facts in chance.sample(EVERY_SALE, len(EVERY_SALE)))
            assert any(
                (each["code"], each["by"]) == (warning.code, warning.other)
                and each["outcome"] == "lost"
                for verdict in verdicts(only_between(rules, warning.code, warning.other), sales)
                for each in verdict["rules"]
            ), (warning, rules)
    assert told


@pytest.mark.parametrize("seed", SEEDS)
def test_a_commission_lost_to_a_rule_of_the_same_priority_is_warned_of(seed):
    chance = random.Random(seed)
    for _ in range(40):
        rules = random_rules(chance)
        by_code = {rule["code"]: rule for rule in rules}
        told = {
            (warning.code, warning.other) for warning in warnings_of(rules, "competing", "subsumed")
        }
        dead = {warning.code for warning in warnings_of(rules, "subsumed", "never_fires")}
        for verdict in verdicts(rules, random_sales(chance, 150)):
            for lost in verdict["rules"]:
                if (
                    lost["outcome"] == "lost"
                    and lost["by"]
                    and differ(by_code[lost["code"]], by_code[lost["by"]])
                ):
                    assert (lost["code"], lost["by"]) in told or lost["code"] in dead, rules


def differ(rule, other):
    percents = [
        each["percent"] for each in (*rule["then"], *other["then"]) if each["do"] == "commission"
    ]
    return rule["priority"] == other["priority"] and percents[0] != percents[1]


@pytest.mark.parametrize("seed", SEEDS)
def test_boxes_miss_no_facts_and_are_empty_only_when_nothing_fits(seed):
    chance = random.Random(seed)
    empty = 0
    for _ in range(80):
        one, other = region(random_condition(chance)), region(random_condition(chance))
        fitting = [facts for facts in EVERY_SALE if one.holds(facts)]
        assert bool(one.dnf) or not fitting
        # Where the small world has no such sale there is none at all, but for texts it does not
        # know.
        assert bool(one.sample) == bool(fitting)
        assert one.within(other) <= all(other.holds(facts) for facts in fitting)
        assert one.meets(other) >= any(other.holds(facts) for facts in fitting)
        empty += not one.dnf
    assert empty


@pytest.mark.parametrize("seed", SEEDS)
def test_facts_of_all_fields_that_fit_a_condition_are_never_said_not_to(seed):
    chance = random.Random(seed)
    sales = random_conditions.random_sales(chance, 450)
    for facts in sales:
        kind = sample_facts({"item_kind": facts["item_kind"]})
        facts["item_physical"] = kind["item_physical"]
    for _ in range(150):
        one, other = (region(random_conditions.random_condition(chance)) for _ in range(2))
        assert one.sample is None or one.holds(one.sample)
        for facts in chance.sample(sales, 30):
            assert one.dnf or not one.holds(facts)
            assert one.negated_dnf or one.holds(facts)
            if one.holds(facts):
                assert not one.within(other) or other.holds(facts)
                assert one.meets(other) or not other.holds(facts)
