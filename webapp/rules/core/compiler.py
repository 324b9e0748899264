"""Conditions -> closures, filed under a hash index, so that a sale wakes only the rules it may
concern."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from webapp.rules.core.conditions import Condition, FactCheck, Group
from webapp.rules.core.fields import FIELDS, comparable
from webapp.rules.core.operators import Facts, Test

Key = tuple[str, Any]
# What a test asks: a field's check, or a group's kind and tests.
Asked = tuple[Any, ...]

# Lists within lists: a rule of three lists of 500 values would stand in 125 million places.
MOST_PLACES = 100


def compile_condition(condition: Condition, made: dict[Asked, Test] | None = None) -> Test:
    """`made` keeps tests by what they ask, so that conditions that ask alike share one: ten
    thousand rules then go through far less memory, which is what their matching waits for."""
    made = {} if made is None else made
    asked: Asked
    if isinstance(condition, FactCheck):
        asked = (condition.field.key, condition.op.key, condition.asked)
        if asked not in made:
            made[asked] = _check_test(condition)
        return made[asked]
    tests = tuple(compile_condition(member, made) for member in condition.members)
    asked = (condition.op, *tests)
    if asked not in made:
        made[asked] = _grouped(condition.op, tests)
    return made[asked]


def _check_test(check: FactCheck) -> Test:
    key, field = check.field.key, check.field
    test = check.op.compile(key, check.asked)
    if not field.folds:
        return test
    return lambda facts: test({key: field.comparable(facts[key])})


def _grouped(op: str, tests: tuple[Test, ...]) -> Test:
    if op == "not":
        test = tests[0]
        return lambda facts: not test(facts)
    return _all(tests) if op == "all" else _any(tests)


# Two members are by far the most common; a loop would cost them half their time.
def _all(tests: Sequence[Test]) -> Test:
    if len(tests) == 1:
        return tests[0]
    if len(tests) == 2:
        first, second = tests
        return lambda facts: first(facts) and second(facts)

    def test_all(facts: Facts) -> bool:
        for test in tests:
            if not test(facts):
                return False
        return True

    return test_all


def _any(tests: Sequence[Test]) -> Test:
    if len(tests) == 1:
        return tests[0]
    if len(tests) == 2:
        first, second = tests
        return lambda facts: first(facts) or second(facts)

    def test_any(facts: Facts) -> bool:
        for test in tests:
            if test(facts):
                return True
        return False

    return test_any


def necessities(condition: Condition) -> list[list[Key]]:
    """Lists of (field, value) pairs, the rarest list first: the condition can only hold if one pair
    of EACH list does."""
    if isinstance(condition, FactCheck):
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


def _check_keys(check: FactCheck) -> list[Key]:
    key = check.field.key
    asked = check.asked
    match check.op.key:
        case "eq":
            return [(key, asked)]
        case "in":
            return [(key, value) for value in asked]
        case "is_true":
            return [(key, True)]
        case "is_false":
            return [(key, False)]
    return []


def _commonness(keys: list[Key]) -> float:
    return sum(1 / FIELDS[key].distinct for key, _value in keys)


class _Entry:
    """A condition on its way into the index: the parts that name necessary values, rarest first,
    and the rest of it."""

    __slots__ = ("rank", "needs", "rest", "places", "_test")

    def __init__(
        self,
        rank: int,
        needs: list[tuple[list[Key], Condition]],
        rest: list[Condition],
        places: int = 1,
    ):
        self.rank, self.needs, self.rest, self.places = rank, needs, rest, places
        self._test: Test | None = None

    @classmethod
    def of(cls, rank: int, condition: Condition) -> _Entry:
        found = [(necessities(part), part) for part in _parts(condition)]
        needs = [(lists[0], part) for lists, part in found if lists]
        return cls(
            rank,
            sorted(needs, key=lambda need: _commonness(need[0])),
            [part for lists, part in found if not lists],
        )

    @property
    def fits_further(self) -> bool:
        return bool(self.needs) and (
            self.places == 1 or self.places * len(self.needs[0][0]) <= MOST_PLACES
        )

    def filed(self) -> tuple[Iterable[Key], _Entry]:
        """Its rarest values, and what is still to be asked once one of them was met."""
        keys, part = self.needs[0]
        rest = self.rest if _is_listing(part) else [*self.rest, part]
        return dict.fromkeys(keys), _Entry(self.rank, self.needs[1:], rest, self.places * len(keys))

    def test(self, made: dict[Asked, Test]) -> Test:
        # Looked up once for all the values it is filed under.
        if self._test is None:
            parts = [*(part for _keys, part in self.needs), *self.rest]
            self._test = compile_condition(Group("all", tuple(parts)), made) if parts else _always
        return self._test


def _parts(condition: Condition) -> list[Condition]:
    """All of which must hold."""
    if isinstance(condition, FactCheck) or condition.op != "all":
        return [condition]
    return [part for member in condition.members for part in _parts(member)]


def _is_listing(condition: Condition) -> bool:
    """Whether it asks for nothing but one of its necessary values."""
    if isinstance(condition, FactCheck):
        return bool(_check_keys(condition))
    return condition.op == "any" and all(_is_listing(member) for member in condition.members)


def _always(_facts: Facts) -> bool:
    return True


class HashIndex:
    """Finds the conditions that hold without asking those that cannot.

    Each is filed under its rarest necessary values, and what was met there is not asked again;
    where several meet, they are filed further, under their next rarest, within bounds. A condition
    without any is always asked. `entries` are (rank, condition).
    """

    def __init__(self, entries: Iterable[tuple[int, Condition]]):
        self._root = _Node([_Entry.of(rank, condition) for rank, condition in entries], {})

    def hits(self, facts: Facts) -> list[int]:
        """The ranks of the conditions that hold, in ascending order."""
        found: list[int] = []
        self._root.collect(comparable(facts), found)
        # A rule filed under two fields (an "any") may be found twice.
        return sorted(set(found)) if len(found) > 1 else found


class _Node:
    __slots__ = ("_asked", "_filed")

    def __init__(self, entries: list[_Entry], made: dict[Asked, Test]):
        crowded = len(entries) > 1
        self._asked = tuple(
            (entry.rank, entry.test(made))
            for entry in entries
            if not (crowded and entry.fits_further)
        )
        filed: dict[str, dict[object, list[_Entry]]] = {}
        for entry in entries:
            keys, left = entry.filed() if crowded and entry.fits_further else ((), entry)
            for field, value in keys:
                filed.setdefault(field, {}).setdefault(value, []).append(left)
        self._filed = tuple(
            (field, {value: _Node(filed_here, made) for value, filed_here in by_value.items()})
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
