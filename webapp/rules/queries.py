"""Rule sets, the draft, how often rules fired, and decisions."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from flask import current_app, g
from flask_babel import gettext as _
from sqlalchemy import BindParameter, ScalarSelect, Select, bindparam, case, func, select
from sqlalchemy.orm import defer, joinedload, selectinload

from webapp.http.localization import time_zone
from webapp.platform.database import db
from webapp.platform.errors import Refusal
from webapp.rules.core.book import RuleBook
from webapp.rules.core.engine import RuleSet
from webapp.rules.core.rule import Rule
from webapp.rules.models import Decision, DraftStatus, Effect, RuleDraft, RuleFiring, RuleSetVersion
from webapp.staff.models import Role, User

KEPT_SETS = 8
KEPT_BOOKS = 4
FIRED_DAYS = 30
PUBLISHERS_NAMED = 3


class Firing(NamedTuple):
    """When a rule last fired, and for how many sales in the last FIRED_DAYS days."""

    last_at: dt.datetime
    in_30_days: int


# Statements that every batch of sales needs are built once.
_NEWEST = select(func.coalesce(func.max(RuleSetVersion.id), 0))
_of_sales: BindParameter[int] = bindparam("sale_ids", expanding=True)
_DECISIONS = (
    select(Decision)
    .where(Decision.sale_id.in_(_of_sales), Decision.event == bindparam("event"))
    .options(selectinload(Decision.effects))
)
_EFFECTS = (
    select(Effect)
    .where(Effect.sale_id.in_(_of_sales), Effect.kind.in_(bindparam("kinds", expanding=True)))
    .order_by(Effect.id)
)


def rule_set_in_force() -> RuleSet:
    """The newest published version, compiled once per process."""
    return compiled(db.session.execute(_NEWEST).scalar_one())


def newest_rule_set() -> ScalarSelect[int]:
    """Its number, for a statement that a page asks anyway, before it names rules; `learn` it."""
    return _NEWEST.scalar_subquery()


def learn_newest_rule_set(version: int) -> None:
    g.newest_rule_set = version


def rules_by_code() -> Mapping[str, Rule]:
    """Those in force, read once for a page however often it names one."""
    if "rules_by_code" not in g:
        known = g.get("newest_rule_set")
        rules = rule_set_in_force() if known is None else compiled(known)
        g.rules_by_code = rules.by_code
    by_code: Mapping[str, Rule] = g.rules_by_code
    return by_code


def compiled(version: int) -> RuleSet:
    """A published version; those last asked for stay compiled."""
    known = current_app.extensions.setdefault("rule_sets", {})
    found: RuleSet = known.pop(version, None) or RuleSet(version, version_book(version))
    _remember(known, version, found, KEPT_SETS)
    return found


# Books


def version_book(version: int) -> RuleBook:
    """The rules of a published version; those last asked for stay parsed."""
    known = current_app.extensions.setdefault("rule_books", {})
    found: RuleBook | None = known.pop(version, None)
    if found is None:
        found = RuleBook.of(db.session.get_one(RuleSetVersion, version).rules)
    _remember(known, version, found, KEPT_BOOKS)
    return found


def draft_book(draft: RuleDraft) -> RuleBook:
    """The rules of a draft: what it has in common with the version that it began from, and with
    itself when it was last asked for, is not parsed again."""
    known = current_app.extensions.setdefault("draft_books", {})
    base, last = version_book(draft.base_id), known.pop(draft.id, RuleBook())
    found = RuleBook.of(draft.rules, base, last)
    _remember(known, draft.id, found, 1)
    return found


def book_to_edit() -> RuleBook:
    """The rules of the draft, else those in force."""
    draft = open_draft()
    if draft:
        return draft_book(draft)
    present = db.session.scalar(select(func.max(RuleSetVersion.id)))
    return version_book(present) if present else RuleBook()


def _remember(known: dict[int, Any], key: int, value: object, most: int) -> None:
    known[key] = value
    for oldest in list(known)[:-most]:
        known.pop(oldest, None)


def decisions_of(sale_ids: Sequence[int], event: str) -> dict[int, Decision]:
    found = db.session.scalars(_DECISIONS, {"sale_ids": sale_ids, "event": event})
    return {decision.sale_id: decision for decision in found}


def decision_of(sale_id: int, event: str) -> Decision | None:
    """One sale's, with its effects, in one query."""
    query = select(Decision).where(Decision.sale_id == sale_id, Decision.event == event)
    return db.session.scalars(query.options(joinedload(Decision.effects))).unique().one_or_none()


def effects_of(sale_ids: Sequence[int], kinds: tuple[str, ...]) -> dict[int, list[Effect]]:
    found: dict[int, list[Effect]] = {}
    for effect in db.session.scalars(_EFFECTS, {"sale_ids": sale_ids, "kinds": kinds}):
        found.setdefault(effect.sale_id, []).append(effect)
    return found


# Versions


def published() -> RuleSetVersion | None:
    """The version in force; None before the first one."""
    return db.session.scalar(versions().limit(1))


def in_force() -> RuleSetVersion:
    """The version in force, its rules loaded when asked for. Raises Refusal before the first
    one."""
    version = db.session.scalar(without_rules(versions()).limit(1))
    if version is None:
        raise Refusal(_("The shop has no published rules yet."))
    return version


def versions() -> Select[RuleSetVersion]:
    """The newest first."""
    return select(RuleSetVersion).order_by(RuleSetVersion.id.desc())


def without_rules(query: Select[RuleSetVersion]) -> Select[RuleSetVersion]:
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
