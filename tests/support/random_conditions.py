"""Random conditions and facts of few values each, so that they often meet."""

from decimal import Decimal

from webapp.rules.core.fields import FIELDS
from webapp.rules.core.operators import OPERATORS

TEXTS = ["a", "b", "ab", "Aço", "“x”", "c'd", 'e"f', "g\\h"]
MONEY = ["0.00", "0.01", "10.00", "10.01", "129.90", "-5.00"]


def random_value(chance, field):
    """A JSON value the field accepts."""
    if field.choices:
        return chance.choice(list(field.choices)[:3])
    return {
        "money": lambda: chance.choice(MONEY),
        "percent": lambda: chance.choice(["0", "5.00", "7.5", "100"]),
        "int": lambda: chance.randint(0, 4),
        "text": lambda: chance.choice(TEXTS),
        "bool": lambda: chance.random() < 0.5,
    }[field.type]()


def random_condition(chance, depth=1):
    kind = chance.choice(["check", "check", "all", "any", "not"]) if depth < 4 else "check"
    if kind == "not":
        return {"not": random_condition(chance, depth + 1)}
    if kind != "check":
        return {kind: [random_condition(chance, depth + 1) for _ in range(chance.randint(1, 3))]}
    field = chance.choice(list(FIELDS.values()))
    op = chance.choice([op for op in OPERATORS.values() if field.type in op.types])
    check = {"field": field.key, "op": op.key}
    if op.takes == "one":
        check["value"] = random_value(chance, field)
    elif op.takes == "list":
        check["value"] = [random_value(chance, field) for _ in range(chance.randint(1, 4))]
    elif op.takes == "pair":
        check["value"] = sorted((random_value(chance, field) for _ in range(2)), key=Decimal)
    return check


def random_sales(chance, number):
    """The facts of so many lines, to be drawn from again and again: reading them is dear."""
    return [random_facts(chance) for _ in range(number)]


def random_facts(chance):
    facts = {}
    for key, field in FIELDS.items():
        empty = field.nullable and chance.random() < 0.3
        facts[key] = None if empty else field.read(random_value(chance, field))
    return facts
