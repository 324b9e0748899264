"""Where a condition can hold, as boxes: for each field it asks for, the values it may have. Pure.

A condition is rewritten as "in any of these boxes". Boxes may say too much (a condition of more
than MAX_BOXES has some part of it left out), never too little: no box means that nothing fits, for
certain; a box means something only once facts were found in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import islice, product

from webapp.rules.core.compiler import compile_condition
from webapp.rules.core.conditions import Check, Condition
from webapp.rules.core.fields import FIELDS, sample_facts
from webapp.rules.linting.domains import Domain, domain_of

MAX_BOXES = 64
MAX_TRIES = 20

Box = dict[str, Domain]


class TooMuch(Exception):
    """The effort allowed is spent."""


class Effort:
    """A bound on the work that rules of any kind can cause, in boxes looked at."""

    def __init__(self, most: int):
        self.left = most

    def spend(self, steps: int = 1) -> None:
        self.left -= steps
        if self.left < 0:
            raise TooMuch


class Region:
    """A condition with the boxes it lies in and those its opposite lies in, worked out when first
    asked for.

    Everything raises TooMuch once the effort is spent.
    """

    def __init__(self, condition: Condition, effort: Effort):
        self.condition, self.effort = condition, effort

    @cached_property
    def inside(self) -> list[Box]:
        return _boxes(self.condition, self.effort)

    @cached_property
    def outside(self) -> list[Box]:
        return _boxes(self.condition, self.effort, negated=True)

    @cached_property
    def holds(self):
        return compile_condition(self.condition)

    @cached_property
    def sample(self) -> dict[str, object] | None:
        return sample_of([self])

    def within(self, other: Region) -> bool:
        """True only if whatever fits this one fits the other, for certain."""
        return _nothing_in(self.inside, other.outside, self.effort)

    def meets(self, other: Region) -> bool:
        """False only if nothing fits both, for certain."""
        return not _nothing_in(self.inside, other.inside, self.effort)


def _nothing_in(some: list[Box], others: list[Box], effort: Effort) -> bool:
    return all(_meet(one, other, effort) is None for one, other in product(some, others))


def sample_of(
    regions: Sequence[Region], outside_of: Sequence[Region] = ()
) -> dict[str, object] | None:
    """Facts that for certain fit all `regions` and none of the others; None when there are none, or
    none come to mind."""
    corners = [*(region.inside for region in regions), *(region.outside for region in outside_of)]
    for box in islice(_meetings(corners, regions[0].effort), MAX_TRIES):
        facts = _facts_in(box)
        if (
            facts
            and all(each.holds(facts) for each in regions)
            and not any(each.holds(facts) for each in outside_of)
        ):
            return facts
    return None


def _boxes(condition: Condition, effort: Effort, negated: bool = False) -> list[Box]:
    if isinstance(condition, Check):
        key, domain = domain_of(condition, negated)
        effort.spend(1 + domain.weight)
        return [{key: domain}] if domain else []
    if condition.op == "not":
        return _boxes(condition.members[0], effort, not negated)
    parts = [_boxes(member, effort, negated) for member in condition.members]
    if (condition.op == "all") != negated:
        return _all_of(parts, effort)
    found = [box for part in parts for box in part]
    return found if len(found) <= MAX_BOXES else [{}]


def _all_of(parts: list[list[Box]], effort: Effort) -> list[Box]:
    found: list[Box] = [{}]
    for part in sorted(parts, key=len):
        if len(found) * len(part) <= MAX_BOXES:
            found = [
                met
                for one, other in product(found, part)
                if (met := _meet(one, other, effort)) is not None
            ]
    return found


def _meet(one: Box, other: Box, effort: Effort) -> Box | None:
    """Where both hold; None when nowhere."""
    effort.spend()
    met = dict(one)
    for key, domain in other.items():
        if key in met:
            effort.spend(met[key].weight + domain.weight)
            domain = met[key].meet(domain)
            if not domain:
                return None
        met[key] = domain
    return met


def _meetings(corners: list[list[Box]], effort: Effort) -> Iterator[Box]:
    """The boxes that lie in one of each list."""
    if not corners:
        yield {}
        return
    for within in _meetings(corners[1:], effort):
        for box in corners[0]:
            met = _meet(box, within, effort)
            if met is not None:
                yield met


def _facts_in(box: Box) -> dict[str, object] | None:
    try:
        return sample_facts({key: domain.pick(FIELDS[key]) for key, domain in box.items()})
    except LookupError:
        return None
