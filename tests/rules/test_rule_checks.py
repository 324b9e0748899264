"""POST /rules/check: a rule tried before it is anybody's, with nothing stored."""

import pytest

from tests.factories import api, make_product, make_token
from tests.support.processed_sales import publish
from webapp.rules.core.day_one import day_one_rules

BOOKS = {
    "code": "books",
    "name": {"pt_BR": "Livros", "en": "Books"},
    "when": {"field": "item_kind", "op": "eq", "value": "book"},
    "then": [{"do": "commission", "percent": "12.50"}],
}


@pytest.fixture
def check(db, client):
    manager = api(client, make_token("manager"))

    def call(rule, facts=None, **changes):
        body = {"rule": rule | changes} | ({} if facts is None else {"facts": facts})
        answer = manager.post("/rules/check", body)
        assert answer.status_code == 200, answer.text
        return answer.json

    return call


def test_a_good_rule_is_told_in_words_and_tried_on_the_facts(check):
    answer = check(BOOKS, {"item_kind": "book"})
    assert (answer["valid"], answer["errors"], answer["fires"]) == (True, [], True)
    assert (
        answer["sentence"]
        == "If the kind of product is book, then pay the agent a commission of 12.50 %."
    )
    assert answer["trace"]["when"] == {
        "field": "item_kind",
        "op": "eq",
        "wanted": "book",
        "got": "book",
        "ok": True,
    }


def test_without_facts_it_is_tried_on_the_sample_sale(check):
    answer = check(BOOKS)
    assert answer["fires"] is False and answer["trace"]["when"]["got"] == "physical"


def test_whether_an_item_ships_follows_its_kind(check):
    shipped = {"field": "item_physical", "op": "is_true"}
    assert check(BOOKS, {"item_kind": "ebook"}, when=shipped)["fires"] is False
    assert check(BOOKS, {"item_kind": "book"}, when=shipped)["fires"] is True


@pytest.mark.parametrize("change", [{"enabled": False}, {"valid_to": "2020-01-01"}])
def test_a_rule_that_is_off_or_over_does_not_fire_though_its_condition_holds(check, change):
    answer = check(BOOKS, {"item_kind": "book"}, **change)
    assert answer["fires"] is False and answer["trace"]["when"]["ok"] is True


def test_a_bad_rule_is_told_by_place_and_mend(check):
    answer = check(BOOKS, when={"all": [{"field": "item_knd", "op": "eq", "value": "book"}]})
    message = "field 'item_knd' does not exist; did you mean 'item_kind'?"
    assert answer == {
        "valid": False,
        "errors": [{"path": "when.all.0.field", "message": message}],
        "sentence": None,
        "fires": None,
        "trace": None,
        "failing_examples": [],
        "warnings": [],
    }


@pytest.mark.parametrize(
    ("facts", "path", "message"),
    [
        ({"item_knd": "book"}, "facts", "'item_knd' is not known here; did you mean 'item_kind'?"),
        ({"item_price": 12.5}, "facts.item_price", "12.5 is not an amount; write it as text"),
        ({"item_kind": None}, "facts.item_kind", "None is not an option"),
        ({"item_quantity": "many"}, "facts.item_quantity", "'many' is not a whole number"),
    ],
)
def test_bad_facts_are_told_like_a_bad_rule(check, facts, path, message):
    (error,) = check(BOOKS, facts)["errors"]
    assert error["path"] == path and message in error["message"]


@pytest.mark.parametrize("rule", [None, [], "rule", 3, True])
def test_what_is_no_rule_at_all_is_said_to_be_none(db, client, rule):
    answer = api(client, make_token("manager")).post("/rules/check", {"rule": rule})
    assert answer.status_code == 200 and not answer.json["valid"]
    assert answer.json["errors"][0]["message"].startswith("expected a rule, not")


def test_a_rule_that_counts_on_an_archived_product_is_refused(check, db):
    product = make_product(sku="OLD-1")
    product.archive()
    db.session.commit()
    gift = {"then": [{"do": "add_item", "sku": "OLD-1"}]}
    answer = check(BOOKS, **gift)
    assert not answer["valid"] and answer["sentence"]
    assert answer["errors"] == [
        {
            "path": "then.0.sku",
            "message": "product 'OLD-1' is archived; take it back into sale or name another one",
        }
    ]
    assert check(BOOKS, enabled=False, **gift)["valid"]


def test_examples_that_do_not_come_out_are_named(check):
    examples = [
        {"facts": {"item_kind": "book"}, "expect": ["commission"]},
        {"facts": {}, "expect": ["commission"]},
    ]
    assert check(BOOKS, examples=examples)["failing_examples"] == [
        {"example": 1, "expect": ["commission"], "got": []}
    ]


def test_it_is_held_against_the_published_rules(check):
    (warning,) = check(BOOKS)["warnings"]
    assert warning["kind"] == "competing" and {warning["code"], warning["other"]} == {
        "books",
        "commission",
    }


def test_a_rule_of_a_published_code_is_looked_at_in_its_place(check):
    commission = next(rule for rule in day_one_rules() if rule["code"] == "commission")
    assert check(commission)["warnings"] == []


def test_an_exception_must_come_before_the_rule_it_skips(check):
    skip = {"then": [{"do": "skip_rule", "codes": ["comission"]}], "priority": 5}
    assert check(BOOKS, **skip)["errors"] == [
        {
            "path": "then.0.codes",
            "message": "rule 'comission' does not exist; did you mean 'commission'?",
        },
    ]
    skip["then"][0]["codes"] = ["commission"]
    assert check(BOOKS, **skip)["valid"]
    late = check(BOOKS, **skip | {"priority": -1})["errors"]
    assert late == [
        {
            "path": "then.0.codes",
            "message": "rule 'commission' comes before this one; raise this rule's priority",
        }
    ]


def test_a_change_that_breaks_another_rule_names_that_rule(check, db):
    exception = BOOKS | {
        "code": "no_books",
        "priority": 5,
        "then": [{"do": "skip_rule", "codes": ["commission"]}],
    }
    publish([exception, *day_one_rules()])
    commission = next(rule for rule in day_one_rules() if rule["code"] == "commission")
    errors = check(commission, priority=9)["errors"]
    assert errors == [
        {
            "path": "no_books.then.0.codes",
            "message": "rule 'commission' comes before this one; raise this rule's priority",
        }
    ]


def test_a_shop_without_published_rules_may_check_too(check, db):
    db.session.execute(db.text("DELETE FROM rule_sets"))
    db.session.commit()
    assert check(BOOKS)["valid"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "rule"),
        ({"rule": {}, "facts": []}, "facts"),
        ({"rule": {}, "fact": {}}, "fact"),
        ([], ""),
        (3, ""),
    ],
)
def test_a_body_of_another_shape_is_refused(db, client, body, field):
    answer = api(client, make_token("manager")).post("/rules/check", body)
    assert answer.status_code == 422 and answer.json["errors"][0]["field"] == field


def test_only_managers_check_rules(db, client):
    assert api(client, make_token("clerk")).post("/rules/check", {"rule": BOOKS}).status_code == 403
