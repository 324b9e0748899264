"""What differs between two rule sets is told in words, and whether it moves money."""

import pytest

from tests.support.rule_drafts import PAYS, paying, rule
from webapp.rules.change_words import change_words
from webapp.rules.core.book import RuleBook
from webapp.rules.core.rule import parse_rule
from webapp.rules.core.sentence import sentence

IN_LIST = {"field": "item_sku", "op": "in", "value": [f"SKU-{number}" for number in range(10)]}


def said(raw: dict) -> str:
    return sentence(parse_rule(raw))


def changes_between(before: list[dict], after: list[dict]):
    return RuleBook.of(before).diff(RuleBook.of(after))


def only(before, after):
    found = changes_between(before, after)
    assert len(found) == 1, [change.code for change in found]
    return found[0]


def test_the_same_sets_do_not_differ():
    assert changes_between([rule("a"), paying("b")], [rule("a"), paying("b")]) == []


def test_what_is_left_out_and_what_is_said_are_the_same():
    said = rule("a") | {
        "enabled": True,
        "priority": 0,
        "valid_from": None,
        "scope": "line",
        "event": "paid",
    }
    assert changes_between([rule("a")], [said]) == []


def test_a_new_rule_says_what_it_does():
    change = only([], [paying("a", priority=3, enabled=False)])
    assert (change.kind, change.before, change.after.code, change.moves_money) == (
        "added",
        None,
        "a",
        True,
    )
    assert change_words(change) == [
        said(paying("a")),
        "Priority: 3",
        "Disabled",
        "1 example",
    ]


def test_a_removed_rule_says_what_it_did():
    change = only([rule("a")], [])
    assert (change.kind, change.after, change.moves_money) == ("removed", None, False)
    assert change_words(change) == [said(rule("a"))]


@pytest.mark.parametrize(
    "before", [[rule("a")], [rule("a"), rule("b", then=[{"do": "skip_rule", "codes": ["c"]}])]]
)
def test_a_rule_that_is_skipped_is_named_and_not_coded(before):
    change = only(before, [rule("a"), rule("b", then=[{"do": "skip_rule", "codes": ["a"]}])])
    assert "skip the rule “Rule a”" in change_words(change)[-1 if before[1:] else 0]


@pytest.mark.parametrize(
    ("changes", "words", "money"),
    [
        ({"name": "Another"}, ["Name: “Rule a” → “Another”"], False),
        ({"priority": 5}, ["Priority: 0 → 5"], True),
        ({"enabled": False}, ["Disabled"], True),
        ({"valid_to": "2026-12-24"}, ["Validity: always → until 24 Dec 2026"], True),
        (
            {"valid_from": "2026-12-01", "valid_to": "2026-12-24"},
            ["Validity: always → 1 Dec 2026 to 24 Dec 2026"],
            True,
        ),
        ({"examples": []}, ["1 example gone"], False),
    ],
)
def test_each_part_that_differs_has_its_words(app, changes, words, money):
    with app.test_request_context(headers={"Accept-Language": "en"}):
        change = only([paying("a")], [paying("a") | changes])
        assert (change.kind, change_words(change), change.moves_money) == ("changed", words, money)
        assert not only([rule("a")], [rule("a") | changes]).moves_money


def test_a_sentence_is_told_before_and_after():
    change = only([paying("a")], [paying("a", "8.00")])
    assert said(paying("a")) != said(paying("a", "8.00")) and change.moves_money
    assert change_words(change) == [
        f"It said: {said(paying('a'))}",
        f"It says: {said(paying('a', '8.00'))}",
    ]


def test_what_a_sentence_cuts_short_is_told_all_the_same():
    longer = IN_LIST | {"value": [*IN_LIST["value"][:-1], "NEW-1"]}
    change = only([rule("a", when=IN_LIST)], [rule("a", when=longer)])
    assert change_words(change) == ["No longer listed: “SKU-9”", "Newly listed: “NEW-1”"]


def test_what_changes_no_word_is_told_as_that():
    turned = IN_LIST | {"value": [*IN_LIST["value"][:5], *IN_LIST["value"][:4:-1]]}
    change = only([rule("a", when=IN_LIST)], [rule("a", when=turned)])
    assert change_words(change) == ["Written another way; the sentence stays the same"]


def test_a_rule_of_another_scope_looks_at_something_else():
    held = {
        "then": [{"do": "hold"}],
        "when": {"field": "sale_total", "op": "gte", "value": "10.00"},
        "examples": [],
    }
    change = only([rule("a") | held], [rule("a", scope="sale") | held])
    assert "Applies to: Each item → The whole order" in change_words(change)


@pytest.mark.parametrize("turn", [False, True])
def test_a_rule_that_begins_or_ceases_to_move_money_moves_money(turn):
    sets = [[rule("a")], [rule("a") | {"then": PAYS}]]
    assert only(*sets[:: -1 if turn else 1]).moves_money


@pytest.mark.parametrize(
    ("rules", "money"),
    [
        ([paying("a"), paying("b")], True),
        ([rule("a"), paying("b")], False),
        ([rule("a"), rule("b")], False),
    ],
)
def test_the_order_of_two_rules_moves_money_where_both_do(rules, money):
    change = only(rules, rules[::-1])
    assert (change.kind, change.moves_money) == ("moved", money)
    assert change_words(change)[0] in (
        "It now runs right after “Rule b”",
        "It now runs before all others",
    )


def test_the_order_of_rules_of_different_priorities_is_no_change():
    high, low = paying("a", priority=5), paying("b")
    assert changes_between([high, low], [low, high]) == []


def test_one_moved_rule_is_one_change():
    rules = [rule(f"r{number}") for number in range(200)]
    change = only(rules, [*rules[1:], rules[0]])
    assert (change.code, change_words(change)) == ("r0", ["It now runs right after “Rule r199”"])


def test_among_rules_that_pay_nothing_two_that_pay_have_changed_places():
    rules = [paying("a"), rule("x"), rule("y"), paying("b")]
    found = changes_between(rules, [paying("b"), rule("x"), rule("y"), paying("a")])
    assert any(change.moves_money for change in found)


def test_another_code_is_another_rule():
    found = changes_between([rule("a")], [rule("b")])
    assert [(change.kind, change.code) for change in found] == [("added", "b"), ("removed", "a")]
