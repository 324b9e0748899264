"""A rule set decides about a sale: pure, from facts to a verdict. Nothing is written here.

Facts are dicts of typed values by field key. Each line's dict also has `line`, its position (int);
a line's facts are laid over the sale's. Rules go by priority, the higher first, then by their order
in the set.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from flask_babel import gettext as _

from webapp.platform.money import ZERO
from webapp.rules.core.actions import ADD_ITEM, SKIP_RULE, ActionUse
from webapp.rules.core.compiler import HashIndex
from webapp.rules.core.fields import BLANK, facts_to_json
from webapp.rules.core.operators import Facts
from webapp.rules.core.problems import Problems, did_you_mean, shown
from webapp.rules.core.rule import Rule, read_rule

MAX_RULES = 20_000

Catalog = Callable[[str], dict | None]


class Outcome(NamedTuple):
    """What became of a rule whose condition held, on which lines ([] when it looks at the whole
    sale).

    fired       at least one of its actions took effect
    suppressed `by`: the rule that skips it, or the rule that added this gift (a gift brings no
    gift)
    lost        `by`: the rule that won; None when the facts left nothing to pay
    """

    rule: str
    outcome: str
    lines: list[int]
    by: str | None


@dataclass(slots=True)
class EffectPlan:
    """One effect to carry out, unique by (kind, target) within its sale.

    An added item's params hold `line`, the gift's new position, or `missing: true` when the catalog
    has no such SKU.
    """

    kind: str
    target: str
    rule: str
    lines: list[int]
    params: dict[str, object]
    amount: Decimal | None


@dataclass(slots=True)
class Verdict:
    """`added` are the facts of the gift lines, in the shape of the lines given, to be frozen with
    them."""

    version: int
    outcomes: list[Outcome]
    effects: list[EffectPlan]
    added: list[dict]

    def to_json(self) -> dict:
        return {
            "rule_set_version": self.version,
            "rules": [
                {"code": o.rule, "outcome": o.outcome, "lines": o.lines, "by": o.by}
                for o in self.outcomes
            ],
            "effects": [
                {
                    "kind": e.kind,
                    "target": e.target,
                    "rule": e.rule,
                    "lines": e.lines,
                    "params": params_to_json(e.params),
                    "amount": None if e.amount is None else str(e.amount),
                }
                for e in self.effects
            ],
            "added": [facts_to_json(line) for line in self.added],
        }


def params_to_json(params: dict[str, object]) -> dict[str, object]:
    return {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in facts_to_json(params).items()
    }


class RuleSet:
    """Published rules, compiled once and used for many sales; safe to share between threads.

    Raises RuleInvalid with paths such as "3.when.all.0.field", for rules_json as from JSON: a list
    of rules.
    """

    def __init__(self, version: int, rules_json: list):
        self.version = version
        self.rules = tuple(parse_rules(rules_json))
        self.by_code = {rule.code: rule for rule in self.rules}
        live = [(rank, rule) for rank, rule in enumerate(self.rules) if rule.enabled]
        self.line_index = HashIndex(
            (rank, rule.when) for rank, rule in live if rule.scope == "line"
        )
        self.sale_index = HashIndex(
            (rank, rule.when) for rank, rule in live if rule.scope == "sale"
        )
        self.dated = frozenset(rank for rank, rule in live if rule.valid_from or rule.valid_to)
        # What is heard of each rule, close together in memory, actions that are alike being one.
        alike: dict[tuple, ActionUse] = {}
        self.heard = tuple(
            (
                rule.code,
                tuple(
                    alike.setdefault((use.action.key, *use.params.items()), use)
                    for use in rule.then
                ),
            )
            for rule in self.rules
        )

    def decide(self, sale_facts: dict, lines: list[dict], catalog: Catalog, on: date) -> Verdict:
        """`catalog(sku)` gives the item facts of an added item, or None; `on` is the day the rules
        are judged by."""
        deliberation = _Deliberation(self, sale_facts, on)
        deliberation.hear_sale()
        for line in lines:
            deliberation.hear_line(line)
        if deliberation.gifts:
            deliberation.hear_gifts(catalog, 1 + max((line["line"] for line in lines), default=0))
        return deliberation.verdict()


def parse_rules(rules_json: object) -> list[Rule]:
    """In order of priority, the higher first. Raises RuleInvalid."""
    problems = Problems()
    if not isinstance(rules_json, list) or len(rules_json) > MAX_RULES:
        problems.add(
            "",
            _(
                "expected a list of at most %(most)d rules, not %(value)s",
                most=MAX_RULES,
                value=shown(rules_json),
            ),
        )
        problems.raise_if_any()
    placed = []
    for place, raw in enumerate(rules_json):
        placed.append((place, read_rule(raw, str(place), problems)))
        if problems.full:
            break
    problems.raise_if_any()
    placed.sort(key=lambda each: -each[1].priority)
    check_codes(placed, problems)
    problems.raise_if_any()
    return [rule for _place, rule in placed]


def check_codes(placed: Sequence[tuple[object, Rule]], problems: Problems) -> None:
    """Codes are used once, and a rule only skips rules behind it. `placed` are (what paths begin
    with, rule) in order."""
    known = {}
    for place, rule in placed:
        if rule.code in known:
            problems.add(
                f"{place}.code", _("another rule has the code '%(code)s' already", code=rule.code)
            )
        known[rule.code] = rule
    heard = set()
    for place, rule in placed:
        heard.add(rule.code)
        for number, use in enumerate(rule.then):
            for code in use.params["codes"] if use.action is SKIP_RULE else ():
                # A hostile rule must not buy a thousand searches for what may have been meant.
                refusal = "" if problems.full else _skip_refused(rule, code, known, heard)
                if refusal:
                    problems.add(f"{place}.then.{number}.codes", refusal)


def _skip_refused(rule: Rule, code: str, known: dict[str, Rule], heard: set[str]) -> str:
    """Why `rule` cannot skip the rule of that code; empty when it can."""
    if code not in known:
        return _(
            "rule '%(code)s' does not exist%(hint)s", code=code, hint=did_you_mean(code, known)
        )
    if code in heard:
        return _("rule '%(code)s' comes before this one; raise this rule's priority", code=code)
    if rule.scope == "line" and known[code].scope == "sale":
        return _("rule '%(code)s' looks at the whole sale; so must a rule that skips it", code=code)
    return ""


@dataclass(slots=True)
class _Deliberation:
    """The state of one decision."""

    rule_set: RuleSet
    sale_facts: dict
    on: date
    effects: dict[tuple[str, str], EffectPlan] = field(default_factory=dict)
    outcomes: dict[tuple[str, str, str | None], Outcome] = field(default_factory=dict)
    sale_skips: dict[str, str] = field(default_factory=dict)
    gifts: list[EffectPlan] = field(default_factory=list)
    added: list[dict] = field(default_factory=list)

    def hear_sale(self) -> None:
        self.sale_facts = {**BLANK, **self.sale_facts}
        self._hear(self.rule_set.sale_index, self.sale_facts, None, None)

    def hear_line(self, line: dict, gift_of: str | None = None) -> None:
        self._hear(self.rule_set.line_index, {**self.sale_facts, **line}, line["line"], gift_of)

    def hear_gifts(self, catalog: Catalog, number: int) -> None:
        for plan in self.gifts:
            item = catalog(plan.params["sku"])
            if item is None:
                plan.params["missing"] = True
                continue
            quantity = plan.params["quantity"]
            gift = {
                "item_sku": plan.params["sku"],
                "item_gift": True,
                "item_total": ZERO,
                "item_quantity": quantity,
            }
            line = {**item, **gift, "line": number}
            plan.params["line"] = number
            self.added.append(line)
            self.hear_line(line, gift_of=plan.rule)
            number += 1

    def verdict(self) -> Verdict:
        return Verdict(
            self.rule_set.version,
            list(self.outcomes.values()),
            list(self.effects.values()),
            self.added,
        )

    def _hear(self, index: HashIndex, facts: Facts, line: int | None, gift_of: str | None) -> None:
        heard, dated, place = (
            self.rule_set.heard,
            self.rule_set.dated,
            "sale" if line is None else f"line:{line}",
        )
        # A rule only skips rules behind it, and those of the whole sale are heard before the lines.
        skips = self.sale_skips if line is None else {}
        for rank in index.hits(facts):
            if rank in dated and not self.rule_set.rules[rank].in_force(self.on):
                continue
            code, then = heard[rank]
            skipped_by = skips.get(code) or self.sale_skips.get(code)
            if skipped_by:
                self._note(code, "suppressed", skipped_by, line)
                continue
            for use in then:
                if use.action is SKIP_RULE:
                    for skipped in use.params["codes"]:
                        skips.setdefault(skipped, code)
                    outcome, by = "fired", None
                elif use.action is ADD_ITEM and gift_of:
                    outcome, by = "suppressed", gift_of
                else:
                    outcome, by = self._plan(use, code, facts, line, place)
                self._note(code, outcome, by, line)

    def _plan(
        self, use: ActionUse, code: str, facts: Facts, line: int | None, place: str
    ) -> tuple[str, str | None]:
        """Adds the effect by the action's hit policy; answers the outcome and who won."""
        action, amount = use.action, None
        target = action.target(use.params, place)
        known = self.effects.get((action.key, target))
        if known is not None and action.policy == "first":
            return "lost", known.rule
        if action.amount is not None:
            amount = action.amount(use.params, facts)
            if amount is None:
                return "lost", None
        if known is not None and action.policy == "union":
            if line is not None and line not in known.lines:
                known.lines.append(line)
            return "fired", None
        if known is not None:
            target = self._next_target(action.key, target)
        plan = EffectPlan(
            action.key, target, code, [] if line is None else [line], dict(use.params), amount
        )
        self.effects[action.key, target] = plan
        if action is ADD_ITEM:
            self.gifts.append(plan)
        return "fired", None

    def _next_target(self, kind: str, target: str) -> str:
        """ "each" asked for once more: "VD-0002:line1:2"."""
        number = 2
        while (kind, f"{target}:{number}") in self.effects:
            number += 1
        return f"{target}:{number}"

    def _note(self, code: str, outcome: str, by: str | None, line: int | None) -> None:
        known = self.outcomes.get((code, outcome, by))
        if known is None:
            self.outcomes[code, outcome, by] = Outcome(
                code, outcome, [] if line is None else [line], by
            )
        elif line is not None and line not in known.lines:
            known.lines.append(line)
