"""Where a condition can hold, in disjunctive normal form: any of these conjunctions, each of which
says for every field it asks for what values the field may have. Pure.

Conjunctions may say too much (a condition of more than MAX_CONJUNCTIONS has some part of it left
out), never too little: no conjunction means that nothing fits, for certain; a conjunction means
something only once facts were found that fit it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import islice, product
from typing import Any

from webapp.rules.core.compiler import compile_condition
from webapp.rules.core.conditions import Condition, FactCheck
from webapp.rules.core.fields import FIELDS, sample_facts
from webapp.rules.core.operators import Test
from webapp.rules.linting.domains import Domain, domain_of

MAX_CONJUNCTIONS = 64
MAX_TRIES = 20

Conjunction = dict[str, Domain]


class TooMuch(Exception):
    """The effort allowed is spent."""


class Effort:
    """A bound on the work that rules of any kind can cause, in conjunctions looked at."""

    def __init__(self, most: int):
        self.left = most

    def spend(self, steps: int = 1) -> None:
        self.left -= steps
        if self.left < 0:
            raise TooMuch


class Region:
    """A condition and its opposite in disjunctive normal form, worked out when first asked for.

    Everything raises TooMuch once the effort is spent.
    """

    def __init__(self, condition: Condition, effort: Effort):
        self.condition, self.effort = condition, effort

    @cached_property
    def dnf(self) -> list[Conjunction]:
        return _dnf_of(self.condition, self.effort)

    @cached_property
    def negated_dnf(self) -> list[Conjunction]:
        return _dnf_of(self.condition, self.effort, negated=True)

    @cached_property
    def holds(self) -> Test:
        return compile_condition(self.condition)

    @cached_property
    def sample(self) -> dict[str, object] | None:
        return sample_of([self])

    def within(self, other: Region) -> bool:
        """True only if whatever fits this one fits the other, for certain."""
        return _nothing_in(self.dnf, other.negated_dnf, self.effort)

    def meets(self, other: Region) -> bool:
        """False only if nothing fits both, for certain."""
        return not _nothing_in(self.dnf, other.dnf, self.effort)


def _nothing_in(some: list[Conjunction], others: list[Conjunction], effort: Effort) -> bool:
    return all(_meet(mine, other, effort) is None for mine, other in product(some, others))


def sample_of(
    regions: Sequence[Region], outside_of: Sequence[Region] = ()
) -> dict[str, object] | None:
    """Facts that for certain fit all `regions` and none of the others; None when there are none, or
    none come to mind."""
    forms = [*(region.dnf for region in regions), *(region.negated_dnf for region in outside_of)]
    for conjunction in islice(_meetings(forms, regions[0].effort), MAX_TRIES):
        facts = _facts_in(conjunction)
        if (
            facts
            and all(region.holds(facts) for region in regions)
            and not any(region.holds(facts) for region in outside_of)
        ):
            return facts
    return None


def _dnf_of(condition: Condition, effort: Effort, negated: bool = False) -> list[Conjunction]:
    if isinstance(condition, FactCheck):
        key, domain = domain_of(condition, negated)
        effort.spend(1 + domain.weight)
        return [{key: domain}] if domain else []
    if condition.op == "not":
        return _dnf_of(condition.members[0], effort, not negated)
    parts = [_dnf_of(member, effort, negated) for member in condition.members]
    if (condition.op == "all") != negated:
        return _all_of(parts, effort)
    found = [conjunction for part in parts for conjunction in part]
    return found if len(found) <= MAX_CONJUNCTIONS else [{}]


def _all_of(parts: list[list[Conjunction]], effort: Effort) -> list[Conjunction]:
    found: list[Conjunction] = [{}]
    for part in sorted(parts, key=len):
        if len(found) * len(part) <= MAX_CONJUNCTIONS:
            found = [
                met
                for mine, other in product(found, part)
                if (met := _meet(mine, other, effort)) is not None
            ]
    return found


def _meet(mine: Conjunction, other: Conjunction, effort: Effort) -> Conjunction | None:
    """Where both hold; None when nowhere."""
    effort.spend()
    met = dict(mine)
    for key, domain in other.items():
        if key in met:
            # Domains of one field are of one kind.
            known: Any = met[key]
            effort.spend(known.weight + domain.weight)
            domain = known.meet(domain)
            if not domain:
                return None
        met[key] = domain
    return met


def _meetings(forms: list[list[Conjunction]], effort: Effort) -> Iterator[Conjunction]:
    """The conjunctions that lie in one of each list."""
    if not forms:
        yield {}
        return
    for within in _meetings(forms[1:], effort):
        for conjunction in forms[0]:
            met = _meet(conjunction, within, effort)
            if met is not None:
                yield met


def _facts_in(conjunction: Conjunction) -> dict[str, object] | None:
    try:
        return sample_facts({key: domain.pick(FIELDS[key]) for key, domain in conjunction.items()})
    except LookupError:
        return None
