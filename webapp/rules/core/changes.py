"""What differs between two rule sets, rule by rule and in the reader's language. Pure.

Sets are lists of JSON rules as published. A rule is known by its code: under another one it is
another rule.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from flask_babel import gettext as _
from flask_babel import ngettext

from webapp.rules.core.actions import ACTIONS
from webapp.rules.core.conditions import Check, Condition
from webapp.rules.core.rule import Rule, parse_rule
from webapp.rules.core.sentence import sentence, value_text
from webapp.rules.core.sets import heard, out_of_line, priority_of
from webapp.rules.labels import EVENT_LABELS, SCOPE_LABELS, rule_name, skipped_names, validity

Said = Callable[[Rule], str]


@dataclass(frozen=True, slots=True)
class Change:
    """kind added, removed, changed, or moved: as it was, but heard at another place among its
    equals before, after the JSON rule, and `old`, `new` the same typed; None where there is none
    moves_money what decides differs in a rule that moves money before or after; a name or an
    example decides nothing
    follows      the rule heard right before a moved one now
    others       the JSON rules of both sets by code, whose names are said of those that are skipped
    """

    code: str
    kind: str
    before: dict | None
    after: dict | None
    old: Rule | None
    new: Rule | None
    moves_money: bool
    follows: Rule | None = None
    others: Mapping[str, dict] = field(default_factory=dict, compare=False, repr=False)

    @property
    def name(self) -> str:
        return rule_name(self.new or self.old)

    @property
    def words(self) -> list[str]:
        """What differs, a phrase each. Worked out when asked for: a page shows some of
        thousands."""
        if self.kind == "moved":
            return [_place(self.follows)]
        if self.kind == "removed":
            return [self._said(self.old)]
        return (
            _whole(self.new, self._said)
            if self.kind == "added"
            else list(_words(self.old, self.new, self._said))
        )

    def _said(self, rule: Rule) -> str:
        return sentence(
            rule,
            skipped_names(
                rule, lambda code: parse_rule(self.others[code]) if code in self.others else None
            ),
        )


def changes_between(before: list[dict], after: list[dict]) -> list[Change]:
    """In the order in which the rules are heard; removed ones come last."""
    olds, news = _by_code(before), _by_code(after)
    moved, follows, others = (
        _moved(olds, news),
        dict(zip(list(news)[1:], news, strict=False)),
        olds | news,
    )
    found = []
    for code, new in news.items():
        change = _difference(code, olds.get(code), new, others)
        if change is None and code in moved:
            first, second = parse_rule(new), follows.get(code)
            change = Change(
                code,
                "moved",
                olds[code],
                new,
                first,
                first,
                moved[code],
                second and parse_rule(news[second]),
            )
        if change:
            found.append(change)
    return found + [
        _difference(code, old, None, others) for code, old in olds.items() if code not in news
    ]


def _by_code(rules: list[dict]) -> dict[str, dict]:
    return {raw["code"]: raw for raw in heard(rules)}


def _difference(
    code: str, before: dict | None, after: dict | None, others: Mapping[str, dict]
) -> Change | None:
    if before == after:
        return None
    old, new = before and parse_rule(before), after and parse_rule(after)
    if old is None or new is None:
        kind = "added" if new else "removed"
        return Change(code, kind, before, after, old, new, (old or new).moves_money, others=others)
    if old == new:
        return None
    moves_money = (old.moves_money or new.moves_money) and _deciding(old) != _deciding(new)
    return Change(code, "changed", before, after, old, new, moves_money, others=others)


def _deciding(rule: Rule) -> tuple:
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


# Words


def _whole(rule: Rule, said: Said) -> list[str]:
    words = [said(rule)]
    if rule.priority:
        words.append(_("Priority: %(priority)s", priority=rule.priority))
    if rule.valid_from or rule.valid_to:
        words.append(_("Validity: %(validity)s", validity=validity(rule)))
    if not rule.enabled:
        words.append(_("Switched off"))
    words.append(ngettext("%(num)s example", "%(num)s examples", len(rule.examples)))
    return words


def _words(old: Rule, new: Rule, said: Said) -> Iterator[str]:
    if old.names != new.names:
        yield from _names(old, new)
    if old.enabled != new.enabled:
        yield _("Switched on") if new.enabled else _("Switched off")
    if (old.when, old.then, old.scope) != (new.when, new.then, new.scope):
        yield from _sentences(old, new, said)
    for label, was, now in (
        (_("Looks at"), SCOPE_LABELS[old.scope], SCOPE_LABELS[new.scope]),
        (_("When"), EVENT_LABELS[old.event], EVENT_LABELS[new.event]),
        (_("Priority"), old.priority, new.priority),
        (_("Validity"), validity(old), validity(new)),
    ):
        if was != now:
            yield _("%(what)s: %(before)s → %(after)s", what=label, before=was, after=now)
    if old.examples != new.examples:
        yield from _examples(old, new)


def _names(old: Rule, new: Rule) -> Iterator[str]:
    if rule_name(old) != rule_name(new):
        yield _("Name: “%(before)s” → “%(after)s”", before=rule_name(old), after=rule_name(new))
    else:
        yield _("Its name in another language")


def _sentences(old: Rule, new: Rule, said: Said) -> Iterator[str]:
    was, now = said(old), said(new)
    if was != now:
        yield _("It said: %(sentence)s", sentence=was)
        yield _("It says: %(sentence)s", sentence=now)
    gone, come = _listed(old.when) - _listed(new.when), _listed(new.when) - _listed(old.when)
    # A sentence names the first few values of a long list only.
    if gone:
        yield _("No longer listed: %(values)s", values=", ".join(sorted(gone)))
    if come:
        yield _("Newly listed: %(values)s", values=", ".join(sorted(come)))
    if was == now and not gone and not come:
        yield _("Written another way; the sentence stays the same")


def _listed(condition: Condition) -> Counter:
    """The values of the condition's lists, as people write them."""
    if isinstance(condition, Check):
        values = condition.value if condition.op.takes == "list" else ()
        return Counter(value_text(condition.field, value) for value in values)
    return sum((_listed(member) for member in condition.members), Counter())


def _examples(old: Rule, new: Rule) -> Iterator[str]:
    gone = sum(1 for example in old.examples if example not in new.examples)
    come = sum(1 for example in new.examples if example not in old.examples)
    if come:
        yield ngettext("%(num)s example new", "%(num)s examples new", come)
    if gone:
        yield ngettext("%(num)s example gone", "%(num)s examples gone", gone)
    if not come and not gone:
        yield _("The same examples, arranged another way")


def _place(follows: Rule | None) -> str:
    if follows is None:
        return _("Heard before all others now")
    return _("Heard right after “%(rule)s” now", rule=rule_name(follows))


# Order


def _moved(olds: dict[str, dict], news: dict[str, dict]) -> dict[str, bool]:
    """The fewest rules whose moving explains the new order, and whether it moves money: of two
    rules of the same priority that both move money, the first may win."""
    stayed = [
        code for code in news if code in olds and priority_of(olds[code]) == priority_of(news[code])
    ]
    rank = {code: place for place, code in enumerate(olds)}
    moved = dict.fromkeys(out_of_line(stayed, rank), False)
    if moved:
        paying = [code for code in stayed if _pays(olds[code]) or _pays(news[code])]
        moved |= dict.fromkeys(out_of_line(paying, rank), True)
    return moved


def _pays(raw: dict) -> bool:
    """As `Rule.moves_money`, of JSON: of thousands of rules only those that differ are read."""
    return any(ACTIONS[use["do"]].moves_money for use in raw["then"])
