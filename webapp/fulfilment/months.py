"""What agents and authors are owed for a month: lists and sums, reversals taken off."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from flask_babel import gettext as _
from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import joinedload

from webapp.fulfilment.models import Commission, CommissionPayment, RoyaltySlip
from webapp.http.formatting import shop_day
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.errors import FieldError, Invalid
from webapp.platform.money import ZERO
from webapp.platform.text import storable

_MONTH = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])", re.ASCII)


def this_month() -> str:
    return shop_day(utc_now()).strftime("%Y-%m")


def month_of(written: str | None) -> str:
    """The month asked for, like "2026-11"; the shop's present one when none is. Raises Invalid."""
    if not written:
        return this_month()
    if not _MONTH.fullmatch(written):
        raise Invalid([FieldError("month", _("Write the month like 2026-11."))])
    return written


# -- royalties
# --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class AuthorTotal:
    """`copies`, `base` and `amount` are net of reversals; `reversals` is the part of `amount` that
    was taken off (≤ 0)."""

    author: str
    copies: int
    base: Decimal
    amount: Decimal
    reversals: Decimal = ZERO


def royalty_slips(month: str, author: str | None = None) -> Select:
    query = select(RoyaltySlip).where(RoyaltySlip.month == month)
    query = query.options(joinedload(RoyaltySlip.sale), joinedload(RoyaltySlip.effect))
    return query if author is None else query.where(RoyaltySlip.author == storable(author))


def author_totals(month: str) -> list[AuthorTotal]:
    """What each author is owed for the month; the most first."""
    # A reversal is a negative twin: its copies come off too.
    copies = func.sum(
        case((RoyaltySlip.base < ZERO, -func.abs(RoyaltySlip.quantity)), else_=RoyaltySlip.quantity)
    )
    amount = func.sum(RoyaltySlip.amount)
    reversals = func.sum(case((RoyaltySlip.base < ZERO, RoyaltySlip.amount), else_=ZERO))
    rows = db.session.execute(
        select(RoyaltySlip.author, copies, func.sum(RoyaltySlip.base), amount, reversals)
        .where(RoyaltySlip.month == month)
        .group_by(RoyaltySlip.author)
        .order_by(amount.desc(), RoyaltySlip.author)
    )
    return [
        AuthorTotal(author, int(count), base, owed, taken_off)
        for author, count, base, owed, taken_off in rows
    ]


# -- commissions
# ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class AgentTotal:
    """`sales` counts those with something left after reversals; `sold` is what the commission is
    taken of."""

    agent: str
    sales: int
    sold: Decimal
    commission: Decimal


def commissions(month: str, agent: str | None = None) -> Select:
    query = select(Commission).where(Commission.month == month)
    query = query.options(joinedload(Commission.sale), joinedload(Commission.effect))
    return query.where(Commission.agent_code == storable(agent)) if agent else query


def paid_agents(month: str, agent: str | None = None) -> Select:
    """One commission of the month, the newest, for each agent: a list of agents, paged by their
    code."""
    newest = (
        select(func.max(Commission.id))
        .where(Commission.month == month)
        .group_by(Commission.agent_code)
    )
    query = select(Commission).where(Commission.id.in_(newest))
    return query.where(Commission.agent_code == storable(agent)) if agent else query


def agent_totals(month: str, agent: str | None = None) -> dict[str, AgentTotal]:
    """Net of reversals, by agent's code: of one agent or all."""
    asked = Commission.month == month
    if agent:
        asked &= Commission.agent_code == storable(agent)
    by_sale = (
        select(
            Commission.agent_code,
            func.sum(Commission.base).label("sold"),
            func.sum(Commission.amount).label("earned"),
        )
        .where(asked)
        .group_by(Commission.agent_code, Commission.sale_id)
        .subquery()
    )
    rows = db.session.execute(
        select(
            by_sale.c.agent_code,
            func.sum(case((by_sale.c.sold > ZERO, 1), else_=0)),
            func.sum(by_sale.c.sold),
            func.sum(by_sale.c.earned),
        ).group_by(by_sale.c.agent_code)
    )
    return {code: AgentTotal(code, int(sales), sold, earned) for code, sales, sold, earned in rows}


def payments_of(
    month: str, agent: str | None = None, lock: bool = False
) -> dict[str, CommissionPayment]:
    """What was paid out for the month, by agent's code."""
    query = select(CommissionPayment).where(CommissionPayment.month == month)
    if agent:
        query = query.where(CommissionPayment.agent_code == storable(agent))
    if lock:
        query = query.order_by(CommissionPayment.id).with_for_update()
    return {payment.agent_code: payment for payment in db.session.scalars(query)}


# -- both
# -------------------------------------------------------------------------------------------


def months_reversed(
    model: type[Commission] | type[RoyaltySlip], rows: Iterable[Commission | RoyaltySlip]
) -> dict[int, str]:
    """For those of `rows` that are reversals, by their ids: the month of what they take back."""
    reversed_by = {row.effect.reverses: row.id for row in rows if row.effect.reverses}
    if not reversed_by:
        return {}
    found = db.session.execute(
        select(model.effect_id, model.month).where(model.effect_id.in_(reversed_by))
    )
    return {reversed_by[effect_id]: month for effect_id, month in found}
