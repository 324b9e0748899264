"""What differs between two rule books, in the reader's language."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from flask_babel import gettext as _
from flask_babel import ngettext

from webapp.rules.core.changes import Change
from webapp.rules.core.conditions import Condition, FactCheck
from webapp.rules.core.rule import Rule
from webapp.rules.core.sentence import rule_name, sentence, skipped_names, value_text
from webapp.rules.core.written import WrittenRule
from webapp.rules.labels import EVENT_LABELS, SCOPE_LABELS, validity

Sentence = Callable[[Rule], str]


def change_words(change: Change) -> list[str]:
    """A phrase for each thing that differs."""

    def rule_of(code: str) -> Rule | None:
        other = change.others.get(code)
        return other.rule if other else None

    def sentence_of(rule: Rule) -> str:
        return sentence(rule, skipped_names(rule, rule_of))

    if change.kind == "moved":
        return [_place(change.follows)]
    if change.before is None:
        return _whole(change.rule, sentence_of)
    if change.after is None:
        return [sentence_of(change.rule)]
    return list(_differences(change.before.rule, change.after.rule, sentence_of))


def _whole(rule: Rule, sentence_of: Sentence) -> list[str]:
    words = [sentence_of(rule)]
    if rule.priority:
        words.append(_("Priority: %(priority)s", priority=rule.priority))
    if rule.valid_from or rule.valid_to:
        words.append(_("Validity: %(validity)s", validity=validity(rule)))
    if not rule.enabled:
        words.append(_("Disabled"))
    examples = len(rule.examples)
    words.append(
        ngettext("%(num)s example", "%(num)s examples", examples) if examples else _("no examples")
    )
    return words


def _differences(old: Rule, new: Rule, sentence_of: Sentence) -> Iterator[str]:
    if old.names != new.names:
        yield from _names(old, new)
    if old.enabled != new.enabled:
        yield _("Enabled") if new.enabled else _("Disabled")
    if (old.when, old.then, old.scope) != (new.when, new.then, new.scope):
        yield from _sentences(old, new, sentence_of)
    for label, was, now in (
        (_("Applies to"), SCOPE_LABELS[old.scope], SCOPE_LABELS[new.scope]),
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


def _sentences(old: Rule, new: Rule, sentence_of: Sentence) -> Iterator[str]:
    was, now = sentence_of(old), sentence_of(new)
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


def _listed(condition: Condition) -> Counter[str]:
    """The values of the condition's lists, as people write them."""
    if isinstance(condition, FactCheck):
        values = condition.value if condition.op.takes == "list" else ()
        return Counter(value_text(condition.field, value) for value in values)
    found: Counter[str] = Counter()
    for member in condition.members:
        found += _listed(member)
    return found


def _examples(old: Rule, new: Rule) -> Iterator[str]:
    gone = sum(1 for example in old.examples if example not in new.examples)
    come = sum(1 for example in new.examples if example not in old.examples)
    if come:
        yield ngettext("%(num)s example new", "%(num)s examples new", come)
    if gone:
        yield ngettext("%(num)s example gone", "%(num)s examples gone", gone)
    if not come and not gone:
        yield _("The same examples, arranged another way")


def _place(follows: WrittenRule | None) -> str:
    if follows is None:
        return _("It now runs before all others")
    return _("It now runs right after “%(rule)s”", rule=rule_name(follows.rule))
