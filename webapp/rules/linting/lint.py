"""What is odd about rules that are right as such, in words. Pure: what exists is told by
`References`.

Of conditions only what is certain is said: `Region` never takes a rule for narrower than it is, and
that two rules compete is said of facts that were found and tried.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations

from flask_babel import gettext as _

from webapp.rules.core.actions import SKIP_RULE, ActionUse
from webapp.rules.core.conditions import Check, Condition
from webapp.rules.core.rule import Rule
from webapp.rules.core.sentence import condition_phrase
from webapp.rules.linting.boxes import Effort, Region, TooMuch, sample_of
from webapp.rules.linting.evaluated import Earlier, Heard, Pile
from webapp.rules.linting.references import MOST_NAMED, References, mentions

# About two seconds of work. 1,000 rules need a tenth of it; thousands that are wide and nested
# would go on for hours.
MOST_EFFORT = 300_000
# A rule that competes with hundreds is told of the first few.
MOST_RIVALS = 3
MOST_EXCEPTIONS = 5


@dataclass(frozen=True, slots=True)
class Warning:
    """kind never_fires, subsumed, competing, archived_sku, unknown_sku, _template, _task, _agent or
    _customer; unexamined: from this rule on, rules were too many and too wide to be compared
    path   the place in the rule `code`, as in "then.0.sku"; empty for the whole rule
    other  the code of the other rule it is about, which comes before this one
    """

    kind: str
    code: str
    path: str
    message: str
    other: str | None = None


def lint(
    rules: Sequence[Rule], known: References, today: date, only: Collection[str] | None = None
) -> list[Warning]:
    """Of enabled rules; with `only`, what concerns the rules of these codes. `rules` are in the
    order they are heard."""
    enabled = [rule for rule in rules if rule.enabled]
    found = [
        warning
        for rule in enabled
        if only is None or rule.code in only
        for warning in _missing(rule, known)
    ]
    return [*found, *_Comparison(enabled, today, only).warnings()]


def _missing(rule: Rule, known: References) -> Iterator[Warning]:
    for mention in mentions(rule):
        missing, archived = known.missing(mention), known.archived(mention)
        if missing:
            yield Warning(
                f"unknown_{mention.kind}",
                rule.code,
                mention.path,
                _missing_words(mention.kind, _listed(missing)),
            )
        if archived:
            yield Warning(
                "archived_sku",
                rule.code,
                mention.path,
                _("Archived: %(sku)s.", sku=_listed(archived)),
            )


def _listed(values: list[str]) -> str:
    more = (
        [_("%(number)d more", number=len(values) - MOST_NAMED)] if len(values) > MOST_NAMED else []
    )
    return ", ".join([*(_("“%(value)s”", value=value) for value in values[:MOST_NAMED]), *more])


def _missing_words(kind: str, value: str) -> str:
    words = {
        "sku": _("No product has the SKU %(value)s.", value=value),
        "template": _("There is no e-mail %(value)s that a rule may send.", value=value),
        "task": _(
            "The task %(value)s has no words of its own; staff will see only its code.", value=value
        ),
        "agent": _("No agent has the code %(value)s.", value=value),
        "customer": _("There is no customer number %(value)s.", value=value),
    }
    return words[kind]


class _Comparison:
    """Enabled rules held against one another, each against those heard before it. `chosen` are the
    rules asked about."""

    def __init__(self, rules: Sequence[Rule], today: date, only: Collection[str] | None):
        self.effort = Effort(MOST_EFFORT)
        self.heard = [Heard(rule, today, self.effort) for rule in rules]
        self.chosen = {heard.code for heard in self.heard if only is None or heard.code in only}
        # A rule that nobody asked about is only held against the chosen ones.
        self.earlier, self.earlier_chosen = Earlier(), Earlier()
        self.exceptions: dict[str, Pile] = defaultdict(Pile)

    def warnings(self) -> Iterator[Warning]:
        for heard in self.heard:
            try:
                yield from list(self._about(heard))
            except TooMuch:
                message = _(
                    "The rules are too many and too wide to compare them all: this one and those "
                    "after it were not."
                )
                yield Warning("unexamined", heard.code, "", message)
                return
            self._remember(heard)

    def _remember(self, heard: Heard) -> None:
        self.earlier.add(heard)
        if heard.code in self.chosen:
            self.earlier_chosen.add(heard)
        for use in heard.rule.then:
            for code in use.params["codes"] if use.action is SKIP_RULE else ():
                self.exceptions[code].add(heard, use)

    def _before(self, heard: Heard) -> Earlier:
        return self.earlier if heard.code in self.chosen else self.earlier_chosen

    def _about(self, heard: Heard) -> Iterator[Warning]:
        never = next(self._never(heard), None)
        if never is not None:
            yield never
            return
        lost: dict[tuple[Heard, bool], list[int]] = defaultdict(list)
        for place, use in enumerate(heard.rule.then):
            done = self._done_before(heard, use)
            if done is not None:
                rival, theirs = done
                lost[rival, _covers(theirs, use)].append(place)
            elif use.action.policy == "first":
                yield from self._competing(heard, place)
        for (rival, alike), places in lost.items():
            yield from _subsumed(heard, rival, places, alike)

    def _never(self, heard: Heard) -> Iterator[Warning]:
        """Why the rule or one of its actions never does anything."""
        if heard.code in self.chosen:
            yield from self._never_alone(heard)
        for exception in self._exceptions_to(heard):
            if self._always_before(exception, heard, heard.region, exception.region):
                message = _(
                    "It never applies: wherever it would, “%(name)s” skips it.", name=exception.name
                )
                yield Warning("never_fires", heard.code, "", message, exception.code)

    def _never_alone(self, heard: Heard) -> Iterator[Warning]:
        if heard.is_over:
            yield Warning(
                "never_fires",
                heard.code,
                "valid_to",
                _("Its last day is over: it never applies again."),
            )
        elif not heard.region.inside:
            path, message = _contradiction(heard.rule.when, "when", self.effort)
            yield Warning("never_fires", heard.code, path, message)
        for place, use in enumerate(heard.rule.then):
            if not heard.acting(use).inside:
                message = _(
                    "It never does anything: wherever the rule applies, something that it needs is "
                    "empty."
                )
                yield Warning("never_fires", heard.code, f"then.{place}", message)

    def _exceptions_to(self, heard: Heard) -> Iterator[Heard]:
        """Those asked about that may always skip the rule."""
        if heard.code in self.exceptions and heard.region.sample:
            for exception, _use in self.exceptions[heard.code].at(heard.region.sample):
                if heard.code in self.chosen or exception.code in self.chosen:
                    yield exception

    def _always_before(self, rival: Heard, heard: Heard, region: Region, theirs: Region) -> bool:
        """Whether for certain `rival` acts wherever `heard` would: nothing skips the one and not
        the other."""
        return (
            rival.outlasts(heard)
            and region.within(theirs)
            and all(
                exception.skips(heard.code)
                or not exception.overlaps(heard)
                or not exception.region.meets(region)
                for exception, _use in self.exceptions[rival.code].beside(heard)
            )
        )

    def _done_before(self, heard: Heard, use: ActionUse) -> tuple[Heard, ActionUse] | None:
        """A rule heard earlier that for certain leaves this action nothing to do, and the action of
        it that does."""
        pile, region = self._before(heard).doing(heard, use), heard.acting(use)
        if pile is None or use.action.policy == "each" or region.sample is None:
            return None
        for rival, theirs in pile.at(region.sample):
            takes_all = use.action.policy == "first" or _covers(theirs, use)
            if takes_all and self._always_before(rival, heard, region, rival.acting(theirs)):
                return rival, theirs
        return None

    def _competing(self, heard: Heard, place: int) -> Iterator[Warning]:
        told, use = set(), heard.rule.then[place]
        for rival, theirs in self._before(heard).rivals(heard, use):
            self.effort.spend()
            acting = heard.acting(use), rival.acting(theirs)
            if (
                rival not in told
                and rival.overlaps(heard)
                and self._both_act(heard, rival, *acting)
            ):
                told.add(rival)
                yield Warning(
                    "competing",
                    heard.code,
                    f"then.{place}",
                    _competing_words(heard, rival),
                    rival.code,
                )
            if len(told) == MOST_RIVALS:
                return

    def _both_act(self, heard: Heard, rival: Heard, region: Region, theirs: Region) -> bool:
        """Whether there are facts, found and tried, on which both act on one day and no exception
        skips either."""
        day = max(heard.first, rival.first)
        apart: list[Region] = []
        while len(apart) <= MOST_EXCEPTIONS:
            facts = sample_of([region, theirs], apart)
            met = facts and self._skipped_on(facts, day, heard.code, rival.code)
            if not met:
                return facts is not None
            apart.append(met)
        return False

    def _skipped_on(self, facts: dict[str, object], day: date, *codes: str) -> Region | None:
        """Where an exception applies that on these facts skips one of the rules."""
        for code in codes:
            for exception, _use in self.exceptions[code].at(facts):
                if exception.first <= day <= exception.last and exception.region.holds(facts):
                    return exception.region
        return None


def _covers(theirs: ActionUse, use: ActionUse) -> bool:
    """Whether `theirs` does all that `use` does."""
    if use.action is SKIP_RULE:
        return set(use.params["codes"]) <= set(theirs.params["codes"])
    return use.params == theirs.params


def _subsumed(heard: Heard, rival: Heard, places: list[int], alike: bool) -> Iterator[Warning]:
    if alike:
        message = _(
            "It adds nothing: wherever it applies, “%(name)s” comes first and does the same.",
            name=rival.name,
        )
    else:
        message = _(
            "It never counts: wherever it applies, “%(name)s” comes first and wins.",
            name=rival.name,
        )
    whole = len(places) == len(heard.rule.then)
    for path in [""] if whole else [f"then.{place}" for place in places]:
        yield Warning("subsumed", heard.code, path, message, rival.code)


def _competing_words(heard: Heard, rival: Heard) -> str:
    return _(
        "Where both apply, “%(first)s” counts and “%(second)s” does not, only because it stands "
        "before it in the list: both have priority %(priority)d. Give one of them a higher "
        "priority.",
        first=rival.name,
        second=heard.name,
        priority=heard.rule.priority,
    )


def _contradiction(condition: Condition, path: str, effort: Effort) -> tuple[str, str]:
    """The place of the narrowest part that never holds, and why."""
    if isinstance(condition, Check) or condition.op != "all":
        return path, _(
            "It never applies: it cannot be that %(condition)s.",
            condition=condition_phrase(condition),
        )
    parts = [
        (Region(member, effort), f"{path}.all.{place}")
        for place, member in enumerate(condition.members)
    ]
    for region, place in parts:
        if not region.inside:
            return _contradiction(region.condition, place, effort)
    for (one, _place), (other, place) in combinations(parts, 2):
        if not one.meets(other):
            return place, _(
                "It never applies: it cannot be that %(one)s and at once %(other)s.",
                one=condition_phrase(one.condition),
                other=condition_phrase(other.condition),
            )
    return path, _("It never applies: its conditions contradict each other.")
