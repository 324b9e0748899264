"""Commissions paid out: an agent's month, or everybody's, marked once however many people say
so."""

import datetime as dt
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


def settlements(month: str, agent: str | None = None, lock: bool = False) -> dict[str, Settlement]:
    """By agent's code: of one agent or all."""
    payments = payments_of(month, agent, lock)
    return {
        code: Settlement(total, payments.get(code))
        for code, total in agent_totals(month, agent).items()
    }


def mark_agent_paid(month: str, agent: str, seen: Decimal, actor: str, now: dt.datetime) -> None:
    """Paid in full as of now. Raises Refusal when it is not the amount `seen` any more, NotFound
    without commissions.

    Said by two at once, one of them meets the unique key and must begin anew (`in_transaction`).
    """
    found = settlements(month, agent, lock=True).get(agent)
    if found is None:
        raise NotFound(_("This agent has no commissions in this month."))
    _refuse_another(found.total.commission, seen)
    _settle(month, found, actor, now)


def mark_month_paid(month: str, seen: Decimal, actor: str, now: dt.datetime) -> int:
    """Everybody whose month is not settled, who are counted; `seen` is the month's whole
    commission."""
    found = settlements(month, lock=True)
    _refuse_another(sum((one.total.commission for one in found.values()), ZERO), seen)
    waiting = [one for one in found.values() if not one.is_settled]
    for one in waiting:
        _settle(month, one, actor, now)
    return len(waiting)


def take_back(month: str, agent: str) -> None:
    """It was not paid after all; said twice, it is taken back once."""
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


def _settle(month: str, found: Settlement, actor: str, now: dt.datetime) -> None:
    if found.is_settled:
        return
    payment = found.payment or CommissionPayment(month=month, agent_code=found.total.agent)
    payment.amount, payment.paid_at, payment.paid_by = found.total.commission, now, actor
    db.session.add(payment)
