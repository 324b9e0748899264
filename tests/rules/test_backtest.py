"""Two rule sets on the same frozen facts: what appears, disappears and changes, and the money of
both, to the cent."""

import json
import random
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.examples import examples
from tests.support.random_conditions import random_condition, random_facts
from tests.support.rule_facts import (
    DISC_PAIRS,
    STREAM_PAIRS,
    TODAY,
    catalog,
    day_one,
    line,
    rule,
    sale,
)
from webapp.platform.money import ZERO, percent_of
from webapp.rules.backtesting import comparison as backtest
from webapp.rules.backtesting.comparison import Comparison, ComparisonTotals
from webapp.rules.core.day_one import day_one_rules
from webapp.rules.core.engine import RuleSet
from webapp.rules.core.fields import FIELDS, facts_to_json

COMMISSION_8 = [{"do": "commission", "percent": "8.00"}]


def frozen(lines, agent=None, **facts):
    """The facts of a sale as its decision kept them."""
    return frozen_by(day_one(), sale(lines, agent, **facts), lines)


def frozen_by(rule_set, whole, lines):
    """With the gifts that the set added, through JSON and back."""
    added = rule_set.decide(whole, lines, catalog, TODAY).added
    return json.loads(
        json.dumps(
            {
                "sale": facts_to_json(whole),
                "lines": [facts_to_json(each) for each in [*lines, *added]],
            }
        )
    )


def compare(new, *sales, old=None, on=TODAY, items=catalog) -> ComparisonTotals:
    comparison = Comparison(old or day_one(), new, items)
    for number, facts in enumerate(sales, 1):
        comparison.judge(number, facts, on)
    return comparison.totals


def instead(of, **changes) -> RuleSet:
    """The day-one rules with one of them changed; `then=None` takes it out."""
    rules = day_one_rules(DISC_PAIRS, STREAM_PAIRS)
    kept = [each | changes if each["code"] == of else each for each in rules]
    return RuleSet(2, [each for each in kept if each["then"]])


def test_a_higher_percentage_changes_commissions_and_tells_the_money_before_and_after():
    book = frozen([line(1, "LV-0001", 2)], "A1")
    totals = compare(instead("commission", then=COMMISSION_8), book)
    assert totals.kinds == {"commission": [0, 0, 1]}
    # 5 % and 8 % of 179.80.
    assert totals.commission == [Decimal("8.99"), Decimal("14.38")]
    assert totals.agents == {"A1": [Decimal("8.99"), Decimal("14.38")]}
    assert (totals.sales, totals.changed) == (1, 1)


def test_a_changed_sale_is_told_with_both_sides_and_their_rules():
    exception = rule(
        "outlet", {"field": "item_sku", "op": "eq", "value": "LV-0001"}, COMMISSION_8, priority=5
    )
    totals = compare(day_one(exception), frozen([line(1, "FI-0001"), line(2, "LV-0001")], "A1"))
    assert totals.changes == [
        {
            "sale": 1,
            "agent": "A1",
            "more": 0,
            "changes": [
                {
                    "kind": "commission",
                    "target": "line:2",
                    "skus": ["LV-0001"],
                    "was": {
                        "rule": "commission",
                        "lines": [2],
                        "params": {"percent": "agent"},
                        "amount": "4.50",
                    },
                    "now": {
                        "rule": "outlet",
                        "lines": [2],
                        "params": {"percent": "8.00"},
                        "amount": "7.19",
                    },
                }
            ],
        }
    ]


def test_a_rule_taken_out_removes_its_effects_and_a_new_one_adds_its_own():
    streaming = frozen([line(1, "ST-0001")], "A1")
    assert compare(instead("streaming_links", then=None), streaming).kinds == {"email": [0, 1, 0]}
    hold = rule("hold", {"field": "sale_total", "op": "gte", "value": "50.00"}, scope="sale")
    assert compare(day_one(hold), streaming).kinds == {"hold": [1, 0, 0]}


def test_a_slip_with_one_line_less_is_changed_not_removed():
    no_mugs = {
        "all": [
            {"field": "item_physical", "op": "is_true"},
            {"field": "item_sku", "op": "ne", "value": "FI-0002"},
        ]
    }
    totals = compare(
        instead("packing_slip", when=no_mugs), frozen([line(1, "FI-0001"), line(2, "FI-0002")])
    )
    assert totals.kinds == {"packing_slip": [0, 0, 1]}
    (change,) = totals.changes[0]["changes"]
    assert (change["was"]["lines"], change["now"]["lines"], change["skus"]) == (
        [1, 2],
        [1],
        ["FI-0001", "FI-0002"],
    )


def test_another_rule_for_the_same_effect_is_no_change():
    totals = compare(
        instead("commission", code="commission_of_agents", name="Renamed"),
        frozen([line(1, "FI-0001")], "A1"),
    )
    assert (totals.changed, totals.kinds, totals.changes) == (0, {}, [])


def test_royalties_follow_the_lines_own_percentage_and_gifts_bring_none():
    book = frozen([line(1, "LV-0001", 2), line(2, "EB-0001"), line(3, "VD-0001")])
    totals = compare(instead("royalty_slip", then=None), book)
    # 10 % of 179.80 and 25 % of 39.90.
    assert totals.royalty == [Decimal("17.98") + Decimal("9.98"), ZERO]
    assert totals.kinds == {"royalty_slip": [0, 2, 0]}


def test_amounts_are_rounded_by_line_and_stay_exact_over_many_sales():
    odd = frozen([line(1, "FI-0002", 1)], "A2")  # 7.5 % of 45.50 is 3.4125
    totals = compare(day_one(), *[odd] * 1000)
    assert totals.commission == [Decimal("3410.00"), Decimal("3410.00")]


# Gifts


def bought(sku):
    return {
        "all": [
            {"field": "item_sku", "op": "eq", "value": sku},
            {"field": "item_gift", "op": "is_false"},
        ]
    }


def test_a_gift_of_that_time_is_added_again_with_the_facts_it_had():
    facts = frozen([line(1, "VD-0001")])
    assert [each["item_sku"] for each in facts["lines"]] == ["VD-0001", "VD-0002"]
    totals = compare(day_one(), facts, items=lambda sku: None)
    assert totals.changed == 0
    gone = compare(instead("free_video_disc", then=None), facts, items=lambda sku: None)
    assert gone.kinds == {"add_item": [0, 1, 0], "packing_slip": [0, 0, 1]}


def test_a_gift_that_is_new_takes_its_facts_from_the_catalog_of_today():
    gift = rule("gift", bought("FI-0001"), [{"do": "add_item", "sku": "FI-0002"}])
    totals = compare(day_one(gift), frozen([line(1, "FI-0001")], "A1"))
    assert totals.kinds == {"add_item": [1, 0, 0], "packing_slip": [0, 0, 1]}
    assert totals.commission[0] == totals.commission[1]


def test_a_gift_that_moves_behind_another_one_is_no_change_of_its_own():
    gift = rule("gift", bought("VD-0001"), [{"do": "add_item", "sku": "CL-0001"}], priority=5)
    totals = compare(day_one(gift), frozen([line(1, "VD-0001")]))
    assert totals.kinds["add_item"] == [1, 0, 0]


def test_a_rule_that_concerns_a_gift_alone_is_heard_for_the_sale_that_got_it():
    for_gifts = rule(
        "for_gifts",
        {"field": "item_gift", "op": "is_true"},
        [{"do": "task", "text_code": "wrap_gift"}],
    )
    totals = compare(day_one(for_gifts), frozen([line(1, "VD-0001")]), frozen([line(1, "VD-0003")]))
    assert (totals.kinds, totals.changed) == ({"task": [1, 0, 0]}, 1)


# Order


def test_rules_that_change_places_change_who_wins():
    first, second = (
        rule(code, then=[{"do": "commission", "percent": percent}])
        for code, percent in (("a", "1"), ("b", "2"))
    )
    old, new = RuleSet(1, [first, second]), RuleSet(2, [second, first])
    totals = compare(new, frozen([line(1, "FI-0001")], "A1"), old=old)
    assert totals.commission == [Decimal("1.30"), Decimal("2.60")]


# Days


def test_each_sale_is_judged_by_the_rules_of_its_own_day():
    campaign = instead("commission", valid_from="2026-11-20", valid_to="2026-11-20")
    facts = frozen([line(1, "FI-0001")], "A1")
    assert compare(campaign, facts, on=date(2026, 11, 20)).changed == 0
    assert compare(campaign, facts, on=date(2026, 11, 21)).kinds == {"commission": [0, 1, 0]}


def test_a_rule_that_begins_tomorrow_changes_nothing_today_and_all_when_judged_by_tomorrow():
    new = instead("commission", valid_from="2026-11-21")
    facts = frozen([line(1, "FI-0001")], "A1")
    assert compare(new, facts, on=date(2026, 11, 21)).changed == 0
    assert compare(new, facts, on=TODAY).commission == [Decimal("6.50"), ZERO]


# Size


def test_only_the_first_thousand_changed_sales_are_kept_and_all_are_counted(monkeypatch):
    monkeypatch.setattr(backtest, "MOST_SALES", 10)
    totals = compare(
        instead("commission", then=COMMISSION_8), *[frozen([line(1, "FI-0001")], "A1")] * 25
    )
    assert (totals.changed, len(totals.changes), totals.kinds) == (
        25,
        10,
        {"commission": [0, 0, 25]},
    )


def test_of_a_sale_with_many_changes_the_first_are_told_and_the_rest_counted():
    many = frozen([line(number, "FI-0001") for number in range(1, 31)], "A1")
    (told,) = compare(instead("commission", then=COMMISSION_8), many).changes
    assert (len(told["changes"]), told["more"]) == (
        backtest.MOST_CHANGES,
        30 - backtest.MOST_CHANGES,
    )


def test_totals_survive_json_between_two_slices():
    new, facts = instead("commission", then=COMMISSION_8), frozen([line(1, "LV-0001")], "A1")
    halves = Comparison(day_one(), new, catalog)
    halves.judge(1, facts, TODAY)
    figures, changes = json.loads(
        json.dumps([halves.totals.figures_to_json(), halves.totals.changes])
    )
    halves.totals = ComparisonTotals.from_json(figures, changes)
    halves.judge(2, facts, TODAY)
    assert halves.totals == compare(new, facts, facts)


@pytest.mark.parametrize(
    ("new", "judged"),
    [
        (instead("commission", name="Another name", examples=[]), []),
        (day_one(rule("off", enabled=False)), []),
        (instead("commission", enabled=False), [1, 2]),
        (instead("commission", priority=1), [1, 2]),
        (day_one(rule("other", {"field": "item_sku", "op": "eq", "value": "FI-0002"})), [2]),
    ],
)
def test_a_sale_that_no_changed_rule_concerns_is_judged_once(monkeypatch, new, judged):
    sales, heard = [frozen([line(1, sku)], "A1") for sku in ("FI-0001", "FI-0002")], []
    decide = RuleSet.decide

    def noting(rule_set, sale, lines, *others):
        if rule_set is new:
            heard.append(1 + ["FI-0001", "FI-0002"].index(lines[0]["item_sku"]))
        return decide(rule_set, sale, lines, *others)

    monkeypatch.setattr(RuleSet, "decide", noting)
    compare(new, *sales)
    assert heard == judged


# Against brute force


def _plainly(old, new, sales, on) -> ComparisonTotals:
    """The same figures without any short cut: both sets decide every sale."""
    totals = ComparisonTotals()
    for facts in sales:
        whole = {
            key: FIELDS[key].read(value) if value is not None else None
            for key, value in facts["sale"].items()
        }
        heard = [
            {key: _value(key, value) for key, value in each.items()} for each in facts["lines"]
        ]
        lines = [each for each in heard if not each["item_gift"]]
        sides = [rule_set.decide(whole, lines, catalog, on) for rule_set in (old, new)]
        plans = [{(plan.kind, plan.target): plan for plan in verdict.effects} for verdict in sides]
        for side, verdict in enumerate(sides):
            heard = {each["line"]: each for each in [*lines, *verdict.added]}
            for plan in verdict.effects:
                if plan.kind == "commission":
                    totals.commission[side] += plan.amount
                if plan.kind == "royalty_slip":
                    first = heard[plan.lines[0]]
                    totals.royalty[side] += percent_of(
                        first["item_total"], first["item_royalty_percent"] or ZERO
                    )
        differing = 0
        for key in plans[0].keys() | plans[1].keys():
            was, now = plans[0].get(key), plans[1].get(key)
            place = 0 if was is None else 1 if now is None else 2
            if place < 2 or _shown(was) != _shown(now):
                totals.kinds.setdefault(key[0], [0, 0, 0])[place] += 1
                differing += 1
        totals.changed += bool(differing)
        totals.sales += 1
    return totals


def _value(key, value):
    return value if value is None or key == "line" else FIELDS[key].read(value)


def _shown(plan):
    return (
        plan.amount,
        plan.lines,
        {key: value for key, value in plan.params.items() if key != "line"},
    )


def _random_rules(chance, number):
    actions = [
        [{"do": "commission", "percent": "5.00"}],
        [{"do": "commission", "percent": "2.50"}, {"do": "packing_slip"}],
        [{"do": "royalty_slip"}],
        [{"do": "add_item", "sku": "VD-0002"}],
        [{"do": "add_item", "sku": "FI-0002"}],
        [{"do": "hold"}],
        [{"do": "email", "template": "streaming_links"}],
        [{"do": "packing_slip"}],
    ]
    rules = [
        rule(
            f"r{place}",
            random_condition(chance, 3),
            chance.choice(actions),
            priority=chance.randint(0, 2),
            enabled=chance.random() < 0.9,
            valid_to=chance.choice([None, None, "2026-11-19"]),
        )
        for place in range(number)
    ]
    return [
        *rules,
        rule(
            "skip",
            random_condition(chance, 3),
            [{"do": "skip_rule", "codes": ["r0", "r1"]}],
            priority=3,
        ),
    ]


def _redrafted(chance, rules):
    """A few changes as a person makes them: a rule changed, taken out, put in, moved. The rules
    that are skipped stay."""
    new = [dict(each) for each in rules]
    for _change in range(chance.randint(0, 3)):
        place = chance.choice(
            [place for place, each in enumerate(new) if each["code"] not in ("skip", "r0", "r1")]
        )
        match chance.choice(["condition", "action", "out", "in", "move", "switch"]):
            case "condition":
                new[place]["when"] = random_condition(chance, 3)
            case "action":
                new[place]["then"] = [{"do": "commission", "percent": "9.99"}]
            case "out":
                del new[place]
            case "in":
                new.insert(place, rule(f"n{chance.randrange(10**9)}", random_condition(chance, 3)))
            case "move":
                new.insert(0, new.pop(place))
            case "switch":
                new[place]["enabled"] = not new[place].get("enabled", True)
    return new


def _random_sale(chance, rule_set):
    facts = random_facts(chance)
    whole = {key: facts[key] for key, field in FIELDS.items() if field.scope == "sale"}
    lines = [_random_line(chance, number) for number in range(1, chance.randint(2, 4))]
    return frozen_by(rule_set, whole, lines)


def _random_line(chance, number):
    facts = random_facts(chance)
    line_facts = {key: facts[key] for key, field in FIELDS.items() if field.scope == "line"}
    return line_facts | {"line": number, "item_gift": False}


@settings(max_examples=examples(150), deadline=None)
@given(st.integers(0, 2**64))
def test_it_comes_to_the_same_as_judging_every_sale_twice(seed: int):
    chance = random.Random(seed)
    rules = _random_rules(chance, 8)
    old, new = RuleSet(1, rules), RuleSet(2, _redrafted(chance, rules))
    sales = [_random_sale(chance, old) for _sale in range(15)]
    quick, plain = compare(new, *sales, old=old), _plainly(old, new, sales, TODAY)
    assert (quick.sales, quick.changed, quick.kinds) == (plain.sales, plain.changed, plain.kinds)
    assert (quick.commission, quick.royalty) == (plain.commission, plain.royalty)
    assert [
        sum(pair[side] for pair in quick.agents.values()) for side in (0, 1)
    ] == plain.commission
