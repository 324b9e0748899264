"""A rule book: the rules of a version or a draft in their order, each read once. Immutable; every
verb answers another book. Pure.

JSON becomes a book at a form, a call or a column, and a book becomes JSON there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from flask_babel import gettext as _

from webapp.rules.core.actions import SKIP_RULE
from webapp.rules.core.changes import Change, changes_between
from webapp.rules.core.fields import MAX_TEXT
from webapp.rules.core.merging import by_code, clashing, merged
from webapp.rules.core.problems import (
    Problems,
    RuleInvalid,
    RuleProblem,
    did_you_mean,
    preview,
)
from webapp.rules.core.rule import RawRule, Rule
from webapp.rules.core.written import WrittenRule

MAX_RULES = 20_000

_NUMBERED = re.compile(r"_\d{1,5}$")
# Room for "_20000" behind a code of at most 60 letters.
STEM = 54


class RuleBook:
    """`written` are the rules in the order they are written in; `in_order` and `rules`, the same
    parsed, in that of evaluation: by priority, the higher first, then as written."""

    def __init__(self, written: Iterable[WrittenRule] = ()):
        self.written = tuple(written)

    @classmethod
    def of(cls, raws: Sequence[RawRule], *known: RuleBook) -> RuleBook:
        """The book of rules that were checked before they were kept. Rules that are the same in one
        of the `known` books are taken from there, so that they are not parsed again."""
        return cls(next(_same(raw, known), None) or WrittenRule(raw) for raw in raws)

    @classmethod
    def read(cls, raws: object) -> RuleBook:
        """The book of anybody's JSON. Raises RuleInvalid with paths such as "3.when.value"."""
        if not isinstance(raws, list) or len(raws) > MAX_RULES:
            message = _(
                "expected a list of at most %(most)d rules, not %(value)s",
                most=MAX_RULES,
                value=preview(raws),
            )
            raise RuleInvalid([RuleProblem("", message)])
        book = cls(map(WrittenRule, raws))
        problems = book.problems()
        if problems:
            raise RuleInvalid(problems)
        return book

    def to_json(self) -> list[RawRule]:
        return [rule.raw for rule in self.written]

    # -- looking up -------------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self.written)

    def __iter__(self) -> Iterator[WrittenRule]:
        return iter(self.written)

    def __contains__(self, code: object) -> bool:
        return code in self._by_code

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RuleBook) and self.written == other.written

    def get(self, code: str) -> WrittenRule | None:
        return self._by_code.get(code)

    def rule(self, code: str) -> Rule | None:
        """Parsed."""
        found = self.get(code)
        return found.rule if found else None

    @cached_property
    def _by_code(self) -> dict[str, WrittenRule]:
        return by_code(self.written)

    @cached_property
    def in_order(self) -> tuple[WrittenRule, ...]:
        return tuple(sorted(self.written, key=lambda rule: -rule.priority))

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        return tuple(rule.rule for rule in self.in_order)

    def exceptions_to(self, code: str) -> list[WrittenRule]:
        """The rules that skip the one of that code."""
        return [rule for rule in self.written if code in rule.skipped_codes()]

    # -- checking ---------------------------------------------------------------------------------

    def problems(self) -> list[RuleProblem]:
        """What keeps the rules from being used together, by place as written ("3.when.value")."""
        problems = Problems()
        for place, rule in enumerate(self.written):
            for path, message in rule.problems:
                problems.add(f"{place}.{path}".rstrip("."), message)
            if problems.full:
                break
        if not problems.found:
            place_of = {id(rule): str(place) for place, rule in enumerate(self.written)}
            check_codes([(place_of[id(rule)], rule.rule) for rule in self.in_order], problems)
        return problems.found

    # -- changing ---------------------------------------------------------------------------------

    def with_rule(self, rule: WrittenRule, instead_of: str | None = None) -> RuleBook:
        """The rule in the place of the one coded `instead_of`, or behind all others."""
        if instead_of is None:
            return RuleBook([*self.written, rule])
        return RuleBook(rule if known.code == instead_of else known for known in self.written)

    def without(self, code: str) -> RuleBook:
        return RuleBook(rule for rule in self.written if rule.code != code)

    def switched(self, code: str, enabled: bool) -> RuleBook:
        present = self._by_code[code]
        if present.enabled is enabled:
            return self
        return self.with_rule(present.changed(enabled=enabled), code)

    def moved(self, code: str, up: bool) -> RuleBook:
        """The rule evaluated one step earlier or later: at its neighbour's place, with its
        neighbour's priority."""
        order = self.in_order
        at = [rule.code for rule in order].index(code)
        to = at - 1 if up else at + 1
        if not 0 <= to < len(order):
            return self
        rule, neighbour = order[at], order[to]
        if rule.priority != neighbour.priority:
            rule = rule.changed(priority=neighbour.priority)
        left = [known for known in self.written if known.code != code]
        place = [known.code for known in left].index(neighbour.code)
        left.insert(place if up else place + 1, rule)
        return RuleBook(left)

    def duplicated(self, code: str) -> RuleBook:
        """With a copy right behind the rule, switched off until somebody looked at it."""
        stem, number = _NUMBERED.sub("", code)[:STEM], 2
        while f"{stem}_{number}" in self:
            number += 1
        rule = self._by_code[code]
        copy = rule.changed(
            code=f"{stem}_{number}", name=_numbered(rule.raw["name"], number), enabled=False
        )
        place = list(self._by_code).index(code) + 1
        return RuleBook([*self.written[:place], copy, *self.written[place:]])

    def rebased_onto(self, theirs: RuleBook, base: RuleBook) -> RuleBook:
        """`theirs`, with what this book changed of `base`: where both changed a rule, it is as
        here."""
        return RuleBook(merged(base.written, self.written, theirs.written))

    def clashes(self, theirs: RuleBook, base: RuleBook) -> set[str]:
        """The codes of the rules of `base` that this book and `theirs` changed, each in another
        way."""
        return clashing(base.written, self.written, theirs.written)

    def diff(self, other: RuleBook) -> list[Change]:
        """What `other` has otherwise, in its order of evaluation; removed rules come last."""
        return changes_between(self.in_order, other.in_order)


def _same(raw: RawRule, known: Iterable[RuleBook]) -> Iterator[WrittenRule]:
    for book in known:
        rule = book.get(raw["code"])
        if rule is not None and rule.raw == raw:
            yield rule


def _numbered(name: str | dict[str, str], number: int) -> str | dict[str, str]:
    if isinstance(name, dict):
        return {language: _numbered_text(text, number) for language, text in name.items()}
    return _numbered_text(name, number)


def _numbered_text(name: str, number: int) -> str:
    mark = f" ({number})"
    return name[: MAX_TEXT - len(mark)] + mark


def check_codes(placed: Sequence[tuple[str, Rule]], problems: Problems) -> None:
    """Codes are used once, and a rule only skips rules behind it. `placed` are (what paths begin
    with, rule) in the order of evaluation."""
    known: dict[str, Rule] = {}
    for place, rule in placed:
        if rule.code in known:
            problems.add(
                f"{place}.code", _("another rule has the code '%(code)s' already", code=rule.code)
            )
        known[rule.code] = rule
    before: set[str] = set()
    for place, rule in placed:
        before.add(rule.code)
        for number, use in enumerate(rule.then):
            for code in use.params["codes"] if use.action is SKIP_RULE else ():
                # A hostile rule must not buy a thousand searches for what may have been meant.
                refusal = "" if problems.full else _skip_refused(rule, code, known, before)
                if refusal:
                    problems.add(f"{place}.then.{number}.codes", refusal)


def _skip_refused(rule: Rule, code: str, known: dict[str, Rule], before: set[str]) -> str:
    """Why `rule` cannot skip the rule of that code; empty when it can."""
    if code not in known:
        return _(
            "rule '%(code)s' does not exist%(hint)s", code=code, hint=did_you_mean(code, known)
        )
    if code in before:
        return _("rule '%(code)s' comes before this one; raise this rule's priority", code=code)
    if rule.event != known[code].event:
        return _("rule '%(code)s' hears something else; it is never there to skip", code=code)
    if rule.scope == "line" and known[code].scope == "sale":
        return _("rule '%(code)s' looks at the whole sale; so must a rule that skips it", code=code)
    return ""
