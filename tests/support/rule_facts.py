"""A small shop for the tests of the rules: products and sales as facts."""

from datetime import date
from decimal import Decimal

from webapp.rules.core.day_one import day_one_rules
from webapp.rules.core.engine import RuleSet
from webapp.rules.core.fields import GOODS

TODAY = date(2026, 11, 20)
DISC_PAIRS = {"VD-0001": "VD-0002"}
STREAM_PAIRS = {"ST-0003": "ST-0002"}
AGENTS = {"A1": "5.00", "A2": "7.50", "A3": "10.00"}


def _product(name, kind, price, royalty=None, author=None):
    return {
        "item_name": name,
        "item_kind": kind,
        "item_physical": kind in GOODS,
        "item_price": Decimal(price),
        "item_category": None,
        "item_royalty_percent": royalty and Decimal(royalty),
        "item_author": author,
    }


PRODUCTS = {
    "LV-0001": _product("Travessias", "book", "89.90", "10.00", "Lívia"),
    "LV-0002": _product("Aprendendo a Esquiar", "book", "59.90", "8.00", "Otávio"),
    "EB-0001": _product("Travessias (e-book)", "ebook", "39.90", "25.00", "Lívia"),
    "VD-0001": _product("Aprendendo a Esquiar", "video", "49.90"),
    "VD-0002": _product("Primeiros Socorros", "video", "29.90"),
    "VD-0003": _product("Neve nos Andes", "video", "44.90"),
    "ST-0001": _product("Orientação na Trilha", "streaming", "79.00"),
    "ST-0002": _product("Primeiros Socorros", "streaming", "24.90"),
    "ST-0003": _product("Aprendendo a Esquiar", "streaming", "34.90"),
    "FI-0001": _product("Garrafa térmica", "physical", "129.90"),
    "FI-0002": _product("Caneca", "physical", "45.50"),
    "FI-0003": _product("Mochila", "physical", "389.00"),
    "FI-0004": _product("Óculos de neve", "physical", "259.90"),
    "CL-0001": _product("Clube Básico", "membership", "120.00"),
    "CL-0002": _product("Upgrade", "membership_upgrade", "90.00"),
    "CL-0003": _product("Reativação", "membership_reactivation", "60.00"),
}

HIGH_VALUE_HOLD = {
    "code": "high_value_hold",
    "name": "Pedido a partir de R$ 5.000,00 espera conferência",
    "scope": "sale",
    "event": "paid",
    "priority": 10,
    "valid_from": "2026-01-01",
    "valid_to": None,
    "when": {"field": "sale_total", "op": "gte", "value": "5000.00"},
    "then": [{"do": "hold"}],
    "examples": [
        {"facts": {"sale_total": "5000.00"}, "expect": ["hold"]},
        {"facts": {"sale_total": "4999.99"}, "expect": []},
    ],
}


def line(number, sku, quantity=1, **facts):
    product = {"item_sku": sku, "item_gift": False, **PRODUCTS[sku]}
    total = product["item_price"] * quantity
    return {**product, "line": number, "item_quantity": quantity, "item_total": total, **facts}


def sale(lines, agent=None, **facts):
    total = sum((each["item_total"] for each in lines), Decimal("0.00"))
    return {
        "sale_total": total,
        "sale_goods_total": total,
        "sale_freight": Decimal("0.00"),
        "sale_channel": "site",
        "sale_tags": None,
        "payment_method": "pix",
        "customer_id": "C1",
        "customer_document_kind": "cpf",
        "customer_state": "SP",
        "taxpayer": "non_contributor",
        "agent_id": agent,
        "agent_percent": agent and Decimal(AGENTS[agent]),
        "membership_status": "none",
        "membership_plan": None,
        **facts,
    }


def catalog(sku):
    return PRODUCTS.get(sku)


def day_one(*more):
    return RuleSet(1, [*day_one_rules(DISC_PAIRS, STREAM_PAIRS), *more])


def decide(rule_set, lines, agent=None, on=TODAY, **facts):
    return rule_set.decide(sale(lines, agent, **facts), lines, catalog, on)


def effects(verdict, *kinds):
    """(kind, target, lines) of the effects, only of `kinds` when given."""
    return [(e.kind, e.target, e.lines) for e in verdict.effects if not kinds or e.kind in kinds]


def kinds(verdict):
    return sorted({effect.kind for effect in verdict.effects})


def outcomes(verdict):
    return [(o.rule, o.outcome, o.lines, o.by) for o in verdict.outcomes]


def commissions(verdict):
    return [(e.target, str(e.amount)) for e in verdict.effects if e.kind == "commission"]


def rule(code, when=None, then=None, **more):
    """A JSON rule; without `when` it holds for each line of any sale."""
    scope = more.get("scope", "line")
    anything = {"field": "sale_total" if scope == "sale" else "item_quantity", "op": "is_set"}
    return {
        "code": code,
        "name": code,
        "when": when or anything,
        "then": then or [{"do": "hold"}],
        **more,
    }
