"""How fast the rules are, next to a hand-written if/else of the same rules. `bench()` prints one line each.

"grown" is a shop whose products and customers grew with its rules (two and five for each rule); without the word
the shop stays at 2,000 products and 5,000 customers, so that ten times the rules fire ten times as often.

A fact is one line of a sale. "matching" finds the rules whose condition holds, as the if/else does; "deciding"
is the whole of `RuleSet.decide` for sales of one line.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable
from datetime import date
from decimal import Decimal

from webapp.rules.engine import RuleSet
from webapp.rules.fields import FIELDS, GOODS, KINDS, STATES

RUNS = 5
CHANNELS = ("site", "phone", "market", "b2b")
TODAY = date(2026, 11, 20)


def specific_rules(number: int, size: int = 1000, seed: int = 7) -> list[dict]:
    """Nine of ten name products or a customer of a shop of that size; one of ten is general."""
    chance = random.Random(seed)
    return [
        {"code": f"r{i}", "name": f"Rule {i}", "when": _condition(chance, i, size), "then": [_action(i)]}
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
        {"field": "item_sku", "op": "in", "value": [f"SKU-{chance.randrange(2 * size)}" for _ in range(3)]},
    )
    if i % 10 == 0:
        return {"all": general}
    return {"all": [specific[i % 3], general[2], {"any": [general[0], general[3]]}]}


def _action(i: int) -> dict:
    return {"do": "email", "template": f"template_{i}"} if i % 2 else {"do": "commission", "percent": "2.50"}


def random_sales(number: int, size: int = 1000, seed: int = 8) -> list[tuple[dict, list[dict]]]:
    chance = random.Random(seed)
    return [_random_sale(chance, size) for _ in range(number)]


def _random_sale(chance: random.Random, size: int) -> tuple[dict, list[dict]]:
    facts = {key: field.sample for key, field in FIELDS.items()}
    kind, total = chance.choice(list(KINDS)), Decimal(chance.randrange(500, 100_000)) / 100
    facts.update(
        item_sku=f"SKU-{chance.randrange(2 * size)}", item_kind=kind, item_physical=kind in GOODS, item_total=total,
        item_price=total, sale_total=total, sale_goods_total=total, customer_id=str(chance.randrange(5 * size)),
        sale_channel=chance.choice(CHANNELS), customer_state=chance.choice(STATES),
    )
    sale = {key: facts[key] for key, field in FIELDS.items() if field.scope == "sale"}
    line = {key: facts[key] for key, field in FIELDS.items() if field.scope == "line"}
    return sale, [{**line, "line": 1}]


def if_else(rules: list[dict]) -> Callable[[dict], list[int]]:
    """The same rules as a programmer would write them: one if after the other, in one compiled function."""
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


def rate(work: Callable[[object], object], items: list) -> float:
    """Items per second, the median of RUNS."""
    seconds = []
    for _ in range(RUNS):
        start = time.perf_counter()
        for item in items:
            work(item)
        seconds.append(time.perf_counter() - start)
    return len(items) / statistics.median(seconds)


def measure(number: int, size: int = 1000) -> dict[str, float]:
    """Facts per second of matching and of deciding, and the seconds to compile `number` rules."""
    rules, sales = specific_rules(number, size), random_sales(3000, size)
    facts = [{**sale, **lines[0]} for sale, lines in sales]
    compiling = []
    for _ in range(3):
        start = time.perf_counter()
        rule_set = RuleSet(1, rules)
        compiling.append(time.perf_counter() - start)
    return {
        "compile_s": statistics.median(compiling),
        "match_per_s": rate(rule_set.line_index.hits, facts),
        "decide_per_s": rate(lambda sale: rule_set.decide(*sale, lambda sku: None, TODAY), sales),
    }


def measure_if_else(number: int) -> float:
    """Facts per second of the if/else, once it was seen to find the same rules."""
    rules, sales = specific_rules(number), random_sales(500)
    facts = [{**sale, **lines[0]} for sale, lines in sales]
    match, index = if_else(rules), RuleSet(1, rules).line_index
    if any(match(fact) != index.hits(fact) for fact in facts):
        raise AssertionError("the if/else and the index disagree; the comparison is worth nothing")
    return rate(match, facts)


def bench() -> dict[str, float]:
    """Prints and returns the figures; the ratios are of the same run."""
    small, large, grown = measure(1000), measure(10_000), measure(10_000, size=10_000)
    figures = {
        **{f"rules_1000_{name}": value for name, value in small.items()},
        "rules_1000_if_else_per_s": measure_if_else(1000),
        **{f"rules_10000_{name}": value for name, value in large.items()},
        **{f"rules_10000_grown_{name}": value for name, value in grown.items()},
    }
    figures["rules_1000_match_to_if_else"] = figures["rules_1000_match_per_s"] / figures["rules_1000_if_else_per_s"]
    for shop, measured in (("10000", large), ("10000_grown", grown)):
        for name in ("match", "decide"):
            figures[f"rules_{shop}_to_1000_{name}"] = measured[f"{name}_per_s"] / small[f"{name}_per_s"]
    for name, value in figures.items():
        print(f"{name:36} {value:12,.2f}")
    return figures


if __name__ == "__main__":
    bench()
