"""How fast the rules are, next to a hand-written if/else of the same rules. `bench()` prints one
figure a line.

A fact is one line of a sale. "matching" finds the rules whose condition holds, as the if/else does;
"deciding" is the whole of `RuleSet.decide` for a sale of one line, with the effects of the rules
that fire.

"grown" is a shop whose products and customers grew with its rules (two and five for each rule). In
the "same" shop of 2,000 products and 5,000 customers, ten times the rules mean that ten times as
many fire for each fact, which is work that no index takes away.

To hold: at 1,000 rules compiled in under 0.5 s, matching at 60,000 facts/s and 5 times the if/else;
at 10,000 rules, in a shop that grew with them, 0.4 of the rate.
"""

from __future__ import annotations

import gc
import random
import statistics
import time
from collections.abc import Callable
from datetime import date
from decimal import Decimal

from tests.bench.figures import tell
from webapp.rules.core.engine import RuleSet
from webapp.rules.core.fields import FIELDS, GOODS, KINDS, STATES

# Each measures all cases in turn, on facts of its own: ratios are of what ran side by side.
ROUNDS, FACTS_A_ROUND = 24, 250
CHANNELS = ("site", "phone", "market", "b2b")
TODAY = date(2026, 11, 20)


def specific_rules(number: int, size: int = 1000, seed: int = 7) -> list[dict]:
    """Nine of ten name products or a customer of a shop of that size; one of ten is general."""
    chance = random.Random(seed)
    return [
        {
            "code": f"r{i}",
            "name": f"Rule {i}",
            "when": _condition(chance, i, size),
            "then": [_action(i)],
        }
        for i in range(number)
    ]


def _condition(chance: random.Random, i: int, size: int) -> dict:
    amount = f"{chance.randint(10, 900)}.00"
    general = [
        {"field": "item_kind", "op": "eq", "value": chance.choice(list(KINDS))},
        {"field": "customer_state", "op": "eq", "value": chance.choice(STATES)},
        {"field": "sale_total", "op": "gte", "value": amount},
        {"field": "sale_channel", "op": "eq", "value": chance.choice(CHANNELS)},
    ]
    specific = (
        {"field": "item_sku", "op": "eq", "value": f"SKU-{chance.randrange(2 * size)}"},
        {"field": "customer_id", "op": "eq", "value": str(chance.randrange(5 * size))},
        {
            "field": "item_sku",
            "op": "in",
            "value": [f"SKU-{chance.randrange(2 * size)}" for _ in range(3)],
        },
    )
    if i % 10 == 0:
        return {"all": general}
    return {"all": [specific[i % 3], general[2], {"any": [general[0], general[3]]}]}


def _action(i: int) -> dict:
    return (
        {"do": "email", "template": f"template_{i}"}
        if i % 2
        else {"do": "commission", "percent": "2.50"}
    )


def random_sales(number: int, size: int = 1000, seed: int = 8) -> list[tuple[dict, list[dict]]]:
    chance = random.Random(seed)
    return [_random_sale(chance, size) for _ in range(number)]


def _random_sale(chance: random.Random, size: int) -> tuple[dict, list[dict]]:
    facts = {key: field.sample for key, field in FIELDS.items()}
    kind, total = chance.choice(list(KINDS)), Decimal(chance.randrange(500, 100_000)) / 100
    facts.update(
        item_sku=f"SKU-{chance.randrange(2 * size)}",
        item_kind=kind,
        item_physical=kind in GOODS,
        item_total=total,
        item_price=total,
        sale_total=total,
        sale_goods_total=total,
        customer_id=str(chance.randrange(5 * size)),
        sale_channel=chance.choice(CHANNELS),
        customer_state=chance.choice(STATES),
    )
    sale = {key: facts[key] for key, field in FIELDS.items() if field.scope == "sale"}
    line = {key: facts[key] for key, field in FIELDS.items() if field.scope == "line"}
    return sale, [{**line, "line": 1}]


def if_else(rules: list[dict]) -> Callable[[dict], list[int]]:
    """The same rules as a programmer would write them: one if after the other, in one compiled
    function."""
    body, values = [], {}

    def text(condition: dict) -> str:
        for group, word in (("all", " and "), ("any", " or ")):
            if group in condition:
                return "(" + word.join(text(member) for member in condition[group]) + ")"
        field, name = FIELDS[condition["field"]], f"v{len(values)}"
        raw = condition["value"]
        values[name] = frozenset(raw) if isinstance(raw, list) else field.read(raw)
        sign = {"eq": "==", "gte": ">=", "in": "in"}[condition["op"]]
        return f"facts[{condition['field']!r}] {sign} {name}"

    for i, rule in enumerate(rules):
        body += [f"    if {text(rule['when'])}:", f"        hits.append({i})"]
    # Values stand as globals, as named constants would.
    exec("\n".join(["def match(facts):", "    hits = []", *body, "    return hits"]), values)
    return values["match"]


class Case:
    """One thing measured: `work` on each of `items`, slice by slice."""

    def __init__(self, work: Callable[[object], object], items: list):
        self.work, self.items, self.seconds = work, items, []

    def run(self, round_: int) -> None:
        """Processor time, so that what else the machine does counts little."""
        start = round_ * FACTS_A_ROUND % len(self.items)
        some = self.items[start : start + FACTS_A_ROUND]
        began = time.process_time()
        for item in some:
            self.work(item)
        self.seconds.append((time.process_time() - began) / len(some))

    @property
    def per_s(self) -> float:
        """Of the better quarter of the rounds."""
        return 1 / statistics.quantiles(self.seconds, n=4)[0]

    def to(self, other: Case) -> float:
        """How many times as fast as the other, round for round."""
        return statistics.median(
            theirs / ours for ours, theirs in zip(self.seconds, other.seconds, strict=True)
        )


def rate(work: Callable[[object], object], items: list) -> float:
    """Items per second."""
    case = Case(work, items)
    for round_ in range(ROUNDS):
        case.run(round_)
    return case.per_s


class Measured:
    """A rule set of a shop, with its cases."""

    def __init__(self, number: int, size: int = 1000):
        self.rules = specific_rules(number, size)
        sales = random_sales(ROUNDS * FACTS_A_ROUND, size)
        self.facts = [{**sale, **lines[0]} for sale, lines in sales]
        compiling = []
        for _ in range(3):
            began = time.process_time()
            self.rule_set = RuleSet(1, self.rules)
            compiling.append(time.process_time() - began)
        self.compile_s = min(compiling)
        self.matching = Case(self.rule_set.indexes["paid", "line"].hits, self.facts)
        self.deciding = Case(
            lambda sale: self.rule_set.decide(*sale, lambda sku: None, TODAY), sales
        )

    def figures(self, name: str) -> dict[str, float]:
        return {
            f"{name}: rules fired for each fact": statistics.mean(
                len(self.matching.work(fact)) for fact in self.facts
            ),
            f"{name}: matching, facts/s": self.matching.per_s,
            f"{name}: deciding, facts/s": self.deciding.per_s,
        }

    def by_hand(self) -> Case:
        """The if/else of these rules, once it was seen to find the same ones."""
        match, some = if_else(self.rules), self.facts[: 2 * FACTS_A_ROUND]
        if any(match(fact) != self.rule_set.indexes["paid", "line"].hits(fact) for fact in some):
            raise AssertionError(
                "the if/else and the index disagree; the comparison is worth nothing"
            )
        return Case(match, some)


def bench() -> dict[str, float]:
    """Prints and returns the figures."""
    small, grown, same = Measured(1000), Measured(10_000, size=10_000), Measured(10_000)
    by_hand = small.by_hand()
    gc.collect()
    for round_ in range(ROUNDS):
        for case in (
            by_hand,
            *(case for each in (small, grown, same) for case in (each.matching, each.deciding)),
        ):
            case.run(round_)
    figures = {
        "1,000 rules: compiling, s": small.compile_s,
        "1,000 rules: the if/else, facts/s": by_hand.per_s,
        "1,000 rules: matching, times the if/else": small.matching.to(by_hand),
        **small.figures("1,000 rules"),
    }
    for name, each in (("10,000 rules, grown shop", grown), ("10,000 rules, same shop", same)):
        figures |= each.figures(name)
        figures[f"{name}: matching, to 1,000 rules"] = each.matching.to(small.matching)
        figures[f"{name}: deciding, to 1,000 rules"] = each.deciding.to(small.deciding)
    for name, value in figures.items():
        tell(name, f"{value:,.0f}" if value > 1000 else f"{value:.2f}")
    return figures


if __name__ == "__main__":
    bench()
