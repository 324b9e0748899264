"""What differs between two rule lists, rule by rule. Pure.

A rule is known by its code: under another one it is another rule.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from webapp.rules.core.merging import by_code, out_of_line
from webapp.rules.core.rule import Rule
from webapp.rules.core.written import WrittenRule

ByCode = Mapping[str, WrittenRule]


@dataclass(frozen=True, slots=True)
class Change:
    """kind added, removed, changed, or moved: as it was, but evaluated at another place among its
    equals
    before, after   the rule; None where there is none
    moves_money what decides differs in a rule that moves money before or after; a name or an
    example decides nothing
    follows      the rule evaluated right before a moved one now
    others       the rules of both lists, whose names are said of those that are skipped
    """

    code: str
    kind: str
    before: WrittenRule | None
    after: WrittenRule | None
    moves_money: bool
    follows: WrittenRule | None = None
    others: ByCode = field(default_factory=dict, compare=False, repr=False)

    @property
    def rule(self) -> Rule:
        """As it is now; as it was, where it is gone."""
        present = self.after or self.before
        assert present is not None
        return present.rule


def changes_between(before: Sequence[WrittenRule], after: Sequence[WrittenRule]) -> list[Change]:
    """Both lists are in the order of evaluation, as the answer is; removed ones come last."""
    olds, news = by_code(before), by_code(after)
    return [*_present(olds, news), *_removed(olds, news)]


def _present(olds: ByCode, news: ByCode) -> Iterator[Change]:
    moved, others = _moved(olds, news), {**olds, **news}
    follows: WrittenRule | None = None
    for code, new in news.items():
        old = olds.get(code)
        if old is None:
            yield Change(code, "added", None, new, new.rule.moves_money, others=others)
        elif old != new and old.rule != new.rule:
            yield Change(code, "changed", old, new, _decides_money(old, new), others=others)
        elif code in moved:
            yield Change(code, "moved", old, new, moved[code], follows)
        follows = new


def _removed(olds: ByCode, news: ByCode) -> Iterator[Change]:
    others = {**olds, **news}
    for code, old in olds.items():
        if code not in news:
            yield Change(code, "removed", old, None, old.rule.moves_money, others=others)


def _decides_money(old: WrittenRule, new: WrittenRule) -> bool:
    moves_money = old.rule.moves_money or new.rule.moves_money
    return moves_money and _deciding(old.rule) != _deciding(new.rule)


def _deciding(rule: Rule) -> tuple[Any, ...]:
    return (
        rule.scope,
        rule.event,
        rule.priority,
        rule.valid_from,
        rule.valid_to,
        rule.enabled,
        rule.when,
        rule.then,
    )


def _moved(olds: ByCode, news: ByCode) -> dict[str, bool]:
    """The fewest rules whose moving explains the new order, and whether it moves money: of two
    rules of the same priority that both move money, the first may win."""
    stayed = [code for code in news if code in olds and olds[code].priority == news[code].priority]
    rank = {code: place for place, code in enumerate(olds)}
    moved = dict.fromkeys(out_of_line(stayed, rank), False)
    if moved:
        # Of thousands of rules only those that differ are parsed: this is asked of their JSON.
        paying = [code for code in stayed if olds[code].moves_money or news[code].moves_money]
        moved |= dict.fromkeys(out_of_line(paying, rank), True)
    return moved
