"""Rule sets and decisions."""

from collections.abc import Sequence

from flask import current_app
from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from webapp.extensions import db
from webapp.rules.engine import RuleSet
from webapp.rules.models import Decision, Effect, RuleSetVersion


def rule_set_in_force() -> RuleSet:
    """The newest published version, compiled once per process."""
    version = db.session.scalar(select(func.max(RuleSetVersion.id)))
    return compiled(version)


def compiled(version: int) -> RuleSet:
    kept = current_app.extensions.setdefault("rule_sets", {})
    if version not in kept:
        kept[version] = RuleSet(version, db.session.get_one(RuleSetVersion, version).rules)
    return kept[version]


def decisions_of(sale_ids: Sequence[int], event: str) -> dict[int, Decision]:
    query = select(Decision).where(Decision.sale_id.in_(sale_ids), Decision.event == event)
    return {decision.sale_id: decision for decision in db.session.scalars(query.options(selectinload(Decision.effects)))}


def effects_of(sale_ids: Sequence[int], kinds: tuple[str, ...]) -> dict[int, list[Effect]]:
    found: dict[int, list[Effect]] = {}
    query = select(Effect).where(Effect.sale_id.in_(sale_ids), Effect.kind.in_(kinds)).order_by(Effect.id)
    for effect in db.session.scalars(query):
        found.setdefault(effect.sale_id, []).append(effect)
    return found


def published() -> RuleSetVersion | None:
    """The version in force; None before the first one."""
    return db.session.scalar(select(RuleSetVersion).order_by(RuleSetVersion.id.desc()).limit(1))
