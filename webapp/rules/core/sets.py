"""Rule sets as lists of JSON rules: how one becomes another. Pure; what is wrong with the result,
`parse_rules` says."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence

from webapp.rules.core.fields import MAX_TEXT

_NUMBERED = re.compile(r"_\d{1,5}$")
# Room for "_20000" behind a code of at most 60 letters.
STEM = 54


def priority_of(raw: Mapping) -> int:
    return int(raw.get("priority") or 0)


def heard(rules: Sequence[dict]) -> list[dict]:
    """In the order in which they are heard: by priority, the higher first, then by their place."""
    return sorted(rules, key=lambda raw: -priority_of(raw))


def stepped(rules: list[dict], code: str, up: bool) -> list[dict]:
    """The rule of that code heard one step earlier or later: at its neighbour's place, with its
    neighbour's priority."""
    order = heard(rules)
    at = [raw["code"] for raw in order].index(code)
    to = at - 1 if up else at + 1
    if not 0 <= to < len(order):
        return rules
    rule, neighbour = order[at], order[to]
    if priority_of(rule) != priority_of(neighbour):
        rule = rule | {"priority": priority_of(neighbour)}
    left = [raw for raw in rules if raw["code"] != code]
    place = left.index(neighbour)
    return _inserted(left, place if up else place + 1, rule)


def doubled(rules: list[dict], code: str) -> list[dict]:
    """With a copy right behind the rule of that code, switched off until somebody looked at it."""
    codes = [raw["code"] for raw in rules]
    stem, number = _NUMBERED.sub("", code)[:STEM], 2
    while f"{stem}_{number}" in codes:
        number += 1
    at = codes.index(code)
    name = rules[at]["name"]
    names = (
        {language: _numbered(text, number) for language, text in name.items()}
        if isinstance(name, dict)
        else None
    )
    copy = rules[at] | {
        "code": f"{stem}_{number}",
        "name": names or _numbered(name, number),
        "enabled": False,
    }
    return _inserted(rules, at + 1, copy)


def _numbered(name: str, number: int) -> str:
    mark = f" ({number})"
    return name[: MAX_TEXT - len(mark)] + mark


def _inserted(rules: list[dict], place: int, rule: dict) -> list[dict]:
    return [*rules[:place], rule, *rules[place:]]


def laid_over(base: list[dict], ours: list[dict], theirs: list[dict]) -> list[dict]:
    """`theirs`, with what differs between `base` and `ours`: where both changed a rule, it is as in
    `ours`."""
    known, kept = _by_code(base), _by_code(ours)
    gone = known.keys() - kept.keys()
    changed = {code for code, raw in kept.items() if raw != known.get(code)}
    result = [
        kept[code] if (code := raw["code"]) in changed else raw
        for raw in theirs
        if raw["code"] not in gone
    ]
    rank = {code: place for place, code in enumerate(known)}
    placed = {*out_of_line([code for code in kept if code in known], rank)} & _by_code(
        result
    ).keys()
    return _placed(result, ours, placed | (changed - _by_code(result).keys()))


def clashes(base: list[dict], ours: list[dict], theirs: list[dict]) -> set[str]:
    """The codes of the rules that both changed, each in another way."""
    known, kept, found = _by_code(base), _by_code(ours), _by_code(theirs)
    return {
        code
        for code in {*kept, *found}
        if kept.get(code) != known.get(code) != found.get(code)
        and kept.get(code) != found.get(code)
    }


def _by_code(rules: Sequence[dict]) -> dict[str, dict]:
    return {raw["code"]: raw for raw in rules}


def _placed(rules: list[dict], ours: list[dict], codes: Collection[str]) -> list[dict]:
    """The rules of `codes` go behind the one that is before them in `ours`."""
    result = [raw for raw in rules if raw["code"] not in codes]
    there, last = {raw["code"] for raw in result}, None
    for raw in ours:
        code = raw["code"]
        if code in codes:
            place = next((at + 1 for at, each in enumerate(result) if each["code"] == last), 0)
            result.insert(place, raw if code not in _by_code(rules) else _by_code(rules)[code])
            there.add(code)
        if code in there:
            last = code
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
    kept, code = set(), tails[-1] if tails else None
    while code is not None:
        kept.add(code)
        code = before[code]
    return [code for code in codes if code not in kept]
