"""Rules take a SKU in either case for the same product, as the catalog, orders and searches do."""

import pytest

from tests.factories import make_product, open_shop
from tests.support.processed_sales import publish, sold
from tests.support.rule_facts import TODAY, rule
from webapp.processing.facts import product_facts
from webapp.rules.core.engine import RuleSet
from webapp.rules.core.examples import run_examples
from webapp.rules.core.rule import parse_rule
from webapp.rules.core.sentence import condition_phrase
from webapp.rules.core.trace import explain_rule
from webapp.rules.linting.dnf import Effort, Region
from webapp.rules.linting.references import gather, mentions, refused

GIFT = [{"do": "add_item", "sku": "vd-2", "quantity": 1}]


def check(op, value):
    return {"field": "item_sku", "op": op, "value": value}


@pytest.mark.parametrize(
    "when",
    [
        check("eq", "caneca-Azul"),
        check("in", ["x", "CANECA-AZUL"]),
        check("starts_with", "CAneca"),
        check("contains", "A-a"),
        {"not": check("ne", "caneca-azul")},
    ],
)
def test_a_condition_on_a_sku_holds_in_either_case(when):
    raw = rule("a", when, [{"do": "hold"}], scope="line")
    raw["examples"] = [{"facts": {"item_sku": "Caneca-Azul"}, "expect": ["hold"]}]
    asked = parse_rule(raw)
    line = {"line": 1, "item_sku": "Caneca-Azul"}
    fired = RuleSet(1, [raw]).decide({}, [line], lambda _sku: None, TODAY).effects
    traced = explain_rule(asked, {"item_sku": "Caneca-Azul"}, TODAY)
    assert [effect.rule for effect in fired] == ["a"] and traced["holds"]
    assert all(result.ok for result in run_examples(asked))


def test_a_sku_is_told_as_it_was_written_and_as_it_was_found():
    asked = parse_rule(rule("a", check("eq", "Fi-2")))
    traced = explain_rule(asked, {"item_sku": "fi-2"}, TODAY)["when"]
    assert condition_phrase(asked.when).endswith("“Fi-2”") and traced["got"] == "fi-2"


def test_lint_knows_that_two_ways_of_writing_a_sku_are_one():
    region = [
        Region(parse_rule(rule("a", check("eq", sku))).when, Effort(1000)) for sku in ("a-1", "A-1")
    ]
    assert region[0].meets(region[1]) and region[0].within(region[1])


@pytest.mark.both_databases
def test_a_gift_written_in_another_case_is_added_as_the_catalog_spells_it(db):
    open_shop()
    make_product(sku="VD-1"), make_product(sku="VD-2", stock=3)
    raw = rule("gift", {"all": [check("eq", "vd-1")]}, GIFT, scope="line")
    publish([raw])
    sale = sold("VD-1")
    assert [line.sku for line in sale.lines] == ["VD-1", "VD-2"]
    known = gather([parse_rule(raw)])
    assert not any(map(known.missing, mentions(parse_rule(raw))))
    assert product_facts({"vd-2"})["vd-2"]["item_sku"] == "VD-2"


def test_an_archived_product_is_refused_in_whatever_case_it_is_named(db):
    product = make_product(sku="VD-2")
    product.archive()
    db.session.commit()
    named = parse_rule(rule("gift", then=GIFT, scope="line"))
    assert len(refused(named, gather([named]))) == 1
