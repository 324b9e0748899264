"""Why a rule fired and why not, and the rule as a sentence."""

from datetime import date
from decimal import Decimal

import pytest

from tests.support.rule_facts import TODAY, day_one, rule
from webapp.rules.core.fields import FIELDS, sample_facts
from webapp.rules.core.operators import OPERATORS, operators_for
from webapp.rules.core.rule import parse_rule
from webapp.rules.core.sentence import sentence
from webapp.rules.core.trace import explain_rule


def test_why_not_shows_wanted_and_got_of_every_part():
    commission = day_one().by_code["commission"]
    why = explain_rule(
        commission, sample_facts({"item_kind": "streaming", "agent_id": None}), TODAY
    )
    assert why == {
        "code": "commission",
        "enabled": True,
        "in_force": True,
        "holds": False,
        "when": {
            "op": "all",
            "ok": False,
            "children": [
                {
                    "op": "any",
                    "ok": False,
                    "children": [
                        {
                            "field": "item_physical",
                            "op": "is_true",
                            "wanted": None,
                            "got": False,
                            "ok": False,
                        },
                        {
                            "field": "item_kind",
                            "op": "in",
                            "wanted": ["book", "ebook"],
                            "got": "streaming",
                            "ok": False,
                        },
                    ],
                },
                {"field": "agent_id", "op": "is_set", "wanted": None, "got": None, "ok": False},
                {"field": "item_gift", "op": "is_false", "wanted": None, "got": False, "ok": True},
            ],
        },
    }


def test_why_shows_money_as_text_and_a_negated_group():
    raw = rule("a", {"not": {"field": "item_price", "op": "between", "value": ["1.00", "2.00"]}})
    why = explain_rule(parse_rule(raw), sample_facts({"item_price": Decimal("3.00")}), TODAY)
    assert why["holds"]
    assert why["when"] == {
        "op": "not",
        "ok": True,
        "children": [
            {
                "field": "item_price",
                "op": "between",
                "wanted": ["1.00", "2.00"],
                "got": "3.00",
                "ok": False,
            },
        ],
    }


@pytest.mark.parametrize(
    ("change", "in_force", "holds"),
    [
        ({}, True, True),
        ({"enabled": False}, True, False),
        ({"valid_to": "2026-11-19"}, False, False),
    ],
)
def test_a_rule_that_matches_may_still_be_off_or_out_of_its_time(change, in_force, holds):
    why = explain_rule(parse_rule(rule("a") | change), sample_facts({}), date(2026, 11, 20))
    assert (why["when"]["ok"], why["in_force"], why["holds"]) == (True, in_force, holds)


SENTENCES = {
    "royalty_slip": (
        "If the kind of product is book or e-book and the item is not a gift, then send a "
        "royalty slip."
    ),
    "commission": (
        "If (the product is shipped or the kind of product is book or e-book), the order has a "
        "selling agent and the item is not a gift, then pay the agent a commission at the "
        "agent's own percentage."
    ),
    "free_video_disc": (
        "If the product's SKU is “VD-0001” and the item is not a gift, then add 1 × VD-0002 as a "
        "gift."
    ),
    "membership_activation": (
        "If the kind of product is membership, then activate the membership and send the "
        "customer the e-mail “Membership activated”."
    ),
}


@pytest.mark.parametrize("code", SENTENCES)
def test_a_rule_reads_as_a_sentence(code):
    assert sentence(day_one().by_code[code]) == SENTENCES[code]


def test_a_sentence_says_money_negation_long_lists_and_reasons():
    raw = rule(
        "a",
        {
            "all": [
                {"field": "sale_total", "op": "gte", "value": "5000.00"},
                {
                    "not": {
                        "any": [
                            {
                                "field": "customer_state",
                                "op": "in",
                                "value": ["AC", "AL", "AM", "AP", "BA", "CE", "DF"],
                            },
                            {"field": "agent_percent", "op": "between", "value": ["1", "2.5"]},
                        ]
                    }
                },
            ]
        },
        [{"do": "hold", "reason": "100% new %(x)s"}, {"do": "skip_rule", "codes": ["b", "c"]}],
        scope="sale",
    )
    assert sentence(parse_rule(raw)) == (
        "If, for the whole order, the order total is at least R$5,000.00 and (it is not so that"
        " the customer's state is AC, AL, AM, AP, BA or 2 others or the agent's percentage is "
        "between 1.00 % and 2.50 %),"
        " then hold the order for review (100% new %(x)s) and skip the rules “b” and “c”."
    )


def test_every_operator_of_every_field_reads_as_a_sentence():
    value = {"none": None, "one": "{}", "list": ["{}"], "pair": ["{}", "{}"]}
    for field in FIELDS.values():
        example = (
            field.sample
            if field.sample is not None
            else {"text": "x", "percent": Decimal("5.00")}[field.type]
        )
        example = str(example) if isinstance(example, Decimal) else example
        for op in OPERATORS.values():
            if field.type in op.types:
                filled = (
                    example
                    if op.takes == "one"
                    else value[op.takes] and [example] * len(value[op.takes])
                )
                raw = rule("a", {"field": field.key, "op": op.key, "value": filled})
                assert sentence(parse_rule(raw)).startswith("If ")


def test_an_editor_offers_yes_or_no_for_switches_and_emptiness_only_where_it_may_be():
    assert [op.key for op in operators_for(FIELDS["item_gift"])] == ["is_true", "is_false"]
    assert "is_empty" in [op.key for op in operators_for(FIELDS["agent_id"])]
    assert "is_empty" not in [op.key for op in operators_for(FIELDS["item_sku"])]


def test_a_rule_has_its_name_in_the_readers_language_or_the_one_it_has():
    named = parse_rule(rule("a") | {"name": {"pt_BR": "Comissão", "en": "Commission"}})
    assert (named.name_in("pt_BR"), named.name_in("en")) == ("Comissão", "Commission")
    assert parse_rule(rule("a") | {"name": "Só uma"}).name_in("en") == "Só uma"


def test_publishing_what_moves_money_is_told_apart():
    rules = day_one().by_code
    assert rules["commission"].moves_money
    assert not rules["packing_slip"].moves_money
