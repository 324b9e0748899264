"""Moving, copying and merging the rules of a book."""

import pytest

from tests.factories import sign_in
from tests.support.rule_drafts import drafted, in_force, paying, rule, somebody
from tests.support.rule_editor_page import Editor
from webapp.rules.core import written
from webapp.rules.core.book import RuleBook
from webapp.rules.core.rule import parse_rule
from webapp.rules.core.written import WrittenRule
from webapp.rules.queries import published


def codes(rules):
    return [rule.code for rule in RuleBook.of(rules).in_order]


def stepped(rules, code, up):
    return RuleBook.of(rules).moved(code, up).to_json()


def doubled(rules, code):
    return RuleBook.of(rules).duplicated(code).to_json()


def laid_over(base, ours, theirs):
    return RuleBook.of(ours).rebased_onto(RuleBook.of(theirs), RuleBook.of(base)).to_json()


def clashes(base, ours, theirs):
    return RuleBook.of(ours).clashes(RuleBook.of(theirs), RuleBook.of(base))


def set_of(*codes, **priorities):
    return [rule(code, priority=priorities.get(code, 0)) for code in codes]


@pytest.mark.parametrize(
    ("code", "up", "order"),
    [
        ("b", True, "bac"),
        ("b", False, "acb"),
        ("a", True, "abc"),
        ("c", False, "abc"),
    ],
)
def test_among_equals_a_rule_changes_places_with_its_neighbour(code, up, order):
    moved = stepped(set_of("a", "b", "c"), code, up)
    assert "".join(codes(moved)) == order and all(raw["priority"] == 0 for raw in moved)


@pytest.mark.parametrize(
    ("code", "up", "order", "priority"),
    [
        ("c", True, "acbd", 5),
        ("a", False, "bacd", 5),
        ("d", True, "abdc", 0),
        ("b", False, "acbd", 0),
    ],
)
def test_past_a_neighbour_of_another_priority_it_takes_that_one(code, up, order, priority):
    moved = stepped(set_of("a", "b", "c", "d", a=9, b=5), code, up)
    assert "".join(codes(moved)) == order
    assert next(raw for raw in moved if raw["code"] == code)["priority"] == priority


def test_a_copy_stands_right_behind_switched_off_with_a_code_and_name_of_its_own():
    rules = [rule("fee", name={"en": "Fee", "pt_BR": "Taxa"}), rule("other"), rule("fee_2")]
    result = doubled(rules, "fee")
    assert [raw["code"] for raw in result] == ["fee", "fee_3", "other", "fee_2"]
    assert (
        result[1]["name"] == {"en": "Fee (3)", "pt_BR": "Taxa (3)"}
        and result[1]["enabled"] is False
    )


def test_a_copy_of_a_copy_counts_on():
    assert [raw["code"] for raw in doubled([rule("fee_2")], "fee_2")] == ["fee_2", "fee_3"]


def test_the_longest_code_and_name_have_copies_that_are_not_longer():
    copy = doubled([rule("a" * 60, name="n" * 200)], "a" * 60)[1]
    assert len(copy["code"]) <= 60 and len(copy["name"]) == 200 and copy["name"].endswith(" (2)")


def test_what_only_one_of_two_changed_is_in_the_result():
    base = [rule("a"), rule("b"), rule("c"), rule("d")]
    ours = [rule("a", name="Ours"), rule("b"), rule("c"), rule("d"), rule("new")]
    theirs = [rule("a"), rule("b", name="Theirs"), rule("d"), rule("more")]
    result = laid_over(base, ours, theirs)
    assert [(raw["code"], raw["name"]) for raw in result] == [
        ("a", "Ours"),
        ("b", "Theirs"),
        ("d", "Rule d"),
        ("new", "Rule new"),
        ("more", "Rule more"),
    ]
    assert clashes(base, ours, theirs) == set()


def test_where_both_changed_a_rule_the_draft_has_it_as_it_wants():
    base = [paying("a"), rule("b"), rule("c")]
    ours, theirs = (
        [paying("a", "7.00"), rule("c", name="Ours")],
        [paying("a", "9.00"), rule("b", name="Theirs")],
    )
    result = laid_over(base, ours, theirs)
    assert result == [paying("a", "7.00"), rule("c", name="Ours")]
    assert clashes(base, ours, theirs) == {"a", "b", "c"}


def test_both_did_the_same_and_nothing_clashes():
    assert clashes([rule("a")], [rule("a", name="New")], [rule("a", name="New")]) == set()
    assert laid_over([rule("a")], [rule("a"), rule("b")], [rule("a"), rule("b")]) == [
        rule("a"),
        rule("b"),
    ]


def test_the_drafts_order_is_kept():
    base = set_of("a", "b", "c", "d")
    assert codes(
        laid_over(base, set_of("d", "a", "b", "c"), set_of("a", "b", "x", "c", "d"))
    ) == list("dabxc")


def test_the_others_order_is_kept_where_the_draft_left_it_alone():
    base = set_of("a", "b", "c")
    ours = [*set_of("a", "b"), rule("c", name="Ours")]
    assert codes(laid_over(base, ours, set_of("c", "a", "b"))) == list("cab")


def test_a_book_takes_over_what_another_one_has_parsed():
    first = RuleBook.of([rule("a"), rule("b")])
    second = RuleBook.of([rule("b"), rule("a", name="Other")], first)
    assert second.get("b") is first.get("b") and second.get("a") is not first.get("a")


def test_a_book_is_never_changed():
    book, as_it_was = RuleBook.of(set_of("a", "b")), set_of("a", "b")
    for other in (
        book.moved("b", True),
        book.duplicated("a"),
        book.switched("a", False),
        book.without("a"),
        book.with_rule(WrittenRule(rule("c"))),
        book.with_rule(WrittenRule(rule("c")), "a"),
    ):
        assert other != book and book.to_json() == as_it_was


@pytest.fixture
def parsed(monkeypatch):
    """The codes of the rules that are parsed from now on."""
    codes = []

    def counting(raw):
        codes.append(raw["code"])
        return parse_rule(raw)

    monkeypatch.setattr(written, "parse_rule", counting)
    return codes


@pytest.mark.parametrize("drafted_too", [False, True])
def test_a_key_pressed_among_a_thousand_rules_parses_the_one_that_is_written(
    db, client, parsed, drafted_too
):
    rules = [rule(f"r{number}") for number in range(1000)]
    in_force(*rules)
    sign_in(client, "manager")
    if drafted_too:
        client.post("/rules/draft/rules/r7/switch", data={"enabled": "0"})
    editor = Editor(client, "/rules/r5/edit")
    editor.told()
    parsed.clear()
    assert "rule-sentence" in editor.told() and len(parsed) == 1


def test_publishing_parses_nothing_that_the_drafts_page_has_parsed(db, client, parsed):
    in_force(*[rule(f"r{number}") for number in range(100)])
    sign_in(client, "manager")
    draft = drafted(somebody(), rule("r7", name="Other"))
    client.get("/rules/draft")
    parsed.clear()
    client.post(
        "/rules/draft/publication",
        data={"draft_id": draft.id, "version": draft.version, "reason": "New name"},
    )
    assert published().rules[7]["name"] == "Other" and parsed == []
