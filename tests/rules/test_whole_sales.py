"""Whole sales of a shop, with all their effects and the commission to the cent."""

import json
from decimal import Decimal

import pytest

from tests.support.rule_facts import (
    HIGH_VALUE_HOLD,
    TODAY,
    commissions,
    day_one,
    decide,
    effects,
    kinds,
    line,
    rule,
)
from webapp.rules.core.engine import RuleSet
from webapp.rules.core.examples import run_examples
from webapp.rules.core.fields import facts_from_json, facts_to_json
from webapp.rules.core.rule import parse_rule

SALES = {
    "pix, two products": (
        [("FI-0002", 3), ("FI-0001", 1)],
        "A1",
        {},
        ["commission", "packing_slip"],
        "13.33",
    ),
    "no agent": ([("FI-0004", 1)], None, {}, ["packing_slip"], "0.00"),
    "other video": ([("VD-0003", 1)], None, {}, ["packing_slip"], "0.00"),
    "two books": (
        [("LV-0001", 2), ("LV-0002", 1)],
        "A2",
        {},
        ["commission", "packing_slip", "royalty_slip"],
        "17.98",
    ),
    "learning to ski": (
        [("VD-0001", 1)],
        "A3",
        {},
        ["add_item", "commission", "packing_slip"],
        "4.99",
    ),
    "streaming": ([("ST-0001", 1)], "A1", {"membership_status": "lapsed"}, ["email"], "0.00"),
    "upgrade without membership": ([("CL-0002", 1)], "A1", {}, ["task"], "0.00"),
    "high value": (
        [("LV-0001", 40), ("FI-0003", 4)],
        "A2",
        {"customer_document_kind": "cnpj", "taxpayer": "contributor"},
        ["commission", "hold", "packing_slip", "royalty_slip"],
        "386.40",
    ),
}


@pytest.mark.parametrize("name", SALES)
def test_sale(name):
    skus, agent, facts, expected, commission = SALES[name]
    lines = [line(number, sku, quantity) for number, (sku, quantity) in enumerate(skus, 1)]
    verdict = decide(day_one(HIGH_VALUE_HOLD), lines, agent, **facts)
    assert kinds(verdict) == expected
    assert sum(
        (Decimal(amount) for _target, amount in commissions(verdict)), Decimal("0.00")
    ) == Decimal(commission)


def test_the_hold_rule_holds_at_its_limit_and_not_a_cent_below():
    rules = RuleSet(1, [HIGH_VALUE_HOLD])
    assert [result.ok for result in run_examples(rules.rules[0])] == [True, True]


def test_an_example_fails_when_the_rule_does_something_else():
    raw = rule("paid", then=[{"do": "commission", "percent": "3"}, {"do": "hold"}])
    raw["examples"] = [
        {"facts": facts, "expect": ["commission"]} for facts in ({}, {"agent_id": None})
    ]
    results = run_examples(parse_rule(raw))
    assert [(result.index, result.ok, sorted(result.got)) for result in results] == [
        (0, False, ["commission", "hold"]),
        (1, False, ["hold"]),
    ]


def test_a_verdict_is_ready_for_json_with_money_as_text():
    verdict = decide(day_one(), [line(1, "VD-0001")], agent="A3")
    kept = json.loads(json.dumps(verdict.to_json()))
    assert kept["rules"][0] == {
        "code": "packing_slip",
        "outcome": "fired",
        "lines": [1, 2],
        "by": None,
    }
    assert [effect["amount"] for effect in kept["effects"] if effect["kind"] == "commission"] == [
        "4.99"
    ]
    assert kept["added"][0]["item_price"] == "29.90"


def test_frozen_facts_decide_the_same_again():
    lines = [line(1, "LV-0001", 2), line(2, "VD-0001")]
    first = decide(day_one(), lines, agent="A2")
    kept = [facts_from_json(json.loads(json.dumps(facts_to_json(each)))) for each in lines]
    assert decide(day_one(), kept, agent="A2").to_json() == first.to_json()


def test_deciding_changes_neither_facts_nor_rules():
    rules, lines = day_one(), [line(1, "VD-0001")]
    before = [dict(each) for each in lines]
    first = decide(rules, lines, agent="A3").to_json()
    assert lines == before
    assert decide(rules, lines, agent="A3").to_json() == first


def test_a_sale_without_lines_has_no_effects():
    assert effects(day_one().decide({}, [], lambda sku: None, TODAY)) == []
