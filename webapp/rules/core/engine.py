"""A rule set decides about a sale: pure, from facts to effects. Nothing is written here.

Facts are dicts of typed values by field key. Each line's dict also has `line`, its position (int);
a line's facts are laid over the sale's. Rules go by priority, the higher first, then by their order
in the set.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from webapp.platform.money import ZERO
from webapp.rules.core.actions import ADD_ITEM, SKIP_RULE, ActionUse, Params
from webapp.rules.core.book import RuleBook
from webapp.rules.core.compiler import HashIndex
from webapp.rules.core.conditions import Condition
from webapp.rules.core.events import EVENTS, PAID
from webapp.rules.core.fields import BLANK, facts_to_json
from webapp.rules.core.operators import Facts
from webapp.rules.core.rule import SCOPES

# The typed facts of a sale or a line, by field.
FactsOf = dict[str, Any]
Catalog = Callable[[str], FactsOf | None]


class RuleOutcome(NamedTuple):
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
    params: dict[str, Any]
    amount: Decimal | None


@dataclass(slots=True)
class EvaluationResult:
    """`added` are the facts of the gift lines, in the shape of the lines given, to be frozen with
    them."""

    version: int
    outcomes: list[RuleOutcome]
    effects: list[EffectPlan]
    added: list[FactsOf]

    def to_json(self) -> dict[str, Any]:
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


def params_to_json(params: Params) -> dict[str, Any]:
    return {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in facts_to_json(params).items()
    }


class RuleSet:
    """Published rules, compiled once and used for many sales; safe to share between threads.

    `rules` are a RuleBook, or a list of rules as from JSON, which is read first: that raises
    RuleInvalid with paths such as "3.when.all.0.field".
    """

    def __init__(self, version: int, rules: RuleBook | list[Any]):
        book = rules if isinstance(rules, RuleBook) else RuleBook.read(rules)
        self.version = version
        self.rules = book.rules
        self.by_code = {rule.code: rule for rule in self.rules}
        live = [(rank, rule) for rank, rule in enumerate(self.rules) if rule.enabled]
        filed: dict[tuple[str, str], list[tuple[int, Condition]]] = {
            (event, scope): [] for event in EVENTS for scope in SCOPES
        }
        for rank, rule in live:
            filed[rule.event, rule.scope].append((rank, rule.when))
        self.heard = frozenset(rule.event for _rank, rule in live)
        # By what is heard, and whether each line or the whole sale is looked at.
        self.indexes = {key: HashIndex(entries) for key, entries in filed.items()}
        self.dated = frozenset(rank for rank, rule in live if rule.valid_from or rule.valid_to)
        # What each rule does, by rank, close together in memory, actions that are alike being one.
        alike: dict[tuple[Any, ...], ActionUse] = {}
        self.actions = tuple(
            (
                rule.code,
                tuple(
                    alike.setdefault((use.action.key, *use.params.items()), use)
                    for use in rule.then
                ),
            )
            for rule in self.rules
        )

    def decide(
        self,
        sale_facts: FactsOf,
        lines: list[FactsOf],
        catalog: Catalog,
        on: date,
        event: str = PAID,
    ) -> EvaluationResult:
        """`catalog(sku)` gives the item facts of an added item, or None; `on` is the day the rules
        are judged by; `event`: what they hear."""
        evaluation = _Evaluation(self, sale_facts, on, event)
        evaluation.evaluate_sale()
        for line in lines:
            evaluation.evaluate_line(line)
        if evaluation.gifts:
            last = max((line["line"] for line in lines), default=0)
            evaluation.evaluate_gifts(catalog, last + 1)
        return evaluation.result()


@dataclass(slots=True)
class _Evaluation:
    """The state of one decision."""

    rule_set: RuleSet
    sale_facts: FactsOf
    on: date
    event: str
    effects: dict[tuple[str, str], EffectPlan] = field(default_factory=dict)
    outcomes: dict[tuple[str, str, str | None], RuleOutcome] = field(default_factory=dict)
    sale_skips: dict[str, str] = field(default_factory=dict)
    gifts: list[EffectPlan] = field(default_factory=list)
    added: list[FactsOf] = field(default_factory=list)

    def evaluate_sale(self) -> None:
        self.sale_facts = {**BLANK, **self.sale_facts}
        index = self.rule_set.indexes[self.event, "sale"]
        self._evaluate(index, self.sale_facts, None, None)

    def evaluate_line(self, line: FactsOf, gift_of: str | None = None) -> None:
        index = self.rule_set.indexes[self.event, "line"]
        self._evaluate(index, {**self.sale_facts, **line}, line["line"], gift_of)

    def evaluate_gifts(self, catalog: Catalog, number: int) -> None:
        for plan in self.gifts:
            item = catalog(plan.params["sku"])
            if item is None:
                plan.params["missing"] = True
                continue
            quantity = plan.params["quantity"]
            # From here on as the catalog spells it.
            plan.params["sku"] = item.get("item_sku", plan.params["sku"])
            gift = {
                "item_sku": plan.params["sku"],
                "item_gift": True,
                "item_total": ZERO,
                "item_quantity": quantity,
            }
            line = {**item, **gift, "line": number}
            plan.params["line"] = number
            self.added.append(line)
            self.evaluate_line(line, gift_of=plan.rule)
            number += 1

    def result(self) -> EvaluationResult:
        return EvaluationResult(
            self.rule_set.version,
            list(self.outcomes.values()),
            list(self.effects.values()),
            self.added,
        )

    def _evaluate(
        self, index: HashIndex, facts: Facts, line: int | None, gift_of: str | None
    ) -> None:
        actions, dated = self.rule_set.actions, self.rule_set.dated
        place = "sale" if line is None else f"line:{line}"
        outcome: str
        by: str | None
        # A rule only skips rules behind it, and those of the whole sale come before the lines.
        skips = self.sale_skips if line is None else {}
        for rank in index.hits(facts):
            if rank in dated and not self.rule_set.rules[rank].in_force(self.on):
                continue
            code, then = actions[rank]
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
            self.outcomes[code, outcome, by] = RuleOutcome(
                code, outcome, [] if line is None else [line], by
            )
        elif line is not None and line not in known.lines:
            known.lines.append(line)
