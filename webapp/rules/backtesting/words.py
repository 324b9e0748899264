"""A backtest as a person reads it: figures with their differences, and each change in words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_pgettext, ngettext
from sqlalchemy import select

from webapp.customers.models import Agent
from webapp.http.formatting import day_text
from webapp.platform.database import db
from webapp.rules.backtesting.comparison import ComparisonTotals
from webapp.rules.core.actions import ACTIONS, ActionUse, Param
from webapp.rules.core.book import RuleBook
from webapp.rules.core.sentence import action_phrase, rule_name
from webapp.rules.linting.references import MOST_NAMED
from webapp.rules.models import Backtest
from webapp.rules.queries import version_book
from webapp.sales.models import Sale

MOST_AGENTS = 50
# A change of an effect by whether it was there before and is there after: label and tone.
CHANGE_LABELS = {
    (False, True): (lazy_pgettext("an action", "New"), "good"),
    (True, False): (lazy_pgettext("an action", "Gone"), "bad"),
    (True, True): (lazy_pgettext("an action", "Changed"), "info"),
}


@dataclass(frozen=True)
class Money:
    """`name` is of an agent; empty for a sum."""

    name: str
    before: Decimal
    after: Decimal

    @property
    def difference(self) -> Decimal:
        return self.after - self.before


@dataclass(frozen=True)
class Figures:
    """`agents` are those whose commission differs, the most different first; `others` of them are
    not shown."""

    totals: ComparisonTotals
    kinds: list[tuple[str, list[int]]]
    commission: Money
    royalty: Money
    agents: list[Money]
    others: int


@dataclass(frozen=True)
class EffectChange:
    """`before` and `after` are amounts, or None; `was` and `now` say what the rule did, where it
    did something."""

    label: str
    tone: str
    action: str
    skus: str
    was: str
    now: str
    before: Decimal | None
    after: Decimal | None
    rules: list[str]

    @property
    def words(self) -> str:
        if self.was and self.now and self.was != self.now:
            return _("%(before)s → %(after)s", before=self.was, after=self.now)
        return self.now or self.was


@dataclass(frozen=True)
class ChangedSale:
    """A sale that changes. `more` of its changes were not kept."""

    id: int
    reference: str
    paid_at: dt.datetime
    agent: str
    changes: list[EffectChange]
    more: int


def figures_of(backtest: Backtest) -> Figures:
    totals = ComparisonTotals.from_json(backtest.result, [])
    differing = {code: pair for code, pair in totals.agents.items() if pair[0] != pair[1]}
    first = sorted(
        differing, key=lambda code: (-abs(differing[code][1] - differing[code][0]), code)
    )[:MOST_AGENTS]
    names = _agents(first)
    return Figures(
        totals,
        [
            (str(ACTIONS[kind].label), totals.kinds[kind])
            for kind in ACTIONS
            if kind in totals.kinds
        ],
        Money("", *totals.commission),
        Money("", *totals.royalty),
        [Money(names.get(code, code), *differing[code]) for code in first],
        len(differing) - len(first),
    )


def why_nothing(backtest: Backtest, totals: ComparisonTotals) -> list[str]:
    """Of each of the first rules that differ, what became of it on the orders judged."""
    names = _all_names(backtest)
    return [_fate(code, fate, totals.sales, names) for code, fate in totals.fates.items()]


def _all_names(backtest: Backtest) -> dict[str, str]:
    books = version_book(backtest.base_id), RuleBook.of(backtest.rules)
    return {rule.code: rule_name(rule) for book in books for rule in book.rules}


def _fate(code: str, fate: dict[str, Any], sales: int, names: Mapping[str, str]) -> str:
    parts = {"name": names.get(code, code), "held": fate["held"], "orders": sales}
    if not fate["held"]:
        return _("“%(name)s” held in none of %(orders)s orders.", **parts)
    if fate["fired"]:
        return _("“%(name)s” held in %(held)s of %(orders)s orders, to the same effect.", **parts)
    winners = [_("“%(value)s”", value=names.get(by, by)) for by in fate["by"] if by]
    if not winners:
        return _(
            "“%(name)s” held in %(held)s of %(orders)s orders and had nothing to pay.", **parts
        )
    return _(
        "“%(name)s” held in %(held)s of %(orders)s orders and never counted: %(others)s came "
        "first.",
        others=", ".join(winners[:MOST_NAMED]),
        **parts,
    )


def changed_sales(backtest: Backtest, changes: Sequence[dict[str, Any]]) -> list[ChangedSale]:
    """`changes` are some of the backtest's, one a sale."""
    names = _agents([change["agent"] for change in changes if change["agent"]])
    rules = _rule_names(backtest, changes)
    sales = _sales([change["sale"] for change in changes])
    return [
        ChangedSale(
            change["sale"],
            sales[change["sale"]].reference,
            sales[change["sale"]].paid_at,
            names.get(change["agent"], change["agent"] or ""),
            [_effect_change(effect, rules) for effect in change["changes"]],
            change["more"],
        )
        for change in changes
    ]


def _sales(ids: Sequence[int]) -> dict[int, Any]:
    query = select(Sale.id, Sale.reference, Sale.paid_at).where(Sale.id.in_(ids))
    return {row.id: row for row in db.session.execute(query)}


def _agents(codes: Sequence[str]) -> dict[str, str]:
    query = select(Agent.code, Agent.name).where(Agent.code.in_(codes))
    return {row.code: row.name for row in db.session.execute(query)}


def _rule_names(backtest: Backtest, changes: Sequence[dict[str, Any]]) -> dict[str, str]:
    """By code, of the rules that the changes are by: as the draft names them, or the version in
    force where it has them not."""
    codes = {
        plan["rule"]
        for change in changes
        for effect in change["changes"]
        for plan in (effect["was"], effect["now"])
        if plan
    }
    book = RuleBook.of(backtest.rules)
    if not all(code in book for code in codes):
        base = version_book(backtest.base_id)
        return _names_in(base, codes) | _names_in(book, codes)
    return _names_in(book, codes)


def _names_in(book: RuleBook, codes: Collection[str]) -> dict[str, str]:
    return {code: rule_name(rule) for code in codes if (rule := book.rule(code))}


def _effect_change(effect: dict[str, Any], names: Mapping[str, str]) -> EffectChange:
    was, now = effect["was"], effect["now"]
    label, tone = CHANGE_LABELS[was is not None, now is not None]
    rules = list(dict.fromkeys(names[plan["rule"]] for plan in (was, now) if plan))
    return EffectChange(
        str(label),
        tone,
        str(ACTIONS[effect["kind"]].label),
        ", ".join(effect["skus"]),
        _did(effect["kind"], was),
        _did(effect["kind"], now),
        _amount(was),
        _amount(now),
        rules,
    )


def _did(kind: str, plan: dict[str, Any] | None) -> str:
    """What the action says it does, and to how many items where it gathers them."""
    if plan is None:
        return ""
    action = ACTIONS[kind]
    params = {param.key: _read(param, plan["params"].get(param.key)) for param in action.params}
    phrase = action_phrase(ActionUse(action, params))
    if len(plan["lines"]) < 2:
        return phrase
    return ngettext(
        "%(phrase)s (%(num)s item)", "%(phrase)s (%(num)s items)", len(plan["lines"]), phrase=phrase
    )


def _read(param: Param, value: object) -> Any:
    return param.default if value is None else param.read(value)


def _amount(plan: dict[str, Any] | None) -> Decimal | None:
    return None if plan is None or plan["amount"] is None else Decimal(plan["amount"])


def period(backtest: Backtest) -> str:
    if backtest.days is None:
        return _("all orders so far")
    return _("orders of the last %(days)s days", days=backtest.days)


def judged_by(as_of: dt.date | None) -> str:
    if as_of is None:
        return _("each order by the rules of its own day")
    return _("as if every order were of %(day)s", day=day_text(as_of))
