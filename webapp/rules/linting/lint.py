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
from webapp.rules.core.book import RuleBook
from webapp.rules.core.conditions import Condition, FactCheck
from webapp.rules.core.rule import Rule
from webapp.rules.core.sentence import called, condition_phrase
from webapp.rules.linting.dnf import Effort, Region, TooMuch, sample_of
from webapp.rules.linting.references import MOST_NAMED, References, mentions
from webapp.rules.linting.rule_index import Evaluated, LintRule, RuleIndex

# About two seconds of work. 1,000 rules need a tenth of it; thousands that are wide and nested
# would go on for hours.
MOST_EFFORT = 300_000
# A rule that competes with hundreds is told of the first few.
MOST_RIVALS = 3
MOST_EXCEPTIONS = 5


@dataclass(frozen=True, slots=True)
class LintWarning:
    """kind never_fires, subsumed, competing, archived_sku, unknown_sku, _template, _task, _agent,
    _customer, _channel, _category, _plan, _author or _product; unexamined: from this
    rule on, rules were too many and too wide to be compared
    path   the place in the rule `code`, as in "then.0.sku"; empty for the whole rule
    other  the code of the other rule it is about, which comes before this one
    """

    kind: str
    code: str
    path: str
    message: str
    other: str | None = None


def lint(
    book: RuleBook, known: References, today: date, only: Collection[str] | None = None
) -> list[LintWarning]:
    """Of enabled rules; with `only`, what concerns the rules of these codes."""
    enabled = [rule for rule in book.rules if rule.enabled]
    found = [
        warning
        for rule in enabled
        if only is None or rule.code in only
        for warning in _missing(rule, known)
    ]
    return [*found, *_Lint(enabled, today, only).warnings()]


def _missing(rule: Rule, known: References) -> Iterator[LintWarning]:
    for mention in mentions(rule):
        missing, archived = known.missing(mention), known.archived(mention)
        if missing:
            yield LintWarning(
                f"unknown_{mention.kind}",
                rule.code,
                mention.path,
                _missing_words(mention.kind, _listed(missing))
                + _meant(mention.kind, missing, known),
            )
        if archived:
            yield LintWarning(
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
        "channel": _("No order has come by the channel %(value)s.", value=value),
        "category": _("No product has the category %(value)s.", value=value),
        "plan": _("No product has the plan %(value)s.", value=value),
        "author": _("No product has the author %(value)s.", value=value),
        "product": _("No product has the name %(value)s.", value=value),
        "tag": _("There is no tag %(value)s.", value=value),
    }
    return words[kind]


def _meant(kind: str, missing: list[str], known: References) -> str:
    """What there is that looks like the first of them that looks like anything: its code, since a
    program writes that, and what staff call it."""
    meant = next(filter(None, (known.absent.get((kind, value), "") for value in missing)), None)
    if not meant:
        return ""
    name = called(kind, meant)
    if meant in name:
        return " " + _("There is “%(value)s”.", value=name)
    return " " + _("There is “%(value)s” (%(name)s).", value=meant, name=name)


class _Lint:
    """Enabled rules held against one another, each against those evaluated before it. `chosen` are
    the rules asked about."""

    def __init__(self, rules: Sequence[Rule], today: date, only: Collection[str] | None):
        self.effort = Effort(MOST_EFFORT)
        self.rules = [LintRule(rule, today, self.effort) for rule in rules]
        self.chosen = {rule.code for rule in self.rules if only is None or rule.code in only}
        # A rule that nobody asked about is only held against the chosen ones.
        self.evaluated, self.evaluated_chosen = Evaluated(), Evaluated()
        self.exceptions: dict[str, RuleIndex] = defaultdict(RuleIndex)

    def warnings(self) -> Iterator[LintWarning]:
        for rule in self.rules:
            try:
                yield from list(self._about(rule))
            except TooMuch:
                message = _(
                    "The rules are too many and too wide to compare them all: this one and those "
                    "after it were not."
                )
                yield LintWarning("unexamined", rule.code, "", message)
                return
            self._remember(rule)

    def _remember(self, rule: LintRule) -> None:
        self.evaluated.add(rule)
        if rule.code in self.chosen:
            self.evaluated_chosen.add(rule)
        for use in rule.then:
            for code in use.params["codes"] if use.action is SKIP_RULE else ():
                self.exceptions[code].add(rule, use)

    def _before(self, rule: LintRule) -> Evaluated:
        return self.evaluated if rule.code in self.chosen else self.evaluated_chosen

    def _about(self, rule: LintRule) -> Iterator[LintWarning]:
        never = next(self._never(rule), None)
        if never is not None:
            yield never
            return
        lost: dict[tuple[LintRule, bool], list[int]] = defaultdict(list)
        for place, use in enumerate(rule.then):
            done = self._done_before(rule, use)
            if done is not None:
                rival, theirs = done
                lost[rival, _covers(theirs, use)].append(place)
            elif use.action.policy == "first":
                yield from self._competing(rule, place)
        for (rival, alike), places in lost.items():
            yield from _subsumed(rule, rival, places, alike)

    def _never(self, rule: LintRule) -> Iterator[LintWarning]:
        """Why the rule or one of its actions never does anything."""
        if rule.code in self.chosen:
            yield from self._never_alone(rule)
        for exception in self._exceptions_to(rule):
            if self._always_before(exception, rule, rule.region, exception.region):
                message = _(
                    "It never applies: wherever it would, “%(name)s” skips it.", name=exception.name
                )
                yield LintWarning("never_fires", rule.code, "", message, exception.code)

    def _never_alone(self, rule: LintRule) -> Iterator[LintWarning]:
        if rule.is_over:
            yield LintWarning(
                "never_fires",
                rule.code,
                "valid_to",
                _("Its last day is over: it never applies again."),
            )
        elif not rule.region.dnf:
            path, message = _contradiction(rule.rule.when, "when", self.effort)
            yield LintWarning("never_fires", rule.code, path, message)
        for place, use in enumerate(rule.then):
            if not rule.acting(use).dnf:
                message = _(
                    "It never does anything: wherever the rule applies, something that it needs is "
                    "empty."
                )
                yield LintWarning("never_fires", rule.code, f"then.{place}", message)

    def _exceptions_to(self, rule: LintRule) -> Iterator[LintRule]:
        """Those asked about that may always skip the rule."""
        if rule.code in self.exceptions and rule.region.sample:
            for exception, _use in self.exceptions[rule.code].at(rule.region.sample):
                if rule.code in self.chosen or exception.code in self.chosen:
                    yield exception

    def _always_before(
        self, rival: LintRule, rule: LintRule, region: Region, theirs: Region
    ) -> bool:
        """Whether for certain `rival` acts wherever `rule` would: nothing skips the one and not
        the other."""
        return (
            rival.outlasts(rule)
            and region.within(theirs)
            and all(
                exception.skips(rule.code)
                or not exception.overlaps(rule)
                or not exception.region.meets(region)
                for exception, _use in self.exceptions[rival.code].beside(rule)
            )
        )

    def _done_before(self, rule: LintRule, use: ActionUse) -> tuple[LintRule, ActionUse] | None:
        """A rule evaluated earlier that for certain leaves this action nothing to do, and the
        action of it that does."""
        index, region = self._before(rule).doing(rule, use), rule.acting(use)
        if index is None or use.action.policy == "each" or region.sample is None:
            return None
        for rival, theirs in index.at(region.sample):
            takes_all = use.action.policy == "first" or _covers(theirs, use)
            if takes_all and self._always_before(rival, rule, region, rival.acting(theirs)):
                return rival, theirs
        return None

    def _competing(self, rule: LintRule, place: int) -> Iterator[LintWarning]:
        named: set[LintRule] = set()
        use = rule.then[place]
        for rival, theirs in self._before(rule).rivals(rule, use):
            self.effort.spend()
            acting = rule.acting(use), rival.acting(theirs)
            if rival not in named and rival.overlaps(rule) and self._both_act(rule, rival, *acting):
                named.add(rival)
                yield LintWarning(
                    "competing",
                    rule.code,
                    f"then.{place}",
                    _competing_words(rule, rival),
                    rival.code,
                )
            if len(named) == MOST_RIVALS:
                return
        yield from self._outranked(rule, place, named)

    def _outranked(self, rule: LintRule, place: int, named: set[LintRule]) -> Iterator[LintWarning]:
        """Those of a higher priority that win where both apply. One that is all inside the rule is
        what a higher priority is for, and not told."""
        use = rule.then[place]
        for rival, theirs in self._before(rule).ahead(rule, use):
            self.effort.spend()
            if rival in named or not rival.overlaps(rule):
                continue
            mine, other = rule.acting(use), rival.acting(theirs)
            if not other.within(mine) and self._both_act(rule, rival, mine, other):
                named.add(rival)
                message = _outranked_words(rule, rival)
                yield LintWarning("outranked", rule.code, f"then.{place}", message, rival.code)
            if len(named) == MOST_RIVALS:
                return

    def _both_act(self, rule: LintRule, rival: LintRule, region: Region, theirs: Region) -> bool:
        """Whether there are facts, found and tried, on which both act on one day and no exception
        skips either."""
        day = max(rule.first, rival.first)
        apart: list[Region] = []
        while len(apart) <= MOST_EXCEPTIONS:
            facts = sample_of([region, theirs], apart)
            met = facts and self._skipped_on(facts, day, rule.code, rival.code)
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


def _subsumed(
    rule: LintRule, rival: LintRule, places: list[int], alike: bool
) -> Iterator[LintWarning]:
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
    whole = len(places) == len(rule.then)
    for path in [""] if whole else [f"then.{place}" for place in places]:
        yield LintWarning("subsumed", rule.code, path, message, rival.code)


def _competing_words(rule: LintRule, rival: LintRule) -> str:
    return _(
        "Where both apply, “%(first)s” counts and “%(second)s” does not, only because it stands "
        "before it in the list: both have priority %(priority)d. Give one of them a higher "
        "priority.",
        first=rival.name,
        second=rule.name,
        priority=rule.priority,
    )


def _outranked_words(rule: LintRule, rival: LintRule) -> str:
    return _(
        "Where both apply, “%(first)s” counts and “%(second)s” does not: its priority is higher, "
        "%(higher)d over %(priority)d.",
        first=rival.name,
        second=rule.name,
        higher=rival.priority,
        priority=rule.priority,
    )


def _contradiction(condition: Condition, path: str, effort: Effort) -> tuple[str, str]:
    """The place of the narrowest part that never holds, and why."""
    if isinstance(condition, FactCheck) or condition.op != "all":
        return path, _(
            "It never applies: it cannot be that %(condition)s.",
            condition=condition_phrase(condition),
        )
    parts = [
        (Region(member, effort), f"{path}.all.{place}")
        for place, member in enumerate(condition.members)
    ]
    for region, place in parts:
        if not region.dnf:
            return _contradiction(region.condition, place, effort)
    for (first, _place), (second, place) in combinations(parts, 2):
        if not first.meets(second):
            return place, _(
                "It never applies: it cannot be that %(one)s and at once %(other)s.",
                one=condition_phrase(first.condition),
                other=condition_phrase(second.condition),
            )
    return path, _("It never applies: its conditions contradict each other.")
