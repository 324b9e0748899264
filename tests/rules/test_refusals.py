"""A bad rule is refused with the place and the mend, all mistakes at once, whatever the input."""

from decimal import Decimal

import pytest

from tests.support.rule_facts import rule
from tests.support.timing import processor_seconds_below
from webapp.rules.core.conditions import MAX_DEPTH, MAX_NODES
from webapp.rules.core.problems import MOST_PROBLEMS, RuleInvalid
from webapp.rules.core.rule import parse_rule

TRUE = {"field": "item_physical", "op": "is_true"}


def problems(raw):
    with pytest.raises(RuleInvalid) as refused:
        parse_rule(raw)
    return [tuple(problem) for problem in refused.value.problems]


def check(field, op, *value):
    return {"field": field, "op": op, **({"value": value[0]} if value else {})}


def nested(depth):
    condition = TRUE
    for _ in range(depth - 1):
        condition = {"not": condition}
    return condition


@pytest.mark.parametrize(
    ("when", "path", "message"),
    [
        (
            check("item_knd", "eq", "book"),
            "when.field",
            "field 'item_knd' does not exist; did you mean 'item_kind'?",
        ),
        (check("item_kind", "eqq", "book"), "when.op", "'eqq' does not exist; did you mean 'eq'?"),
        (
            check("item_kind", "eq", "bok"),
            "when.value",
            "'bok' is not an option; use one of: physical, book, ",
        ),
        (
            check("item_kind", "gt", "book"),
            "when.op",
            "'gt' does not fit 'item_kind'; use one of: eq, ne, in, not_in, ",
        ),
        (check("item_price", "contains", "9"), "when.op", "'contains' does not fit 'item_price'"),
        (check("item_price", "eq", 12.5), "when.value", "12.5 is not an amount; write it as text"),
        (check("item_price", "eq", 12), "when.value", "12 is not an amount"),
        (
            check("item_price", "eq", "1E+999999999"),
            "when.value",
            "'1E+999999999' is not an amount",
        ),
        (check("item_price", "eq", "NaN"), "when.value", "'NaN' is not an amount"),
        (check("item_price", "eq", float("nan")), "when.value", "nan is not an amount"),
        (check("item_price", "eq", "0.001"), "when.value", "up to two decimals"),
        (check("item_price", "eq", "9" * 13), "when.value", "is not an amount"),
        (check("item_price", "eq", "١٢"), "when.value", "is not an amount"),
        (check("item_price", "eq", "1_000"), "when.value", "is not an amount"),
        (check("item_price", "eq"), "when.value", "None is not an amount"),
        (check("agent_percent", "eq", "100.01"), "when.value", "is not a percentage"),
        (check("item_quantity", "eq", True), "when.value", "True is not a whole number"),
        (check("item_quantity", "eq", 1.0), "when.value", "1.0 is not a whole number"),
        (check("item_quantity", "eq", 10**5000), "when.value", "out of range"),
        (check("item_quantity", "eq", "9" * 5000), "when.value", "is not a whole number"),
        (check("item_gift", "eq", "yes"), "when.value", "'yes' is neither true nor false"),
        (check("item_gift", "is_true", True), "when.value", "'is_true' takes no value; remove it"),
        (check("item_name", "eq", 7), "when.value", "expected text, not 7"),
        (check("item_name", "eq", "x" * 201), "when.value", "longer than 200"),
        (check("item_name", "eq", " "), "when.value", "is empty"),
        (check("item_name", "eq", "a\x00b"), "when.value", "control characters"),
        (check("item_name", "eq", "a\ud800b"), "when.value", "control characters"),
        (check("item_sku", "in", []), "when.value", "list of 1 to 500"),
        (check("item_sku", "in", ["x"] * 501), "when.value", "list of 1 to 500"),
        (check("item_sku", "in", "x"), "when.value", "expected a list"),
        (check("item_sku", "in", ["x", 1]), "when.value", "expected text, not 1"),
        (check("item_price", "between", ["1", "2", "3"]), "when.value", "two values"),
        (check("item_price", "between", ["2.00", "1.00"]), "when.value", "swap them"),
        ({"all": []}, "when.all", "group is empty"),
        ({"any": {}}, "when.any", "group is empty"),
        ({"all": [TRUE], "any": [TRUE]}, "when", "'any' is not known here"),
        ({**TRUE, "valu": 1}, "when", "'valu' is not known here; did you mean 'value'?"),
        ({**TRUE, 7: 1}, "when", "7 is not known here"),
        (None, "when", "expected a condition, not None"),
        ([TRUE], "when", "expected a condition, not list"),
        (
            {"all": [TRUE, {"any": [check("item_sku", "eq", 1)]}]},
            "when.all.1.any.0.value",
            "expected text",
        ),
        (nested(MAX_DEPTH + 1), "when" + ".not" * MAX_DEPTH, "deeper than 6 levels"),
        ({"all": [TRUE] * MAX_NODES}, "when.all.59", "more than 60 conditions"),
        ({"all": [{"not": TRUE}] * 40}, "when.all.29.not", "more than 60 conditions"),
    ],
)
def test_a_bad_condition_is_told_by_place_and_mend(when, path, message):
    ((found_path, found),) = problems(rule("a") | {"when": when})
    assert found_path == path
    assert message in found


@pytest.mark.parametrize(
    ("then", "path", "message"),
    [
        ([], "then", "list of 1 to 20 actions"),
        ([{"do": "hold"}] * 21, "then", "list of 1 to 20 actions"),
        (["hold"], "then.0", "expected an action"),
        ([{"do": "pay"}], "then.0.do", "'pay' does not exist"),
        ([{"do": ["hold"]}], "then.0.do", "list does not exist"),
        ([{"do": "comission", "percent": "1"}], "then.0.do", "did you mean 'commission'?"),
        ([{"do": "commission"}], "then.0.percent", "None is not a percentage"),
        ([{"do": "commission", "percent": 5}], "then.0.percent", "5 is not a percentage"),
        ([{"do": "commission", "percent": "-1"}], "then.0.percent", "is not a percentage"),
        ([{"do": "commission", "percent": "1", "to": "me"}], "then.0", "'to' is not known here"),
        (
            [{"do": "commission", "percent": "1"}, {"do": "commission", "percent": "2"}],
            "then.1",
            "already among",
        ),
        ([{"do": "packing_slip"}, {"do": "packing_slip"}], "then.1", "already among"),
        ([{"do": "add_item", "sku": "X", "quantity": 0}], "then.0.quantity", "from 1 to 100"),
        ([{"do": "add_item"}], "then.0.sku", "expected text"),
        ([{"do": "email", "template": "../etc"}], "then.0.template", "is not a code"),
        ([{"do": "skip_rule", "codes": "x"}], "then.0.codes", "list of 1 to 50"),
        ([{"do": "skip_rule", "codes": ["A B"]}], "then.0.codes", "'A B' is not a code"),
    ],
)
def test_a_bad_action_is_told_by_place_and_mend(then, path, message):
    ((found_path, found),) = problems({"code": "a", "name": "A", "when": TRUE, "then": then})
    assert found_path == path
    assert message in found


@pytest.mark.parametrize(
    ("change", "path", "message"),
    [
        ({"code": "Bad Code"}, "code", "is not a code"),
        ({"name": ""}, "name", "is empty"),
        ({"name": {"de": "Regel"}}, "name", "pt_BR, en"),
        ({"scope": "lines"}, "scope", "did you mean 'line'?"),
        ({"event": "opened"}, "event", "'opened' does not exist"),
        ({"priority": 1001}, "priority", "from -1000 to 1000"),
        ({"valid_from": "20/11/2026"}, "valid_from", "2026-11-20"),
        ({"valid_from": "2026-02-30"}, "valid_from", "is not a day"),
        ({"valid_from": "2026-02-02", "valid_to": "2026-02-01"}, "valid_to", "before the first"),
        ({"enabled": "no"}, "enabled", "neither true nor false"),
        ({"prio": 3}, "", "'prio' is not known here"),
        (
            {"examples": [{"facts": {"item_knd": "book"}, "expect": []}]},
            "examples.0.facts",
            "'item_kind'",
        ),
        (
            {"examples": [{"facts": {"item_price": 3}, "expect": []}]},
            "examples.0.facts.item_price",
            "amount",
        ),
        (
            {"examples": [{"facts": {"item_price": None}, "expect": []}]},
            "examples.0.facts.item_price",
            "amount",
        ),
        (
            {"examples": [{"facts": {}, "expect": ["slip"]}]},
            "examples.0.expect.0",
            "'slip' does not exist",
        ),
        ({"examples": [{"facts": {}}]}, "examples.0.expect", "empty when the rule must not fire"),
        ({"examples": [1]}, "examples.0", "expected an example"),
    ],
)
def test_a_bad_rule_is_told_by_place_and_mend(change, path, message):
    ((found_path, found),) = problems(rule("a") | change)
    assert found_path == path
    assert message in found


def test_a_rule_for_the_whole_sale_may_not_look_at_or_act_on_a_line():
    raw = rule("a", TRUE, [{"do": "packing_slip"}], scope="sale")
    assert [path for path, _message in problems(raw)] == ["when.field", "then.0.do"]


def test_all_mistakes_are_told_at_once():
    raw = {
        "code": 1,
        "name": None,
        "when": {"all": [check("x", "y"), check("item_sku", "eq", 1)]},
        "then": 3,
    }
    paths = [path for path, _message in problems(raw)]
    assert paths == [
        "code",
        "name",
        "when.all.0.field",
        "when.all.0.op",
        "when.all.1.value",
        "then",
    ]


def test_the_limits_themselves_are_allowed():
    members = [check("item_sku", "in", ["x" * 200] * 500)] + [TRUE] * (MAX_NODES - 2)
    assert parse_rule(rule("a", {"all": members})).code == "a"
    assert parse_rule(rule("a", nested(MAX_DEPTH))).code == "a"
    highest = parse_rule(rule("a", check("item_price", "lte", "999999999999.99"))).when.value
    assert highest == Decimal("999999999999.99")


def bomb(width, levels):
    node = TRUE
    for _ in range(levels):
        node = {"all": [node] * width}
    return node


def endless():
    node = {"all": []}
    node["all"].append(node)
    return node


@pytest.mark.parametrize(
    "when",
    [
        nested(100_000),
        bomb(1000, 3),
        bomb(30, 6),
        endless(),
        {"all": [None] * 10**6},
        {f"key{number}": number for number in range(10**5)},
        check("x" * 10**6, "y" * 10**6, "z" * 10**6),
        check("item_sku", "in", [[]] * 10**6),
        check("item_quantity", "eq", -(10**100_000)),
        {"all": [{"a": 1, "b": 2}] * 59},
    ],
    ids=[
        "deep",
        "1e9 nodes",
        "deep and wide",
        "endless",
        "wide",
        "keys",
        "long words",
        "long list",
        "huge number",
        "many",
    ],
)
def test_a_hostile_condition_is_refused_at_once_and_briefly(when):
    with processor_seconds_below(1):
        found = problems(rule("a", when))
    assert 0 < len(found) <= MOST_PROBLEMS
    assert all(len(path) < 200 and len(message) < 500 for path, message in found)


@pytest.mark.parametrize("raw", [None, [], "rule", 3, float("inf"), {}, {1: 2}, {None: None}])
def test_what_is_no_rule_at_all_is_refused(raw):
    assert problems(raw)
