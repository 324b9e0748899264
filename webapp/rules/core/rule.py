"""A whole rule: JSON -> typed, with every mistake told by its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _

from webapp.rules.core.actions import ACTIONS, ActionUse, read_actions, read_code
from webapp.rules.core.conditions import Condition, ConditionReader
from webapp.rules.core.events import EVENTS, PAID
from webapp.rules.core.fields import FIELDS, read_bool, read_int, read_text
from webapp.rules.core.problems import Problems, RuleInvalid, ValueRefused, preview

# A rule as JSON has it.
RawRule = dict[str, Any]

SCOPES = ("line", "sale")
LANGUAGES = ("pt_BR", "en")
MAX_EXAMPLES = 50
MAX_PRIORITY = 1000

KEYS = (
    "code",
    "name",
    "scope",
    "event",
    "priority",
    "valid_from",
    "valid_to",
    "enabled",
    "when",
    "then",
    "examples",
)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Example:
    """Facts laid over the sample sale, and the kinds of effect expected of this rule alone."""

    facts: Mapping[str, Any]
    expect: frozenset[str]


@dataclass(frozen=True, slots=True)
class Rule:
    """`names` maps a language ("pt_BR", "en") to the rule's name; with one name for all languages
    the key is ""."""

    code: str
    names: Mapping[str, str]
    scope: str
    event: str
    priority: int
    valid_from: date | None
    valid_to: date | None
    enabled: bool
    when: Condition
    then: tuple[ActionUse, ...]
    examples: tuple[Example, ...]

    def name_in(self, language: str) -> str:
        return self.names.get(language) or next(iter(self.names.values()))

    def in_force(self, on: date) -> bool:
        """Both days of the validity count."""
        return (self.valid_from is None or self.valid_from <= on) and (
            self.valid_to is None or on <= self.valid_to
        )

    @property
    def moves_money(self) -> bool:
        return any(use.action.moves_money for use in self.then)


def parse_rule(raw: object) -> Rule:
    """Raises RuleInvalid with all problems found."""
    problems = Problems()
    rule = read_rule(raw, "", problems)
    if rule is None or problems.found:
        raise RuleInvalid(problems.found)
    return rule


def read_rule(raw: object, path: str, problems: Problems) -> Rule | None:
    """A rule to be thrown away where it added to `problems`; None where no rule can be made of it.
    `path` is the rule's place in a book, or empty."""
    if not isinstance(raw, dict):
        problems.add(path, _("expected a rule, not %(value)s", value=preview(raw)))
        return None
    problems.keys(raw, KEYS, path)
    reader = _RuleReader(raw, path, problems)
    scope = reader.option("scope", SCOPES, "line")
    event = reader.option("event", EVENTS, PAID)
    parts = dict(
        code=reader.value("code", read_code),
        names=reader.value("name", _read_names),
        scope=scope,
        event=event,
        priority=reader.value("priority", _read_priority, 0),
        valid_from=reader.value("valid_from", _read_day, None),
        valid_to=reader.last_day(),
        enabled=reader.value("enabled", read_bool, True),
        when=ConditionReader(problems, scope).read(raw.get("when"), f"{path}.when"),
        then=read_actions(raw.get("then"), f"{path}.then", scope, event, problems),
        examples=reader.examples(),
    )
    return Rule(**parts) if parts["when"] is not None else None


_REQUIRED = object()


class _RuleReader:
    def __init__(self, raw: RawRule, path: str, problems: Problems):
        self.raw, self.path, self.problems = raw, path, problems

    def value(self, key: str, read: Callable[[object], Any], default: object = _REQUIRED) -> Any:
        value = self.raw.get(key)
        if value is None and default is not _REQUIRED:
            return default
        try:
            return read(value)
        except ValueRefused as refused:
            self.problems.add(f"{self.path}.{key}", str(refused))
            return None

    def option(self, key: str, options: tuple[str, ...], default: str) -> str:
        chosen = self.problems.choose(
            {name: name for name in options}, self.raw.get(key, default), f"{self.path}.{key}"
        )
        return chosen or default

    def last_day(self) -> date | None:
        first = _day_or_none(self.raw.get("valid_from"))
        last: date | None = self.value("valid_to", _read_day, None)
        if first and last and last < first:
            self.problems.add(
                f"{self.path}.valid_to", _("the last day is before the first; swap them")
            )
        return last

    def examples(self) -> tuple[Example, ...]:
        raw = self.raw.get("examples", [])
        if not isinstance(raw, list) or len(raw) > MAX_EXAMPLES:
            self.problems.add(
                f"{self.path}.examples",
                _("expected a list of at most %(most)d examples", most=MAX_EXAMPLES),
            )
            return ()
        found = (
            self._example(node, f"{self.path}.examples.{place}") for place, node in enumerate(raw)
        )
        return tuple(example for example in found if example is not None)

    def _example(self, node: object, path: str) -> Example | None:
        if not isinstance(node, dict):
            self.problems.add(path, _("expected an example, not %(value)s", value=preview(node)))
            return None
        self.problems.keys(node, ("facts", "expect"), path)
        facts = read_facts(node.get("facts"), f"{path}.facts", self.problems)
        return Example(facts, self._expect(node.get("expect"), f"{path}.expect"))

    def _expect(self, raw: object, path: str) -> frozenset[str]:
        if not isinstance(raw, list) or len(raw) > len(ACTIONS):
            self.problems.add(
                path, _("expected a list of kinds of action; empty when the rule must not fire")
            )
            return frozenset()
        for place, kind in enumerate(raw):
            self.problems.choose(ACTIONS, kind, f"{path}.{place}")
        return frozenset(kind for kind in raw if isinstance(kind, str))


def read_facts(raw: object, path: str, problems: Problems) -> dict[str, Any]:
    """JSON facts by field -> typed; what is wrong with them is added to `problems`."""
    if not isinstance(raw, dict):
        problems.add(path, _("expected facts by field, not %(value)s", value=preview(raw)))
        return {}
    problems.keys(raw, FIELDS, path)
    facts: dict[str, Any] = {}
    for key in (key for key in FIELDS if key in raw):
        if raw[key] is None and FIELDS[key].nullable:
            facts[key] = None
            continue
        try:
            facts[key] = FIELDS[key].read(raw[key])
        except ValueRefused as refused:
            problems.add(f"{path}.{key}", str(refused))
    return facts


def _read_names(value: object) -> dict[str, str]:
    if isinstance(value, dict):
        if (
            not value
            or len(value) > len(LANGUAGES)
            or any(language not in LANGUAGES for language in value)
        ):
            raise ValueRefused(
                _(
                    "a name is text, or text by language: %(languages)s",
                    languages=", ".join(LANGUAGES),
                )
            )
        return {language: read_text(name) for language, name in value.items()}
    return {"": read_text(value)}


def _read_priority(value: object) -> int:
    priority = read_int(value)
    if abs(priority) > MAX_PRIORITY:
        raise ValueRefused(
            _("priority must be from %(least)d to %(most)d", least=-MAX_PRIORITY, most=MAX_PRIORITY)
        )
    return priority


def _day_or_none(value: object) -> date | None:
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def _read_day(value: object) -> date:
    day = _day_or_none(value)
    if day is None:
        raise ValueRefused(
            _("%(value)s is not a day; write it as 2026-11-20", value=preview(value))
        )
    return day
