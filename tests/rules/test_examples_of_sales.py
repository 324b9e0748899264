"""An example of a real order: the facts of its decision become an example of a rule."""

import re

import pytest

from tests.factories import make_product, make_sale, sign_in
from tests.support.processed_sales import agent, book, publish, sold
from tests.support.rule_drafts import rule_named
from tests.support.rule_editor_page import Editor
from tests.support.rule_facts import HIGH_VALUE_HOLD
from webapp.rules.core.day_one import day_one_rules
from webapp.rules.core.examples import run_examples
from webapp.rules.core.fields import sample_facts
from webapp.rules.core.rule import parse_rule
from webapp.rules.editing.sale_examples import example_of
from webapp.rules.models import RuleDraft
from webapp.rules.queries import decisions_of, open_draft


@pytest.fixture
def manager(client, db):
    sign_in(client, "manager")
    return client


def take(manager, code: str, sale: object):
    return manager.post(f"/rules/{code}/examples", data={"sale": str(sale)})


def examples(code: str) -> list[dict]:
    return rule_named(open_draft().rules, code)["examples"]


def test_the_order_becomes_an_example_that_passes_in_the_draft(manager, db):
    sale = sold(book(), agent=agent("A7", "7.50"))
    answer = take(manager, "commission", sale.id)
    assert (answer.status_code, answer.location) == (303, "/rules/commission/edit#f-examples-5")
    example = examples("commission")[5]
    assert example["expect"] == ["commission"]
    told = {"item_kind": "book", "agent_id": "A7", "agent_percent": "7.50", "item_gift": False}
    assert told.items() <= example["facts"].items()
    assert all(
        result.ok
        for result in run_examples(parse_rule(rule_named(open_draft().rules, "commission")))
    )
    assert "6 of 6 pass" in Editor(manager, "/rules/commission/edit").text


def test_the_facts_that_the_rule_does_not_ask_are_folded(manager, db):
    take(manager, "commission", sold(book(), agent=agent("A7", "7.50")).id)
    page = manager.get("/rules/commission/edit").text
    shown, _folded, hidden = page.partition('id="f-examples-5"')[2].partition("rule does not ask")
    facts = {
        where: set(re.findall(r'name="examples\.5\.facts\.(\w+)"', text))
        for where, text in (("shown", shown), ("hidden", hidden.partition("</details>")[0]))
    }
    assert facts["shown"] == {"agent_id", "item_gift", "item_kind", "item_physical"}
    # What is folded is sent all the same.
    assert len(facts["hidden"]) == 6 and "item_sku" in facts["hidden"]


def test_only_facts_that_tell_something_are_kept(manager, db):
    sale = sold(make_product(price="100.00").sku)
    take(manager, "packing_slip", sale.id)
    facts = examples("packing_slip")[-1]["facts"]
    assert facts["item_physical"] is True  # asked for, though it is as in the sample
    assert "sale_total" not in facts and "item_price" not in facts and "payment_method" not in facts
    decided = decisions_of([sale.id], "paid")[sale.id].facts
    whole = {
        key: value
        for key, value in (decided["sale"] | decided["lines"][0]).items()
        if key != "line"
    }
    assert {key: str(value) for key, value in sample_facts(facts).items()} == {
        key: str(value) for key, value in whole.items()
    }


def test_the_item_for_which_the_rule_fired_is_taken_else_the_first(manager, db):
    ebook, paper = make_product(kind="ebook", price="39.90").sku, book()
    sale = sold(ebook, paper)
    take(manager, "packing_slip", sale.id)
    take(manager, "streaming_links", sale.id)
    assert examples("packing_slip")[-1]["facts"]["item_sku"] == paper
    assert examples("streaming_links")[-1]["facts"]["item_sku"] == ebook
    assert examples("streaming_links")[-1]["expect"] == []


@pytest.mark.both_databases
def test_an_order_is_named_by_its_reference_too(manager, db):
    sale = sold(book())
    assert take(manager, "royalty_slip", f" {sale.reference} ").status_code == 303
    assert len(examples("royalty_slip")) == 5


def test_the_same_order_twice_is_one_example(manager, db):
    sale = sold(book())
    first, second = take(manager, "royalty_slip", sale.id), take(manager, "royalty_slip", sale.id)
    assert first.location == second.location and len(examples("royalty_slip")) == 5


def test_a_rule_about_the_whole_order_keeps_no_facts_of_an_item(manager, db):
    publish([*day_one_rules(), HIGH_VALUE_HOLD])
    sale = sold(make_product(price="6000.00").sku)
    take(manager, "high_value_hold", sale.id)
    example = examples("high_value_hold")[-1]
    assert example["expect"] == ["hold"] and example["facts"]["sale_total"] == "6000.00"
    assert not [key for key in example["facts"] if key.startswith("item_")]


@pytest.mark.both_databases
@pytest.mark.parametrize("written", ["", "999999", "NO-SUCH", "\0", "9" * 200, "٣"])
def test_an_order_that_is_not_there_is_not_found(manager, db, written):
    assert take(manager, "commission", written).status_code == 404
    assert db.session.scalars(db.select(RuleDraft)).all() == []


def test_an_order_without_a_decision_is_refused_in_words(manager, db):
    sale = make_sale(paid=False)
    answer = take(manager, "commission", sale.id)
    assert answer.status_code == 409 and "have not been applied to this order yet" in answer.text


def test_a_rule_that_is_full_of_examples_takes_no_more(manager, db):
    raw = rule_named(day_one_rules(), "packing_slip")
    full = [
        {"facts": {"item_quantity": number}, "expect": ["packing_slip"]} for number in range(50)
    ]
    publish([raw | {"examples": full}])
    answer = take(manager, "packing_slip", sold(book()).id)
    assert answer.status_code == 409 and "at most 50 examples" in answer.text


def test_in_the_editor_the_example_joins_the_form_and_nothing_is_written(manager, db):
    sale = sold(book())
    editor = Editor(manager, "/rules/royalty_slip/edit").type(sale=sale.reference).press("sale")
    assert editor.value("examples.4.facts.item_kind") == "book" and editor.listed(
        "examples.4.expect"
    ) == ["royalty_slip"]
    assert "5 of 5 pass" in editor.text and open_draft() is None
    assert editor.save().status == 303 and len(examples("royalty_slip")) == 5


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ({"sale": "NO-SUCH"}, "There is no order"),
        ({"sale": ""}, "There is no order"),
        (
            {"when.field": "item_price", "when.op": "gte", "when.value": "dear"},
            "Finish the conditions",
        ),
    ],
)
def test_in_the_editor_what_cannot_be_taken_is_told_at_its_field(manager, typed, error):
    editor = Editor(manager, "/rules/packing_slip/edit").type(**typed).press("sale")
    assert editor.status == 200 and error in editor.error("sale")


def test_facts_that_are_no_choice_any_more_are_left_out():
    rule = parse_rule(rule_named(day_one_rules(), "packing_slip"))
    facts = {
        "sale": {"customer_state": "EX", "sale_total": "100.00", "payment_method": None},
        "lines": [
            {
                "line": 1,
                "item_kind": "barter",
                "item_physical": False,
                "item_royalty_percent": None,
                "gone": 1,
            }
        ],
    }
    assert example_of(rule, facts, []) == {"facts": {"item_physical": False}, "expect": []}
