"""Commissions paid out: an agent's month, or everybody's, marked as paid once however often it is
asked for."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from flask_babel import gettext as _

from webapp.fulfilment.commissions.models import CommissionPayment
from webapp.fulfilment.commissions.queries import AgentTotal, agent_totals, payments_of
from webapp.http.formatting import money_text
from webapp.platform.database import db
from webapp.platform.errors import NotFound, Refusal
from webapp.platform.money import ZERO


@dataclass(frozen=True)
class Settlement:
    """What an agent's month comes to, and what was paid of it; `left` is what later changes leave
    to settle."""

    total: AgentTotal
    payment: CommissionPayment | None

    @property
    def paid(self) -> Decimal:
        return self.payment.amount if self.payment else ZERO

    @property
    def left(self) -> Decimal:
        return self.total.commission - self.paid

    @property
    def is_settled(self) -> bool:
        """Also where earned and taken back cancel out: there is nothing to pay."""
        return not self.left


@dataclass(frozen=True)
class MonthTotal:
    """All agents of a month; `waiting` counts those whose month is not settled."""

    sales: int
    sold: Decimal
    commission: Decimal
    paid: Decimal
    waiting: int


def settlements(month: str, agent: str | None = None, lock: bool = False) -> dict[str, Settlement]:
    """By agent's code: of one agent or all. `lock`: exact, and so until we are done."""
    payments = payments_of(month, agent, lock)
    totals = agent_totals(month, agent, exact=lock)
    return {code: Settlement(total, payments.get(code)) for code, total in totals.items()}


def total_of(settlements: Iterable[Settlement]) -> MonthTotal:
    agents = list(settlements)
    return MonthTotal(
        sales=sum(agent.total.sales for agent in agents),
        sold=sum((agent.total.sold for agent in agents), ZERO),
        commission=sum((agent.total.commission for agent in agents), ZERO),
        paid=sum((agent.paid for agent in agents), ZERO),
        waiting=sum(not agent.is_settled for agent in agents),
    )


def mark_agent_paid(month: str, agent: str, seen: Decimal, actor: str, now: dt.datetime) -> None:
    """Paid in full as of now. Raises Refusal when it is not the amount `seen` any more, NotFound
    without commissions.

    Of two at once, one meets the unique key at the flush, and its transaction must begin anew.
    """
    settlement = settlements(month, agent, lock=True).get(agent)
    if settlement is None:
        raise NotFound(_("This agent has no commissions in this month."))
    _refuse_another(settlement.total.commission, seen)
    _settle(month, settlement, actor, now)


def mark_month_paid(month: str, seen: Decimal, actor: str, now: dt.datetime) -> int:
    """Marks everybody whose month is not settled and returns how many those are; `seen` is the
    month's whole commission. Raises Refusal when it is another by now."""
    agents = list(settlements(month, lock=True).values())
    _refuse_another(total_of(agents).commission, seen)
    waiting = [agent for agent in agents if not agent.is_settled]
    for settlement in waiting:
        _settle(month, settlement, actor, now)
    return len(waiting)


def take_back(month: str, agent: str) -> None:
    """It was not paid after all. Idempotent."""
    for payment in payments_of(month, agent, lock=True).values():
        db.session.delete(payment)


def _refuse_another(amount: Decimal, seen: Decimal) -> None:
    if amount != seen:
        raise Refusal(
            _(
                "It comes to %(amount)s by now. Nothing was marked: look, and mark it again.",
                amount=money_text(amount),
            )
        )


def _settle(month: str, settlement: Settlement, actor: str, now: dt.datetime) -> None:
    if settlement.is_settled:
        return
    total, payment = settlement.total, settlement.payment
    payment = payment or CommissionPayment(month=month, agent_code=total.agent)
    payment.amount, payment.paid_at, payment.paid_by = total.commission, now, actor
    db.session.add(payment)
