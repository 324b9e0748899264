"""Conditions -> closures, filed under a hash index, so that a sale wakes only the rules it may concern."""

from __future__ import annotations

from collections.abc import Iterable

from webapp.rules.conditions import Check, Condition
from webapp.rules.fields import FIELDS
from webapp.rules.operators import Facts, Test

Key = tuple[str, object]


def compile_condition(condition: Condition) -> Test:
    if isinstance(condition, Check):
        return condition.op.compile(condition.field.key, condition.value)
    tests = tuple(compile_condition(member) for member in condition.members)
    if condition.op == "not":
        return lambda facts, test=tests[0]: not test(facts)
    if len(tests) == 1:
        return tests[0]
    return _all(tests) if condition.op == "all" else _any(tests)


# Two members are by far the most common; a loop would cost them half their time.
def _all(tests: tuple[Test, ...]) -> Test:
    if len(tests) == 2:
        first, second = tests
        return lambda facts: first(facts) and second(facts)

    def test_all(facts):
        for test in tests:
            if not test(facts):
                return False
        return True

    return test_all


def _any(tests: tuple[Test, ...]) -> Test:
    if len(tests) == 2:
        first, second = tests
        return lambda facts: first(facts) or second(facts)

    def test_any(facts):
        for test in tests:
            if test(facts):
                return True
        return False

    return test_any


def necessities(condition: Condition) -> list[list[Key]]:
    """Lists of (field, value) pairs, the rarest list first: the condition can only hold if one pair of EACH list does."""
    if isinstance(condition, Check):
        keys = _check_keys(condition)
        return [keys] if keys else []
    if condition.op == "not":
        return []
    found = [necessities(member) for member in condition.members]
    if condition.op == "all":
        return sorted((keys for lists in found for keys in lists), key=_commonness)
    if not all(found):
        return []
    return [[key for lists in found for key in lists[0]]]


def _check_keys(check: Check) -> list[Key]:
    key = check.field.key
    match check.op.key:
        case "eq":
            return [(key, check.value)]
        case "in":
            return [(key, value) for value in check.value]
        case "is_true":
            return [(key, True)]
        case "is_false":
            return [(key, False)]
    return []


def _commonness(keys: list[Key]) -> float:
    return sum(1 / FIELDS[key].distinct for key, _value in keys)


class HashIndex:
    """Finds the conditions that hold without asking those that cannot.

    Each is filed under its rarest necessary values; where several meet, they are filed further, under their next
    rarest. A condition without any is always asked. `entries` are (rank, condition).
    """

    def __init__(self, entries: Iterable[tuple[int, Condition]]):
        self._root = _Node([(rank, compile_condition(condition), necessities(condition)) for rank, condition in entries])

    def hits(self, facts: Facts) -> list[int]:
        """The ranks of the conditions that hold, in ascending order."""
        found: list[int] = []
        self._root.collect(facts, found)
        # A rule filed under two fields (an "any") may be found twice.
        return sorted(set(found)) if len(found) > 1 else found


class _Node:
    __slots__ = ("_asked", "_filed")

    def __init__(self, entries: list[tuple[int, Test, list[list[Key]]]]):
        crowded = len(entries) > 1
        self._asked = [(rank, test) for rank, test, needs in entries if not (crowded and needs)]
        filed: dict[str, dict[object, list]] = {}
        for rank, test, needs in entries if crowded else ():
            for field, value in dict.fromkeys(needs[0]) if needs else ():
                filed.setdefault(field, {}).setdefault(value, []).append((rank, test, needs[1:]))
        self._filed = tuple(
            (field, {value: _Node(filed_here) for value, filed_here in by_value.items()})
            for field, by_value in filed.items()
        )

    def collect(self, facts: Facts, found: list[int]) -> None:
        for rank, test in self._asked:
            if test(facts):
                found.append(rank)
        for field, by_value in self._filed:
            node = by_value.get(facts[field])
            if node is not None:
                node.collect(facts, found)
