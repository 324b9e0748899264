"""A page of a rule set's list: of twenty thousand rules only those shown are put into words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flask import request
from flask_babel import gettext as _

from webapp.http.formatting import number_text, shop_day, with_query
from webapp.http.query import query_int, query_word
from webapp.platform.clock import utc_now
from webapp.platform.text import LONGEST, MOST_WORDS, fold, storable
from webapp.rules.core.actions import ACTIONS
from webapp.rules.core.conditions import Condition, FactCheck
from webapp.rules.core.rule import Rule
from webapp.rules.core.sentence import rule_name, sentence, skipped_names
from webapp.rules.labels import standing
from webapp.rules.queries import Firing, firings

ROWS = 50
MOST_NAMED = 20


@dataclass(frozen=True, slots=True)
class ListedRule:
    rule: Rule
    name: str
    sentence: str
    standing: tuple[str, str]
    firing: Firing | None


@dataclass(frozen=True, slots=True)
class RuleList:
    """`found` of the `total` rules fit the filters; `rows` are those of this page."""

    rows: list[ListedRule]
    found: int
    total: int
    number: int

    @property
    def text(self) -> str:
        first = (self.number - 1) * ROWS
        return _(
            "%(first)s to %(last)s of %(found)s, in the order in which they run",
            first=number_text(first + 1),
            last=number_text(first + len(self.rows)),
            found=number_text(self.found),
        )

    @property
    def prev_url(self) -> str | None:
        return with_query(page=self.number - 1, at=None) if self.number > 1 else None

    @property
    def next_url(self) -> str | None:
        return (
            with_query(page=self.number + 1, at=None) if self.number * ROWS < self.found else None
        )


def listing_of(rules: Sequence[Rule], on: dt.date) -> RuleList:
    """The page that the address asks for: ?q= text, ?action= one of ACTIONS, ?page= or ?at= a
    rule's code."""
    written, action = request.args.get("q", ""), query_action()
    fitting = [rule for rule in rules if fits(rule, written, action)]
    number = _page_number(fitting)
    shown = fitting[(number - 1) * ROWS : number * ROWS]
    rule_of = {rule.code: rule for rule in rules}.get
    fired = firings(shop_day(utc_now()), [rule.code for rule in shown])
    rows = [
        ListedRule(
            rule,
            rule_name(rule),
            sentence(rule, skipped_names(rule, rule_of)),
            standing(rule, on),
            fired.get(rule.code),
        )
        for rule in shown
    ]
    return RuleList(rows, len(fitting), len(rules), number)


def query_action() -> str:
    """The kind of action that rules are filtered by; empty for all."""
    return query_word("action", ACTIONS)


def _page_number(fitting: Sequence[Rule]) -> int:
    at = request.args.get("at")
    place = (
        next((place for place, rule in enumerate(fitting) if rule.code == at), None) if at else None
    )
    if place is not None:
        return place // ROWS + 1
    return min(query_int("page", 1, least=1), max(-(-len(fitting) // ROWS), 1))


def fits(rule: Rule, written: str, action: str = "") -> bool:
    """Every word stands in the rule's code, in one of its names, or in a value it asks for or
    gives."""
    if action and all(use.action.key != action for use in rule.then):
        return False
    words = fold(storable(written[:LONGEST])).split()[:MOST_WORDS]
    if not words:
        return True
    text = fold(" ".join((rule.code, *rule.names.values(), *_values(rule))))
    return all(word in text for word in words)


def _values(rule: Rule) -> Iterator[str]:
    yield from _asked_for(rule.when)
    for use in rule.then:
        for value in use.params.values():
            yield from map(str, value if isinstance(value, tuple) else (value,))


def _asked_for(condition: Condition) -> Iterator[str]:
    if isinstance(condition, FactCheck):
        yield from map(
            str, condition.value if isinstance(condition.value, tuple) else (condition.value,)
        )
    else:
        for member in condition.members:
            yield from _asked_for(member)


# What applies on a day


@dataclass(frozen=True, slots=True)
class Between:
    """Which rules make a difference between two days, by name, and how many they are."""

    begin: list[str]
    end: list[str]
    differ: list[str]

    def __bool__(self) -> bool:
        return bool(self.begin or self.end or self.differ)


def applying(rules: Sequence[Rule], on: dt.date) -> list[Rule]:
    return [rule for rule in rules if rule.enabled and rule.in_force(on)]


def between(now: Sequence[Rule], then: Sequence[Rule]) -> Between:
    """Of the rules that apply on two days: those that apply on the second alone, on the first
    alone, and on both, but say something else."""
    today, that_day = {rule.code: rule for rule in now}, {rule.code: rule for rule in then}
    return Between(
        [rule_name(rule) for code, rule in that_day.items() if code not in today],
        [rule_name(rule) for code, rule in today.items() if code not in that_day],
        [
            rule_name(rule)
            for code, rule in that_day.items()
            if code in today and today[code] != rule
        ],
    )
