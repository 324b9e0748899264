"""Commissions as lists, and what agents are owed for a month, reversals taken off."""

from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import ColumnElement, Select, case, func, select
from sqlalchemy.orm import joinedload

from webapp.fulfilment.commissions.models import Commission, CommissionPayment
from webapp.http.lists import each_value
from webapp.platform.database import db
from webapp.platform.kept import kept
from webapp.platform.money import ZERO
from webapp.platform.text import storable


def commissions(month: str, agent: str | None = None) -> Select:
    query = select(Commission).where(Commission.month == month)
    query = query.options(joinedload(Commission.sale), joinedload(Commission.effect))
    return query.where(Commission.agent_code == storable(agent)) if agent else query


def paid_agents(month: str, agent: str | None = None) -> Select:
    """One commission of the month, the newest, for each agent: a list of agents, paged by their
    code."""
    paid = each_value(Commission.agent_code, Commission.month == month).subquery()
    last = select(Commission.id).where(
        Commission.month == month, Commission.agent_code == paid.c[0]
    )
    # In the order of the index of agents: the highest id SQLite looks for among all of the month.
    last = last.order_by(Commission.agent_code.desc(), Commission.id.desc()).limit(1)
    newest = select(last.correlate(paid).scalar_subquery()).select_from(paid)
    query = select(Commission).where(Commission.id.in_(newest))
    return query.where(Commission.agent_code == storable(agent)) if agent else query


@dataclass(frozen=True)
class AgentTotal:
    """`sales` counts those with something left after reversals; `sold` is what the commission is
    taken of."""

    agent: str
    sales: int
    sold: Decimal
    commission: Decimal


def mark_of(month: str) -> Select:
    """Another one as soon as the month has one more commission or reversal."""
    return select(func.max(Commission.id)).where(Commission.month == month)


def agent_totals(
    month: str, agent: str | None = None, exact: bool = False
) -> dict[str, AgentTotal]:
    """Net of reversals, by agent's code: of one agent or all. Unless they must be `exact`, those of
    all are kept for a moment."""
    of_month = Commission.month == month
    if agent:
        return _agent_totals(of_month & (Commission.agent_code == storable(agent)))
    if exact:
        return _agent_totals(of_month)
    mark = db.session.scalar(mark_of(month))
    return kept(("agents", month), mark, lambda: _agent_totals(of_month))


def _agent_totals(of_month: ColumnElement[bool]) -> dict[str, AgentTotal]:
    by_sale = (
        select(
            Commission.agent_code,
            func.sum(Commission.base).label("sold"),
            func.sum(Commission.amount).label("earned"),
        )
        .where(of_month)
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
