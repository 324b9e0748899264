"""What a condition may ask of a field. An operator is one declaration in OPERATORS.

An empty fact (None) is not equal to anything, not in any list, and neither above nor below
anything. Text is compared exactly, capital letters and accents included; only a SKU may be written
in either case.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l

from webapp.rules.core.fields import Field

Facts = Mapping[str, Any]
Test = Callable[[Facts], bool]

NUMBERS = frozenset({"money", "int", "percent"})
LISTED = frozenset({"text", "choice", "int"})
TEXT = frozenset({"text"})
BOOL = frozenset({"bool"})
ANY = NUMBERS | LISTED | BOOL


@dataclass(frozen=True)
class Operator:
    """phrase how a sentence says it, naming field and value, or low and high; where it takes none,
    the field has its own words
    takes   "none", "one", "list" or "pair" of values
    compile (key, value) -> the test of one fact
    """

    key: str
    label: str
    phrase: str
    types: frozenset[str]
    takes: str
    compile: Callable[[str, Any], Test]

    @property
    def names_values(self) -> bool:
        """Its values are whole ones, as a SKU is, not parts of text or limits."""
        return self.key in ("eq", "ne", "in", "not_in")


def _equal(key: str, value: Any) -> Test:
    return lambda facts: facts[key] == value


def _not_equal(key: str, value: Any) -> Test:
    return lambda facts: facts[key] != value


def _in(key: str, values: Any) -> Test:
    members = frozenset(values)
    return lambda facts: facts[key] in members


def _not_in(key: str, values: Any) -> Test:
    members = frozenset(values)
    return lambda facts: facts[key] not in members


def _above(key: str, value: Any) -> Test:
    return lambda facts: (fact := facts[key]) is not None and fact > value


def _at_least(key: str, value: Any) -> Test:
    return lambda facts: (fact := facts[key]) is not None and fact >= value


def _below(key: str, value: Any) -> Test:
    return lambda facts: (fact := facts[key]) is not None and fact < value


def _at_most(key: str, value: Any) -> Test:
    return lambda facts: (fact := facts[key]) is not None and fact <= value


def _between(key: str, pair: Any) -> Test:
    low, high = pair
    return lambda facts: facts[key] is not None and low <= facts[key] <= high


def _contains(key: str, value: Any) -> Test:
    return lambda facts: facts[key] is not None and value in facts[key]


def _starts_with(key: str, value: Any) -> Test:
    return lambda facts: facts[key] is not None and facts[key].startswith(value)


def _is_set(key: str, _value: Any) -> Test:
    return lambda facts: facts[key] is not None and facts[key] != ""


def _is_empty(key: str, _value: Any) -> Test:
    return lambda facts: facts[key] is None or facts[key] == ""


def _is_true(key: str, _value: Any) -> Test:
    return lambda facts: facts[key] is True


def _is_false(key: str, _value: Any) -> Test:
    return lambda facts: facts[key] is False


OPERATORS = {
    op.key: op
    for op in (
        Operator("eq", _l("is"), _l("%(field)s is %(value)s"), ANY, "one", _equal),
        Operator("ne", _l("is not"), _l("%(field)s is not %(value)s"), ANY, "one", _not_equal),
        Operator("in", _l("is one of"), _l("%(field)s is %(value)s"), LISTED, "list", _in),
        Operator(
            "not_in",
            _l("is none of"),
            _l("%(field)s is neither %(value)s"),
            LISTED,
            "list",
            _not_in,
        ),
        Operator("gt", _l("is above"), _l("%(field)s is above %(value)s"), NUMBERS, "one", _above),
        Operator(
            "gte",
            _l("is at least"),
            _l("%(field)s is at least %(value)s"),
            NUMBERS,
            "one",
            _at_least,
        ),
        Operator("lt", _l("is below"), _l("%(field)s is below %(value)s"), NUMBERS, "one", _below),
        Operator(
            "lte", _l("is at most"), _l("%(field)s is at most %(value)s"), NUMBERS, "one", _at_most
        ),
        Operator(
            "between",
            _l("is between"),
            _l("%(field)s is between %(low)s and %(high)s"),
            NUMBERS,
            "pair",
            _between,
        ),
        Operator(
            "contains", _l("contains"), _l("%(field)s contains %(value)s"), TEXT, "one", _contains
        ),
        Operator(
            "starts_with",
            _l("starts with"),
            _l("%(field)s starts with %(value)s"),
            TEXT,
            "one",
            _starts_with,
        ),
        Operator("is_set", _l("is filled in"), "", ANY, "none", _is_set),
        Operator("is_empty", _l("is empty"), "", ANY, "none", _is_empty),
        Operator("is_true", _l("yes"), "", BOOL, "none", _is_true),
        Operator("is_false", _l("no"), "", BOOL, "none", _is_false),
    )
}


# What asks for exactly the other facts.
OPPOSITES = {"ne": "eq", "not_in": "in", "is_empty": "is_set", "is_false": "is_true"}
OPPOSITES |= {asked: negation for negation, asked in OPPOSITES.items()}


def operators_for(field: Field) -> list[Operator]:
    """The operators that make sense for a field, in the order an editor offers them."""
    if field.type == "bool":
        return [OPERATORS["is_true"], OPERATORS["is_false"]]
    emptiness = () if field.nullable else ("is_set", "is_empty")
    return [op for op in OPERATORS.values() if field.type in op.types and op.key not in emptiness]
