"""What happens when several rules want the same thing, skip one another, or are not in force."""

from datetime import date

import pytest

from tests.support.rule_facts import commissions, day_one, decide, effects, line, outcomes, rule
from webapp.rules.core.engine import RuleSet
from webapp.rules.core.problems import RuleInvalid


def commission(code, percent, **more):
    return rule(code, then=[{"do": "commission", "percent": percent}], **more)


def email(template):
    return [{"do": "email", "template": template}]


def skip(code):
    return [{"do": "skip_rule", "codes": [code]}]


FOR_C1 = {"field": "customer_id", "op": "eq", "value": "C1"}


def test_commission_goes_to_the_first_by_priority_and_the_other_loses():
    rules = RuleSet(1, [commission("usual", "agent"), commission("special", "12.50", priority=5)])
    verdict = decide(rules, [line(1, "FI-0003")], agent="A1")
    assert commissions(verdict) == [("line:1", "48.63")]
    assert outcomes(verdict) == [("special", "fired", [1], None), ("usual", "lost", [1], "special")]


def test_equal_priorities_go_by_their_order_in_the_set():
    rules = RuleSet(1, [commission("b", "1"), commission("a", "2")])
    assert outcomes(decide(rules, [line(1, "FI-0003")], agent="A1"))[0] == ("b", "fired", [1], None)


def test_a_commission_with_nobody_to_pay_is_lost_to_nobody():
    verdict = decide(RuleSet(1, [commission("fixed", "3")]), [line(1, "FI-0003")])
    assert verdict.effects == []
    assert outcomes(verdict) == [("fixed", "lost", [1], None)]


def test_an_agent_without_a_percentage_earns_only_a_fixed_commission():
    rules = RuleSet(1, [commission("usual", "agent", priority=1), commission("fixed", "3")])
    verdict = decide(rules, [line(1, "FI-0003")], agent="A1", agent_percent=None)
    assert outcomes(verdict) == [("usual", "lost", [1], None), ("fixed", "fired", [1], None)]
    assert commissions(verdict) == [("line:1", "11.67")]


def test_a_commission_of_zero_wins_and_pays_nothing():
    rules = RuleSet(1, [commission("usual", "agent"), commission("none", "0", priority=1)])
    assert commissions(decide(rules, [line(1, "FI-0003")], agent="A1")) == [("line:1", "0.00")]


def test_emails_of_one_template_merge_and_templates_stay_apart():
    rules = RuleSet(
        1,
        [
            rule("a", then=email("hello")),
            rule("b", then=email("hello")),
            rule("c", then=email("bye")),
        ],
    )
    verdict = decide(rules, [line(1, "FI-0001"), line(2, "FI-0002")])
    assert effects(verdict) == [("email", "hello", [1, 2]), ("email", "bye", [1, 2])]
    assert verdict.effects[0].rule == "a"


def test_each_rule_adds_its_own_item():
    add = [{"do": "add_item", "sku": "VD-0002", "quantity": 2}]
    verdict = decide(RuleSet(1, [rule("a", then=add), rule("b", then=add)]), [line(7, "FI-0001")])
    assert effects(verdict) == [
        ("add_item", "VD-0002:line7", [7]),
        ("add_item", "VD-0002:line7:2", [7]),
    ]
    assert [(gift["line"], gift["item_quantity"]) for gift in verdict.added] == [(8, 2), (9, 2)]


def test_a_rule_for_the_whole_sale_acts_once_and_names_no_line():
    rules = RuleSet(
        1,
        [
            rule(
                "mug",
                scope="sale",
                then=[{"do": "add_item", "sku": "FI-0002"}, {"do": "hold", "reason": "x"}],
            )
        ],
    )
    verdict = decide(rules, [line(1, "FI-0001"), line(2, "FI-0003")])
    assert effects(verdict) == [("add_item", "FI-0002:sale", []), ("hold", "sale", [])]
    assert outcomes(verdict) == [("mug", "fired", [], None)]


def test_an_exception_for_a_customer_suppresses_the_rule_and_says_who_did():
    exception = rule(
        "no_commission_c1", FOR_C1, [{"do": "skip_rule", "codes": ["commission"]}], priority=10
    )
    rules = day_one(exception)
    verdict = decide(rules, [line(1, "FI-0001")], agent="A1")
    assert commissions(verdict) == []
    assert ("commission", "suppressed", [1], "no_commission_c1") in outcomes(verdict)
    assert commissions(decide(rules, [line(1, "FI-0001")], agent="A1", customer_id="C2")) == [
        ("line:1", "6.50")
    ]


def test_a_line_exception_covers_only_its_line():
    is_mug = {"field": "item_sku", "op": "eq", "value": "FI-0002"}
    exception = rule("no_mug", is_mug, [{"do": "skip_rule", "codes": ["commission"]}], priority=10)
    verdict = decide(day_one(exception), [line(1, "FI-0002"), line(2, "FI-0001")], agent="A1")
    assert commissions(verdict) == [("line:2", "6.50")]


def test_an_exception_for_the_whole_sale_covers_every_line():
    exception = rule(
        "b2b", FOR_C1, [{"do": "skip_rule", "codes": ["commission"]}], scope="sale", priority=10
    )
    verdict = decide(day_one(exception), [line(1, "FI-0001"), line(2, "FI-0002")], agent="A1")
    assert commissions(verdict) == []
    assert ("commission", "suppressed", [1, 2], "b2b") in outcomes(verdict)


def test_a_suppressed_exception_suppresses_nothing():
    rules = RuleSet(
        1,
        [
            rule("outer", then=skip("inner"), priority=3),
            rule("inner", then=skip("hold"), priority=2),
            rule("hold"),
        ],
    )
    assert effects(decide(rules, [line(1, "FI-0001")])) == [("hold", "sale", [1])]


def test_a_disabled_rule_neither_acts_nor_skips():
    rules = RuleSet(
        1,
        [
            rule("off", then=[{"do": "skip_rule", "codes": ["on"]}], priority=1, enabled=False),
            rule("on"),
        ],
    )
    assert outcomes(decide(rules, [line(1, "FI-0001")])) == [("on", "fired", [1], None)]


@pytest.mark.parametrize(
    ("day", "fires"),
    [("2026-10-31", False), ("2026-11-01", True), ("2026-11-30", True), ("2026-12-01", False)],
)
def test_both_days_of_the_validity_count(day, fires):
    rules = RuleSet(1, [rule("november", valid_from="2026-11-01", valid_to="2026-11-30")])
    verdict = decide(rules, [line(1, "FI-0001")], on=date.fromisoformat(day))
    assert bool(verdict.effects) is fires


@pytest.mark.parametrize(
    ("rules", "path", "words"),
    [
        ([rule("a"), rule("a")], "1.code", "already"),
        (
            [rule("a", then=[{"do": "skip_rule", "codes": ["hould"]}], priority=1), rule("hold")],
            "0.then.0.codes",
            "'hold'",
        ),
        (
            [rule("hold"), rule("a", then=[{"do": "skip_rule", "codes": ["hold"]}])],
            "1.then.0.codes",
            "priority",
        ),
        ([rule("a", then=[{"do": "skip_rule", "codes": ["a"]}])], "0.then.0.codes", "before"),
        (
            [rule("a", then=skip("b"), priority=1), rule("b", scope="sale")],
            "0.then.0.codes",
            "whole sale",
        ),
        ({"code": "a"}, "", "list"),
        ([rule("a"), 7], "1", "expected a rule"),
    ],
)
def test_a_set_that_contradicts_itself_is_refused_with_the_place(rules, path, words):
    with pytest.raises(RuleInvalid) as refused:
        RuleSet(1, rules)
    assert [problem.path for problem in refused.value.problems] == [path]
    assert words in refused.value.problems[0].message
