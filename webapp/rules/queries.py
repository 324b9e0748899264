"""Rule sets, the draft, how often rules fired, and decisions."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import NamedTuple
from zoneinfo import ZoneInfo

from flask import current_app
from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import defer, selectinload

from webapp.http.localization import time_zone
from webapp.platform.database import db
from webapp.rules.core.engine import RuleSet
from webapp.rules.models import Decision, DraftStatus, Effect, RuleDraft, RuleFiring, RuleSetVersion
from webapp.staff.models import Role, User

KEPT_SETS = 8
FIRED_DAYS = 30
PUBLISHERS_NAMED = 3


class Firing(NamedTuple):
    """When a rule last fired, and for how many sales in the last FIRED_DAYS days."""

    last_at: dt.datetime
    in_30_days: int


def rule_set_in_force() -> RuleSet:
    """The newest published version, compiled once per process."""
    version = db.session.scalar(select(func.max(RuleSetVersion.id)))
    return compiled(version)


def compiled(version: int) -> RuleSet:
    """A published version; those last asked for stay compiled."""
    kept: dict[int, RuleSet] = current_app.extensions.setdefault("rule_sets", {})
    found = kept.pop(version, None) or RuleSet(
        version, db.session.get_one(RuleSetVersion, version).rules
    )
    kept[version] = found
    for oldest in list(kept)[:-KEPT_SETS]:
        kept.pop(oldest, None)
    return found


def decisions_of(sale_ids: Sequence[int], event: str) -> dict[int, Decision]:
    query = select(Decision).where(Decision.sale_id.in_(sale_ids), Decision.event == event)
    return {
        decision.sale_id: decision
        for decision in db.session.scalars(query.options(selectinload(Decision.effects)))
    }


def effects_of(sale_ids: Sequence[int], kinds: tuple[str, ...]) -> dict[int, list[Effect]]:
    found: dict[int, list[Effect]] = {}
    query = (
        select(Effect)
        .where(Effect.sale_id.in_(sale_ids), Effect.kind.in_(kinds))
        .order_by(Effect.id)
    )
    for effect in db.session.scalars(query):
        found.setdefault(effect.sale_id, []).append(effect)
    return found


# Versions


def published() -> RuleSetVersion | None:
    """The version in force; None before the first one."""
    return db.session.scalar(versions().limit(1))


def versions() -> Select:
    """The newest first."""
    return select(RuleSetVersion).order_by(RuleSetVersion.id.desc())


def without_rules(query: Select) -> Select:
    """The same rows without their rules, which may be megabytes each."""
    return query.options(defer(RuleSetVersion.rules))


def version_before(version_id: int) -> RuleSetVersion | None:
    """The one that was in force right before."""
    return db.session.scalar(versions().where(RuleSetVersion.id < version_id).limit(1))


def version_on(day: dt.date) -> RuleSetVersion | None:
    """The version in force at the end of that day of the shop's: today and later the newest; None
    before the first."""
    if day == dt.date.max:
        return published()
    midnight = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), ZoneInfo(time_zone()))
    return db.session.scalar(versions().where(RuleSetVersion.published_at < midnight).limit(1))


# The draft


def open_draft(lock: bool = False) -> RuleDraft | None:
    query = select(RuleDraft).where(RuleDraft.status == DraftStatus.OPEN)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return db.session.scalar(query)


def rules_to_edit() -> list[dict]:
    """The draft's rules, else those in force, as JSON."""
    held = open_draft() or published()
    return held.rules if held else []


def rule_named(rules: Iterable[dict], code: str) -> dict | None:
    return next((raw for raw in rules if raw["code"] == code), None)


def other_publishers(author_ids: Iterable[int]) -> list[str]:
    """Names of some who may publish what these people wrote."""
    query = select(User.name).where(
        User.role.in_((Role.MANAGER, Role.ADMIN)), User.active, User.id.not_in(author_ids)
    )
    return list(db.session.scalars(query.order_by(User.name).limit(PUBLISHERS_NAMED)))


# Firings


def firings(today: dt.date, codes: Sequence[str] | None = None) -> dict[str, Firing]:
    """By rule, those of `codes` only where given; a rule that never fired is not among them."""
    recent = case(
        (RuleFiring.day > today - dt.timedelta(days=FIRED_DAYS), RuleFiring.sales), else_=0
    )
    query = select(RuleFiring.code, func.max(RuleFiring.last_at), func.sum(recent)).group_by(
        RuleFiring.code
    )
    if codes is not None:
        query = query.where(RuleFiring.code.in_(codes))
    return {code: Firing(last_at, int(sales)) for code, last_at, sales in db.session.execute(query)}
