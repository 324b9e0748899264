"""The rules every shop begins with, and each edge they must hold."""

from decimal import Decimal

import pytest

from tests.support.rule_facts import (
    TODAY,
    catalog,
    commissions,
    day_one,
    decide,
    effects,
    kinds,
    line,
    outcomes,
)
from webapp.rules.core.day_one import day_one_rules
from webapp.rules.core.engine import RuleSet
from webapp.rules.core.examples import run_examples


@pytest.fixture(scope="module")
def rules():
    return day_one()


def test_physical_product_goes_on_the_packing_slip_and_earns_commission(rules):
    verdict = decide(rules, [line(1, "FI-0002", 3)], agent="A1")
    assert effects(verdict) == [("packing_slip", "sale", [1]), ("commission", "line:1", [1])]


def test_several_lines_make_one_merged_slip(rules):
    verdict = decide(rules, [line(1, "FI-0002"), line(2, "ST-0001"), line(3, "LV-0001")])
    assert effects(verdict, "packing_slip") == [("packing_slip", "sale", [1, 3])]


def test_book_gets_a_royalty_slip_of_its_own_line(rules):
    verdict = decide(rules, [line(1, "LV-0001"), line(2, "LV-0002")])
    assert effects(verdict, "royalty_slip") == [
        ("royalty_slip", "line:1", [1]),
        ("royalty_slip", "line:2", [2]),
    ]


def test_a_book_that_is_also_physical_earns_one_commission(rules):
    verdict = decide(rules, [line(1, "LV-0001")], agent="A2")
    assert commissions(verdict) == [("line:1", "6.74")]


def test_an_ebook_gives_royalty_and_commission_but_no_slip(rules):
    verdict = decide(rules, [line(1, "EB-0001")], agent="A1")
    assert kinds(verdict) == ["commission", "royalty_slip"]


def test_a_book_as_a_gift_ships_without_royalty_and_commission(rules):
    gift = line(1, "LV-0001", item_gift=True, item_total=Decimal("0.00"))
    assert kinds(decide(rules, [gift], agent="A1")) == ["packing_slip"]


def test_sale_without_agent_earns_nobody_a_commission(rules):
    assert kinds(decide(rules, [line(1, "FI-0001")])) == ["packing_slip"]


def test_commission_is_on_the_line_after_discount_rounded_half_up(rules):
    lines = [
        line(1, "FI-0001", item_total=Decimal("100.10")),
        line(2, "FI-0002", item_total=Decimal("100.30")),
    ]
    assert commissions(decide(rules, lines, agent="A1")) == [("line:1", "5.01"), ("line:2", "5.02")]


def test_membership_is_activated_and_its_owner_told(rules):
    verdict = decide(rules, [line(1, "CL-0001")], agent="A1")
    expected = [("membership_activation", "customer", [1]), ("email", "membership_activated", [1])]
    assert effects(verdict) == expected


def test_upgrade_applies_only_onto_an_active_membership(rules):
    verdict = decide(rules, [line(1, "CL-0002")], membership_status="active")
    assert effects(verdict) == [
        ("membership_upgrade", "customer", [1]),
        ("email", "membership_upgraded", [1]),
    ]


@pytest.mark.parametrize("status", ["none", "lapsed"])
def test_upgrade_without_active_membership_is_a_task_and_no_email(rules, status):
    verdict = decide(rules, [line(1, "CL-0002")], membership_status=status)
    assert effects(verdict) == [("task", "upgrade_without_membership:line1", [1])]


def test_reactivation_applies_only_onto_a_lapsed_membership(rules):
    verdict = decide(rules, [line(1, "CL-0003")], membership_status="lapsed")
    assert effects(verdict) == [
        ("membership_reactivation", "customer", [1]),
        ("email", "membership_reactivated", [1]),
    ]


@pytest.mark.parametrize("status", ["none", "active"])
def test_reactivation_without_lapsed_membership_is_a_task(rules, status):
    verdict = decide(rules, [line(1, "CL-0003")], membership_status=status)
    assert effects(verdict) == [("task", "reactivation_without_lapsed:line1", [1])]


def test_learning_to_ski_disc_brings_first_aid_onto_the_slip_without_commission(rules):
    verdict = decide(rules, [line(1, "VD-0001")], agent="A3")
    assert effects(verdict) == [
        ("packing_slip", "sale", [1, 2]),
        ("add_item", "VD-0002:line1", [1]),
        ("commission", "line:1", [1]),
    ]
    (gift,) = verdict.added
    assert (gift["line"], gift["item_sku"], gift["item_gift"], gift["item_total"]) == (
        2,
        "VD-0002",
        True,
        Decimal("0"),
    )
    assert gift["item_price"] == Decimal("29.90")


def test_learning_to_ski_stream_brings_first_aid_into_the_email(rules):
    verdict = decide(rules, [line(4, "ST-0003")], agent="A3")
    assert effects(verdict) == [
        ("add_item", "ST-0002:line4", [4]),
        ("email", "streaming_links", [4, 5]),
    ]


def test_streams_of_one_sale_share_one_email(rules):
    verdict = decide(rules, [line(1, "ST-0001"), line(2, "ST-0002")], agent="A1")
    assert effects(verdict) == [("email", "streaming_links", [1, 2])]


def test_a_book_titled_learning_to_ski_brings_no_video(rules):
    assert kinds(decide(rules, [line(1, "LV-0002")])) == ["packing_slip", "royalty_slip"]


def test_a_renamed_video_keeps_its_gift(rules):
    verdict = decide(rules, [line(1, "VD-0001", item_name="Esqui para todos")])
    assert effects(verdict, "add_item") == [("add_item", "VD-0002:line1", [1])]


def test_another_video_brings_no_gift(rules):
    assert kinds(decide(rules, [line(1, "VD-0003")])) == ["packing_slip"]


def test_a_gift_brings_no_further_gift():
    verdict = decide(
        RuleSet(
            1,
            [
                {
                    "code": "chain",
                    "name": "Chain",
                    "when": {"field": "item_physical", "op": "is_true"},
                    "then": [{"do": "add_item", "sku": "VD-0002"}],
                },
            ],
        ),
        [line(1, "VD-0001")],
    )
    assert effects(verdict) == [("add_item", "VD-0002:line1", [1])]
    assert outcomes(verdict) == [
        ("chain", "fired", [1], None),
        ("chain", "suppressed", [2], "chain"),
    ]


def test_a_gift_missing_from_the_catalog_stays_in_the_plan_as_missing(rules):
    lines = [line(1, "VD-0001")]
    verdict = rules.decide({}, lines, lambda sku: None, TODAY)
    plan = next(effect for effect in verdict.effects if effect.kind == "add_item")
    assert plan.params == {"sku": "VD-0002", "quantity": 1, "missing": True}
    assert verdict.added == []


def test_without_chosen_videos_the_gift_rules_are_there_but_off():
    rules = RuleSet(1, day_one_rules())
    assert [rules.by_code[code].enabled for code in ("free_video_disc", "free_video_stream")] == [
        False,
        False,
    ]
    sold = line(1, "VD-0001", item_sku="LEARNING-TO-SKI")
    assert kinds(rules.decide({}, [sold], catalog, TODAY)) == ["packing_slip"]


def test_each_day_one_rule_has_both_names_and_examples_that_pass(rules):
    for rule in (*rules.rules, *RuleSet(1, day_one_rules()).rules):
        assert set(rule.names) == {"pt_BR", "en"}
        results = run_examples(rule)
        assert len(results) >= 2
        assert all(result.ok for result in results), rule.code
