"""Random rules of a small world whose sales are few enough to look at all of them."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import product

from webapp.rules.core.engine import RuleSet
from webapp.rules.core.fields import FIELDS, KINDS, sample_facts

TODAY = date(2026, 11, 20)
# Values that rules ask for, some that none asks for, and some that only begin like one.
WORLD = {
    "item_kind": list(KINDS),
    "item_gift": [False, True],
    "item_quantity": [0, 1, 2, 3, 9],
    "agent_id": [None, "A1", "A2", "A1~", "A2~", "zz"],
    "sale_channel": ["site", "si", "te", "site~", "si~", "te~", "zz"],
    "agent_percent": [None, Decimal("0.00"), Decimal("5.00"), Decimal("100.00")],
}
ASKED = {
    "item_kind": list(KINDS)[:4],
    "item_quantity": [1, 2, 3],
    "agent_id": ["A1", "A2"],
    "sale_channel": ["site", "si", "te"],
    "agent_percent": ["0", "5.00", "100"],
}
EVERY_SALE = [
    sample_facts(dict(zip(WORLD, values, strict=True))) for values in product(*WORLD.values())
]
GIFT = sample_facts({"item_kind": "video"})


def _check(chance):
    key = chance.choice([*WORLD, "item_physical"])
    kind = FIELDS[key].type
    if kind == "bool":
        return {"field": key, "op": chance.choice(["is_true", "is_false"])}
    ops = ["eq", "ne", "is_set", "is_empty"]
    ops += ["gt", "gte", "lt", "lte", "between"] if kind in ("int", "percent") else ["in", "not_in"]
    ops += ["contains", "starts_with"] if kind == "text" else []
    op = chance.choice(ops)
    if op.startswith("is_"):
        return {"field": key, "op": op}
    if op == "between":
        return {
            "field": key,
            "op": op,
            "value": sorted(chance.choices(ASKED[key], k=2), key=Decimal),
        }
    few = chance.sample(ASKED[key], chance.randint(1, len(ASKED[key])))
    return {"field": key, "op": op, "value": few if op in ("in", "not_in") else few[0]}


def random_condition(chance, depth=1):
    kind = chance.choice(["check", "check", "all", "any", "not"]) if depth < 4 else "check"
    if kind == "check":
        return _check(chance)
    if kind == "not":
        return {"not": random_condition(chance, depth + 1)}
    return {kind: [random_condition(chance, depth + 1) for _ in range(chance.randint(1, 3))]}


def _action(chance, later):
    skip = [{"do": "skip_rule", "codes": chance.sample(later, min(len(later), 2))}] if later else []
    return chance.choice(
        [
            *([{"do": "commission", "percent": chance.choice(["agent", "1", "2"])}] * 3),
            {"do": "hold", "reason": chance.choice(["a", "b"])},
            {"do": "email", "template": chance.choice(["hello", "bye"])},
            {"do": "add_item", "sku": "X"},
            *skip,
        ]
    )


def _validity(chance):
    days = sorted(TODAY + timedelta(days=chance.randint(-2, 3)) for _ in range(2))
    first, last = (str(day) if chance.random() < 0.2 else None for day in days)
    return {"valid_from": first, "valid_to": last}


def random_rules(chance):
    """A few rules in the order they are heard, some of them exceptions to later ones."""
    codes = [f"r{place}" for place in range(chance.randint(2, 5))]
    rules, priority = [], 5
    for place, code in enumerate(codes):
        priority -= chance.random() < 0.3
        actions = [_action(chance, codes[place + 1 :]), _action(chance, [])]
        then = actions[: 1 if actions[0]["do"] == actions[1]["do"] else chance.randint(1, 2)]
        rules.append(
            {
                "code": code,
                "name": code,
                "priority": priority,
                "when": random_condition(chance),
                "then": then,
            }
            | _validity(chance)
        )
    return rules


def verdicts(rules, sales):
    """One by one; `sales` are (facts, day)."""
    compiled = RuleSet(1, rules)
    for facts, day in sales:
        yield compiled.decide({}, [facts | {"line": 1}], lambda sku: GIFT, day).to_json()


def random_sales(chance, number):
    return [
        (chance.choice(EVERY_SALE), TODAY + timedelta(days=chance.randint(0, 3)))
        for _ in range(number)
    ]
