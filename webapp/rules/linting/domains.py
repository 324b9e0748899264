"""The values a field may have, as one check sees them: exact sets that can be met, of a check and
of its opposite. Pure.

A domain is false when it is empty for certain. `weight` says how long it takes to meet, beyond the
usual.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from webapp.rules.core.conditions import FactCheck
from webapp.rules.core.fields import GOODS, KINDS, Field
from webapp.rules.core.operators import OPPOSITES

# Numbers are counted in their smallest unit; every one a fact can have is within the limit.
UNITS = {"money": 100, "percent": 100, "int": 1}
LIMIT = 10**15
# An address abroad may have a state that is on no list.
UNLISTED = "\x00unlisted"
BLANK = frozenset({None, ""})
# Values that are met in about the time of one box.
LIGHT = 32
NEGATIONS = ("ne", "not_in", "is_empty", "is_false")

Span = tuple[int, int]
Part = tuple[str, str]


@dataclass(frozen=True, slots=True)
class ChoiceDomain:
    """Of a field with listed choices, or of yes and no."""

    values: frozenset[Any]

    @property
    def weight(self) -> int:
        return 0

    def __bool__(self) -> bool:
        return bool(self.values)

    def meet(self, other: ChoiceDomain) -> ChoiceDomain:
        return ChoiceDomain(self.values & other.values)

    def pick(self, field: Field) -> Any:
        """One of its values, the sample's if that is among them. Raises LookupError where none can
        be written down."""
        known = sorted(self.values - {UNLISTED}, key=str)
        return field.sample if field.sample in known else known[0]


@dataclass(frozen=True, slots=True)
class NumberDomain:
    """`spans` rise, lie apart and include both ends; `null`: an empty fact belongs to it."""

    spans: tuple[Span, ...]
    null: bool = False

    def __bool__(self) -> bool:
        return self.null or bool(self.spans)

    @property
    def weight(self) -> int:
        return len(self.spans) // LIGHT

    def meet(self, other: NumberDomain) -> NumberDomain:
        mine, theirs, met = list(self.spans), list(other.spans), []
        while mine and theirs:
            (low, high), (start, end) = mine[-1], theirs[-1]
            if max(low, start) <= min(high, end):
                met.append((max(low, start), min(high, end)))
            (mine if low > start else theirs).pop()
        return NumberDomain(tuple(reversed(met)), self.null and other.null)

    def pick(self, field: Field) -> Any:
        if not self.spans:
            return None
        wanted = 0 if field.sample is None else int(field.sample * UNITS[field.type])
        low, high = min(self.spans, key=lambda span: max(span[0] - wanted, wanted - span[1], 0))
        number = min(max(wanted, low), high)
        return number if field.type == "int" else Decimal(number).scaleb(-2)


@dataclass(frozen=True, slots=True)
class TextDomain:
    """Those listed (`among`), or all but those listed, None being the empty fact.

    must, never  further parts of it, where not `among`: ("contains" or "starts_with", text)
    """

    listed: frozenset[Any]
    among: bool = False
    must: frozenset[Part] = frozenset()
    never: frozenset[Part] = frozenset()

    def __bool__(self) -> bool:
        if self.among:
            return bool(self.listed)
        return _one_beginning(self.must) and not any(
            _implies(part, barred) for part in self.must for barred in self.never
        )

    @property
    def weight(self) -> int:
        return (1 + len(self.listed)) * (1 + len(self.must) + len(self.never)) // LIGHT

    def meet(self, other: TextDomain) -> TextDomain:
        if not self.among and not other.among:
            return TextDomain(
                self.listed | other.listed, False, self.must | other.must, self.never | other.never
            )
        few, most = (self, other) if self.among else (other, self)
        return TextDomain(frozenset(value for value in few.listed if most.has(value)), True)

    def has(self, value: str | None) -> bool:
        fits = all(_is(value, part) for part in self.must) and not any(
            _is(value, part) for part in self.never
        )
        return fits and (value in self.listed) == self.among

    def pick(self, field: Field) -> Any:
        """Raises LookupError where no value comes to mind."""
        beginning = _longest_beginning(self.must)
        made = beginning + "".join(sorted(text for op, text in self.must if op == "contains"))
        tried = [field.sample, made, *(made + ending for ending in "~^_|"), None]
        if self.among:
            tried = sorted(self.listed, key=lambda value: (not value, str(value)))
        for value in tried:
            if self.has(value) and (value or field.nullable):
                return value
        raise LookupError(field.key)


Domain = ChoiceDomain | NumberDomain | TextDomain


def domain_of(check: FactCheck, negated: bool = False) -> tuple[str, Domain]:
    """The field and those of its values for which the check holds; with `negated`, those for which
    it does not."""
    field, op, value = check.field, check.op.key, check.asked
    if op in NEGATIONS:
        op, negated = OPPOSITES[op], not negated
    if field.type in UNITS:
        return field.key, _numbers(field, op, value, negated)
    if field.type == "text":
        return field.key, _texts(field, op, value, negated)
    chosen = {"eq": {value}, "is_true": {True}, "is_set": _all_choices(field) - {None}}.get(
        op, value
    )
    choices = _choices(field, frozenset(chosen), negated)
    # The kind decides what ships: both fields are told of in the same words.
    return (
        ("item_kind", _kinds_that_ship(choices))
        if field.key == "item_physical"
        else (field.key, choices)
    )


def _kinds_that_ship(choices: ChoiceDomain) -> ChoiceDomain:
    return ChoiceDomain(frozenset(kind for kind in KINDS if (kind in GOODS) in choices.values))


def _all_choices(field: Field) -> frozenset[Any]:
    if not field.choices:
        return frozenset({True, False})
    return frozenset({*field.choices, *((None, UNLISTED) if field.nullable else ())})


def _choices(field: Field, chosen: frozenset[Any], negated: bool) -> ChoiceDomain:
    return ChoiceDomain(_all_choices(field) - chosen if negated else chosen)


def _texts(field: Field, op: str, value: Any, negated: bool) -> TextDomain:
    if op in ("contains", "starts_with"):
        part = frozenset({(op, value)})
        found = TextDomain(frozenset(), never=part) if negated else TextDomain(BLANK, must=part)
    elif op == "is_set":
        found = TextDomain(BLANK, among=negated)
    else:
        found = TextDomain(frozenset(value if op == "in" else [value]), among=not negated)
    return found if field.nullable else found.meet(TextDomain(BLANK))


def _is(value: str | None, part: Part) -> bool:
    op, text = part
    return value is not None and (value.startswith(text) if op == "starts_with" else text in value)


def _implies(part: Part, other: Part) -> bool:
    """Whether whatever `part` is true of, `other` is true of too."""
    (op, text), (other_op, other_text) = part, other
    if other_op == "starts_with":
        return op == "starts_with" and text.startswith(other_text)
    return other_text in text


def _longest_beginning(must: frozenset[Part]) -> str:
    return max((text for op, text in must if op == "starts_with"), key=len, default="")


def _one_beginning(must: frozenset[Part]) -> bool:
    longest = _longest_beginning(must)
    return all(longest.startswith(text) for op, text in must if op == "starts_with")


# (the numbers of the check, the lowest and highest there are) -> spans
_SPANS: dict[str, Callable[[list[int], int, int], list[Span]]] = {
    "eq": lambda at, low, high: [(at[0], at[0])],
    "in": lambda at, low, high: [(number, number) for number in at],
    "gt": lambda at, low, high: [(at[0] + 1, high)],
    "gte": lambda at, low, high: [(at[0], high)],
    "lt": lambda at, low, high: [(low, at[0] - 1)],
    "lte": lambda at, low, high: [(low, at[0])],
    "between": lambda at, low, high: [(at[0], at[-1])],
    "is_set": lambda at, low, high: [(low, high)],
}


def _numbers(field: Field, op: str, value: Any, negated: bool) -> NumberDomain:
    unit = UNITS[field.type]
    low, high = (0, 100 * unit) if field.type == "percent" else (-LIMIT, LIMIT)
    values = value if isinstance(value, tuple) else () if value is None else (value,)
    spans = _SPANS[op](sorted({int(number * unit) for number in values}), low, high)
    if negated:
        return NumberDomain(tuple(_left_out(spans, low, high)), field.nullable)
    return NumberDomain(tuple((start, end) for start, end in spans if low <= start <= end <= high))


def _left_out(spans: list[Span], low: int, high: int) -> Iterator[Span]:
    for start, end in spans:
        if low < start:
            yield low, start - 1
        low = max(low, end + 1)
    if low <= high:
        yield low, high
