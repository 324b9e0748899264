"""What another rule set would have changed about past sales: two sets judge the same frozen facts.
Pure.

Effects are compared by (kind, target); one is changed when its amount, its parameters or its lines
differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from webapp.platform.money import ZERO
from webapp.rules.core.actions import ACTIONS, Action
from webapp.rules.core.compiler import HashIndex
from webapp.rules.core.engine import (
    Catalog,
    EffectPlan,
    EvaluationResult,
    FactsOf,
    RuleOutcome,
    RuleSet,
    params_to_json,
)
from webapp.rules.core.fields import BLANK, FIELDS
from webapp.rules.core.rule import Rule

# The changed sales that are kept to be looked at, and the changes of each: a result stays small
# whatever it tells of.
MOST_SALES = 1000
MOST_CHANGES = 8
MOST_SKUS = 5
# Of how many of the rules that differ it is kept what became of them.
MOST_FATES = 20
EXACT = {
    scope: tuple(
        key
        for key, declared in FIELDS.items()
        if declared.scope == scope and declared.type in ("money", "percent")
    )
    for scope in ("sale", "line")
}
# Where a gift comes to stand follows from other gifts; it is no change of its own.
PLACE_OF_A_GIFT = "line"


@dataclass(slots=True)
class ComparisonTotals:
    """What a comparison has come to, in a space that does not grow with the sales.

    kinds       kind of effect -> [added, removed, changed]
    commission [before, after]; royalty alike; agents: agent's code -> [before, after] of commission
    fates      what became of the first MOST_FATES rules that differ: code -> {"held": sales,
                "fired": sales, "by": {code of what won or skipped it: sales}}
    changes the first MOST_SALES changed sales: {"sale", "agent", "more", "changes": [{"kind",
                "target", "skus", "was", "now"}]}, where was and now are {"rule", "lines", "params",
                "amount"}, or None; `more` counts the changes that are left out
    """

    sales: int = 0
    changed: int = 0
    kinds: dict[str, list[int]] = field(default_factory=dict[str, Any])
    commission: list[Decimal] = field(default_factory=lambda: [ZERO, ZERO])
    royalty: list[Decimal] = field(default_factory=lambda: [ZERO, ZERO])
    agents: dict[str, list[Decimal]] = field(default_factory=dict[str, Any])
    changes: list[dict[str, Any]] = field(default_factory=list)
    fates: dict[str, dict[str, Any]] = field(default_factory=dict[str, Any], compare=False)

    @classmethod
    def from_json(
        cls, figures: Mapping[str, Any], changes: list[dict[str, Any]]
    ) -> ComparisonTotals:
        """The way back from `figures_to_json`, which leaves the changes out; {} and [] are a
        beginning."""
        if not figures:
            return cls()
        return cls(
            sales=figures["sales"],
            changed=figures["changed"],
            kinds=figures["kinds"],
            commission=_amounts(figures["commission"]),
            royalty=_amounts(figures["royalty"]),
            changes=changes,
            agents={code: _amounts(pair) for code, pair in figures["agents"].items()},
            fates=figures.get("fates", {}),
        )

    def figures_to_json(self) -> dict[str, Any]:
        return {
            "sales": self.sales,
            "changed": self.changed,
            "kinds": self.kinds,
            "commission": _texts(self.commission),
            "royalty": _texts(self.royalty),
            "agents": {code: _texts(pair) for code, pair in self.agents.items()},
            "fates": self.fates,
        }

    def of_kind(self, place: int) -> int:
        return sum(counts[place] for counts in self.kinds.values())


class Comparison:
    """Judges sale after sale by both sets and keeps the `totals`. `catalog(sku)` gives the item
    facts of a product that a rule adds today; a gift that the sale got then keeps the facts it
    had."""

    def __init__(self, old: RuleSet, new: RuleSet, catalog: Catalog):
        self.old, self.new, self.catalog = old, new, catalog
        self.totals = ComparisonTotals()
        self._changed = _ChangedRules(old, new)

    def judge(self, sale_id: int, facts: Mapping[str, Any], on: date) -> None:
        """`facts` as a decision froze them: {"sale": {…}, "lines": [{…}]} of JSON."""
        sale = _typed_facts(facts["sale"], "sale")
        frozen = [_typed_facts(line, "line") for line in facts["lines"]]
        # Rules added the gifts; here they add them again.
        lines = [line for line in frozen if not line.get("item_gift")]
        gifts = {line["item_sku"].casefold(): line for line in frozen if line.get("item_gift")}
        catalog = partial(self._item_facts, gifts) if gifts else self.catalog
        before = self.old.decide(sale, lines, catalog, on)
        evaluated = lines + before.added
        if not self.totals.fates:
            self.totals.fates = {
                code: {"held": 0, "fired": 0, "by": {}} for code in self._changed.codes
            }
        self._count_money(sale, evaluated, before.effects, 0)
        if self._changed.may_concern(sale, evaluated):
            after = self.new.decide(sale, lines, catalog, on)
            self._count_fates(before, after)
            self._compare(sale_id, sale, lines, before, after)
            self._count_money(sale, lines + after.added, after.effects, 1)
        else:
            self._count_money(sale, evaluated, before.effects, 1)
        self.totals.sales += 1

    def _count_fates(self, before: EvaluationResult, after: EvaluationResult) -> None:
        """What became of the rules that differ: as they are, or as they were where gone."""
        here: dict[str, list[RuleOutcome]] = {}
        for outcomes, codes in (
            (before.outcomes, self._changed.gone),
            (after.outcomes, self._changed.come),
        ):
            for outcome in outcomes:
                if outcome.rule in codes:
                    here.setdefault(outcome.rule, []).append(outcome)
        for code, outcomes in here.items():
            fate = self.totals.fates[code]
            fate["held"] += 1
            if any(outcome.outcome == "fired" for outcome in outcomes):
                fate["fired"] += 1
                continue
            for winner in {outcome.by or "" for outcome in outcomes}:
                fate["by"][winner] = fate["by"].get(winner, 0) + 1

    def _item_facts(self, gifts: Mapping[str, FactsOf], sku: str) -> FactsOf | None:
        return gifts.get(sku.casefold()) or self.catalog(sku)

    def _count_money(
        self,
        sale: FactsOf,
        lines: list[FactsOf],
        effects: list[EffectPlan],
        side: int,
    ) -> None:
        for effect in effects:
            action = ACTIONS[effect.kind]
            if not action.earning:
                continue
            amount = _amount(action, lines, effect)
            if action.earning == "royalty":
                self.totals.royalty[side] += amount
            else:
                self.totals.commission[side] += amount
                self.totals.agents.setdefault(sale["agent_id"], [ZERO, ZERO])[side] += amount

    def _compare(
        self,
        sale_id: int,
        sale: FactsOf,
        lines: list[FactsOf],
        before: EvaluationResult,
        after: EvaluationResult,
    ) -> None:
        was = {(effect.kind, effect.target): effect for effect in before.effects}
        now = {(effect.kind, effect.target): effect for effect in after.effects}
        changed = [key for key in {**was, **now} if not _alike(was.get(key), now.get(key))]
        if not changed:
            return
        self.totals.changed += 1
        for key in changed:
            counts = self.totals.kinds.setdefault(key[0], [0, 0, 0])
            counts[0 if key not in was else 1 if key not in now else 2] += 1
        if len(self.totals.changes) < MOST_SALES:
            skus = {line["line"]: line["item_sku"] for line in lines + before.added + after.added}
            changes = [
                _change_to_json(key, was.get(key), now.get(key), skus)
                for key in changed[:MOST_CHANGES]
            ]
            self.totals.changes.append(
                {
                    "sale": sale_id,
                    "agent": sale["agent_id"],
                    "more": len(changed) - len(changes),
                    "changes": changes,
                }
            )


class _ChangedRules:
    """Finds the sales that may be decided otherwise: those for which the condition of a rule that
    differs holds, as it was or as it is. A rule whose condition does not hold has no part in a
    decision, so that elsewhere both sets say the same: their other rules are alike and stand in the
    same order."""

    def __init__(self, old: RuleSet, new: RuleSet):
        same = _same_rules(old, new)
        differing = [
            rule for rule in (*old.rules, *new.rules) if rule.enabled and rule.code not in same
        ]
        self.none = not differing
        self.codes = codes = list(dict.fromkeys(rule.code for rule in differing))[:MOST_FATES]
        self.come = frozenset(
            code for code in codes if (rule := new.by_code.get(code)) and rule.enabled
        )
        self.gone = frozenset(codes) - self.come
        self._lines = _index_of(differing, "line")
        self._sales = _index_of(differing, "sale")

    def may_concern(self, sale: FactsOf, lines: list[FactsOf]) -> bool:
        if self.none:
            return False
        whole = {**BLANK, **sale}
        return bool(self._sales.hits(whole)) or any(
            self._lines.hits({**whole, **line}) for line in lines
        )


def _index_of(rules: list[Rule], scope: str) -> HashIndex:
    return HashIndex((rank, rule.when) for rank, rule in enumerate(rules) if rule.scope == scope)


def _same_rules(old: RuleSet, new: RuleSet) -> set[str]:
    """The codes of rules that decide alike and are evaluated in the same order on both sides: of
    those that decide alike, the ones before the first and behind the last that stands elsewhere."""
    was = [rule.code for rule in old.rules if _decide_alike(rule, new.by_code.get(rule.code))]
    now = [rule.code for rule in new.rules if _decide_alike(rule, old.by_code.get(rule.code))]
    ahead = _run(was, now)
    behind = min(_run(was[::-1], now[::-1]), len(was) - ahead)
    return {*was[:ahead], *was[len(was) - behind :]}


def _run(was: list[str], now: list[str]) -> int:
    """How many stand in the same place from the beginning on."""
    return next(
        (place for place, pair in enumerate(zip(was, now, strict=True)) if pair[0] != pair[1]),
        len(was),
    )


def _decide_alike(rule: Rule, other: Rule | None) -> bool:
    return other is not None and _deciding(rule) == _deciding(other)


def _deciding(rule: Rule) -> tuple[Any, ...]:
    return (
        rule.scope,
        rule.event,
        rule.valid_from,
        rule.valid_to,
        rule.enabled,
        rule.when,
        rule.then,
    )


def _typed_facts(facts: Mapping[str, Any], scope: str) -> dict[str, Any]:
    """`fields.facts_from_json`, at the speed of a hundred thousand sales."""
    typed = dict(facts)
    for key in EXACT[scope]:
        value = typed.get(key)
        if value is not None:
            typed[key] = Decimal(value)
    return typed


def _alike(was: EffectPlan | None, now: EffectPlan | None) -> bool:
    if was is None or now is None:
        return False
    same_params = was.params == now.params or _lasting(was.params) == _lasting(now.params)
    return same_params and was.amount == now.amount and was.lines == now.lines


def _lasting(params: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in params.items() if key != PLACE_OF_A_GIFT}


def _amount(action: Action, lines: list[FactsOf], effect: EffectPlan) -> Decimal:
    """What the effect comes to when it is carried out."""
    if effect.amount is not None:
        return effect.amount
    if action.settled is None:
        return ZERO
    return action.settled(next(line for line in lines if line["line"] == effect.lines[0]))


def _change_to_json(
    key: tuple[str, str], was: EffectPlan | None, now: EffectPlan | None, skus: Mapping[int, str]
) -> dict[str, Any]:
    touched = dict.fromkeys(skus[number] for plan in (was, now) if plan for number in plan.lines)
    return {
        "kind": key[0],
        "target": key[1],
        "skus": list(touched)[:MOST_SKUS],
        "was": _plan(was),
        "now": _plan(now),
    }


def _plan(plan: EffectPlan | None) -> dict[str, Any] | None:
    if plan is None:
        return None
    amount = None if plan.amount is None else str(plan.amount)
    return {
        "rule": plan.rule,
        "lines": plan.lines,
        "params": params_to_json(_lasting(plan.params)),
        "amount": amount,
    }


def _amounts(texts: list[str]) -> list[Decimal]:
    return [Decimal(text) for text in texts]


def _texts(amounts: list[Decimal]) -> list[str]:
    return [str(amount) for amount in amounts]
