"""How two rule lists that began from the same one become one. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence

from webapp.rules.core.written import WrittenRule

Written = Sequence[WrittenRule]


def merged(base: Written, ours: Written, theirs: Written) -> list[WrittenRule]:
    """`theirs`, with what differs between `base` and `ours`: where both changed a rule, it is as in
    `ours`."""
    known, own, found = by_code(base), by_code(ours), by_code(theirs)
    gone = known.keys() - own.keys()
    changed = {code for code, rule in own.items() if rule != known.get(code)}
    result = [
        own[code] if code in changed else rule for code, rule in found.items() if code not in gone
    ]
    present = {rule.code for rule in result}
    rank = {code: place for place, code in enumerate(known)}
    moved = {*out_of_line([code for code in own if code in known], rank)} & present
    return _placed(result, ours, moved | (changed - present))


def clashing(base: Written, ours: Written, theirs: Written) -> set[str]:
    """The codes of the rules that both changed, each in another way."""
    known, own, found = by_code(base), by_code(ours), by_code(theirs)
    return {
        code
        for code in {*own, *found}
        if own.get(code) != known.get(code) != found.get(code) and own.get(code) != found.get(code)
    }


def by_code(rules: Written) -> dict[str, WrittenRule]:
    return {rule.code: rule for rule in rules}


def _placed(rules: Written, ours: Written, codes: Collection[str]) -> list[WrittenRule]:
    """The rules of `codes` go behind the one that is before them in `ours`."""
    known = by_code(rules)
    result = [rule for rule in rules if rule.code not in codes]
    placed, last = {rule.code for rule in result}, None
    for rule in ours:
        if rule.code in codes:
            place = next((at + 1 for at, other in enumerate(result) if other.code == last), 0)
            result.insert(place, known.get(rule.code, rule))
            placed.add(rule.code)
        if rule.code in placed:
            last = rule.code
    return result


def out_of_line(codes: Sequence[str], rank: Mapping[str, int]) -> list[str]:
    """Those outside the longest run that is still in ascending order of `rank`: what must have been
    moved."""
    ends: list[int] = []
    tails: list[str] = []
    before: dict[str, str | None] = {}
    for code in codes:
        at = bisect_left(ends, rank[code])
        ends[at : at + 1] = [rank[code]]
        tails[at : at + 1] = [code]
        before[code] = tails[at - 1] if at else None
    stayed: set[str] = set()
    last = tails[-1] if tails else None
    while last is not None:
        stayed.add(last)
        last = before[last]
    return [code for code in codes if code not in stayed]
