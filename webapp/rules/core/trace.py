"""Why a rule fired, or why not: its condition with wanted, got and ok for every part, nothing cut
short."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from webapp.rules.core.compiler import compile_condition
from webapp.rules.core.conditions import Condition, FactCheck
from webapp.rules.core.fields import BLANK
from webapp.rules.core.operators import Facts
from webapp.rules.core.rule import Rule

Trace = dict[str, Any]


def explain_rule(rule: Rule, facts: Facts, on: date) -> Trace:
    """`{"code", "enabled", "in_force", "holds", "when": tree}`, ready for JSON. `holds`: it would
    fire on these facts."""
    tree = explain(rule.when, {**BLANK, **facts})
    in_force = rule.in_force(on)
    return {
        "code": rule.code,
        "enabled": rule.enabled,
        "in_force": in_force,
        "holds": rule.enabled and in_force and tree["ok"],
        "when": tree,
    }


def explain(condition: Condition, facts: Facts) -> Trace:
    """`{"op", "ok", "children"}` for a group, `{"field", "op", "wanted", "got", "ok"}` for a
    check."""
    if isinstance(condition, FactCheck):
        key = condition.field.key
        ok = compile_condition(condition)(facts)
        wanted, got = _json(condition.value), _json(facts[key])
        return {"field": key, "op": condition.op.key, "wanted": wanted, "got": got, "ok": ok}
    children = [explain(member, facts) for member in condition.members]
    oks = [child["ok"] for child in children]
    ok = {"all": all(oks), "any": any(oks), "not": not oks[0]}[condition.op]
    return {"op": condition.op, "ok": ok, "children": children}


def _json(value: object) -> object:
    if isinstance(value, tuple):
        return [_json(member) for member in value]
    return str(value) if isinstance(value, Decimal) else value
