"""One rule as a rule book holds it: the JSON it is written in, and what that says. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

from webapp.rules.core.actions import ACTIONS, SKIP_RULE
from webapp.rules.core.problems import RuleInvalid, RuleProblem
from webapp.rules.core.rule import RawRule, Rule, parse_rule


def fingerprint(raw: RawRule) -> str:
    """What a form remembers of the rule that it shows; the same for the same JSON."""
    return hashlib.sha256(json.dumps(raw, sort_keys=True).encode()).hexdigest()


class WrittenRule:
    """`raw` is never changed. All but `rule` and `problems` is read from it without checking the
    whole, so that of thousands of rules only those looked at are parsed; `raw` must be right for
    it."""

    __slots__ = ("_fingerprint", "_rule", "raw")

    def __init__(self, raw: RawRule, rule: Rule | None = None):
        self.raw = raw
        self._rule = rule
        self._fingerprint: str | None = None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, WrittenRule):
            return NotImplemented
        return self is other or self.raw == other.raw

    def __repr__(self) -> str:
        return f"WrittenRule({self.raw!r})"

    @property
    def rule(self) -> Rule:
        """Parsed once. Raises RuleInvalid."""
        if self._rule is None:
            self._rule = parse_rule(self.raw)
        return self._rule

    @property
    def problems(self) -> tuple[RuleProblem, ...]:
        try:
            _rule = self.rule
        except RuleInvalid as invalid:
            return invalid.problems
        return ()

    @property
    def fingerprint(self) -> str:
        if self._fingerprint is None:
            self._fingerprint = fingerprint(self.raw)
        return self._fingerprint

    @property
    def code(self) -> str:
        code: str = self.raw["code"]
        return code

    @property
    def priority(self) -> int:
        return int(self.raw.get("priority") or 0)

    @property
    def scope(self) -> str:
        scope: str = self.raw.get("scope", "line")
        return scope

    @property
    def enabled(self) -> bool:
        return self.raw.get("enabled") is not False

    @property
    def moves_money(self) -> bool:
        return any(ACTIONS[use["do"]].moves_money for use in self.raw["then"])

    def skipped_codes(self) -> Iterator[str]:
        """The codes of the rules to which this one is an exception."""
        for use in self.raw["then"]:
            if use["do"] == SKIP_RULE.key:
                yield from use["codes"]

    def changed(self, **values: object) -> WrittenRule:
        return WrittenRule({**self.raw, **values})
