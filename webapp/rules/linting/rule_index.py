"""Rules as lint compares them: each with its regions and days, filed by what they do and by the
values they need. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from functools import cached_property
from typing import Any

from flask_babel import get_locale

from webapp.rules.core.actions import SKIP_RULE, ActionUse
from webapp.rules.core.compiler import Key, necessities
from webapp.rules.core.conditions import FactCheck, Group
from webapp.rules.core.fields import FIELDS
from webapp.rules.core.operators import OPERATORS
from webapp.rules.core.rule import Rule
from webapp.rules.linting.dnf import Effort, Region

# What actions have in common that may stand in each other's way.
Likeness = tuple[Any, ...]


class LintRule:
    """An enabled rule, with the days from today on that it is in force."""

    def __init__(self, rule: Rule, today: date, effort: Effort):
        self.rule, self.effort = rule, effort
        self.code, self.priority, self.then = rule.code, rule.priority, rule.then
        self.first = max(rule.valid_from or today, today)
        self.last = rule.valid_to or date.max
        self.region = Region(rule.when, effort)
        self._acting: dict[tuple[str, ...], Region] = {(): self.region}

    def acting(self, use: ActionUse) -> Region:
        """Where the action does something: a commission needs somebody to be paid."""
        needs = use.action.needs(use.params)
        if needs not in self._acting:
            there = [FactCheck(FIELDS[key], OPERATORS["is_set"], None) for key in needs]
            self._acting[needs] = Region(Group("all", (self.rule.when, *there)), self.effort)
        return self._acting[needs]

    @property
    def is_over(self) -> bool:
        return self.last < self.first

    def outlasts(self, other: LintRule) -> bool:
        return self.first <= other.first and other.last <= self.last

    def overlaps(self, other: LintRule) -> bool:
        return self.first <= other.last and other.first <= self.last

    def skips(self, code: str) -> bool:
        return any(
            use.action is SKIP_RULE and code in use.params["codes"] for use in self.rule.then
        )

    @cached_property
    def needs(self) -> list[list[Key]]:
        return necessities(self.rule.when)

    @cached_property
    def bound(self) -> dict[str, set[Any]]:
        """Fields that only have one of these values where the rule holds."""
        return {
            keys[0][0]: {value for _field, value in keys}
            for keys in self.needs
            if len({field for field, _v in keys}) == 1
        }

    @property
    def name(self) -> str:
        return self.rule.name_in(str(get_locale() or "en"))


class RuleIndex:
    """Rules filed by the values they need, so that few are compared. An entry may come up more than
    once."""

    def __init__(self) -> None:
        self.anywhere: list[tuple[LintRule, ActionUse]] = []
        self.filed: dict[str, dict[object, list[tuple[LintRule, ActionUse]]]] = defaultdict(
            lambda: defaultdict(list)
        )

    def add(self, rule: LintRule, use: ActionUse) -> None:
        for field, value in rule.needs[0] if rule.needs else ():
            self.filed[field][value].append((rule, use))
        if not rule.needs:
            self.anywhere.append((rule, use))

    def at(self, facts: dict[str, object]) -> Iterator[tuple[LintRule, ActionUse]]:
        """Those that may hold on the facts."""
        yield from self.anywhere
        for field, by_value in self.filed.items():
            yield from by_value.get(facts[field], ())

    def beside(self, rule: LintRule) -> Iterator[tuple[LintRule, ActionUse]]:
        """Those that may hold where the rule does."""
        yield from self.anywhere
        for field, by_value in self.filed.items():
            bound = rule.bound.get(field)
            for value in by_value if bound is None else bound & by_value.keys():
                yield from by_value[value]


class Evaluated:
    """Rules evaluated so far, by what they do."""

    def __init__(self) -> None:
        self._alike: dict[Likeness, RuleIndex] = defaultdict(RuleIndex)
        self._first: dict[Likeness, dict[Likeness, RuleIndex]] = defaultdict(
            lambda: defaultdict(RuleIndex)
        )

    def add(self, rule: LintRule) -> None:
        for use in rule.then:
            likeness = _likeness(rule, use)
            self._alike[likeness].add(rule, use)
            if use.action.policy == "first":
                self._first[rule.priority, *likeness][_params(use)].add(rule, use)

    def doing(self, rule: LintRule, use: ActionUse) -> RuleIndex | None:
        """Those that do what `use` does."""
        return self._alike.get(_likeness(rule, use))

    def rivals(self, rule: LintRule, use: ActionUse) -> Iterator[tuple[LintRule, ActionUse]]:
        """Those of the same priority that may want something else in the place of `use`."""
        by_params = self._first.get((rule.priority, *_likeness(rule, use)), {})
        for params, index in by_params.items():
            if params != _params(use):
                yield from index.beside(rule)

    def ahead(self, rule: LintRule, use: ActionUse) -> Iterator[tuple[LintRule, ActionUse]]:
        """Those of a higher priority that may want something else in the place of `use`."""
        index = self.doing(rule, use)
        for rival, theirs in index.beside(rule) if index else ():
            if rival.priority > rule.priority and _params(theirs) != _params(use):
                yield rival, theirs


def _likeness(rule: LintRule, use: ActionUse) -> Likeness:
    """Actions that are not alike never stand in each other's way."""
    params = _params(use) if use.action.policy == "union" else ()
    return rule.rule.event, rule.rule.scope, use.action.key, *params


def _params(use: ActionUse) -> Likeness:
    return tuple(use.params.items())
