"""What agents earn, and what was paid out to them."""

import datetime as dt
from decimal import Decimal

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.platform.clock import utc_now
from webapp.platform.columns import ActorText, Hundredths, UtcDateTime
from webapp.platform.database import Model
from webapp.rules.models import Effect
from webapp.sales.models import Sale


class Commission(Model):
    """What an agent earns on one line, in the month of payment. A reversal is a negative twin."""

    __tablename__ = "commissions"
    live = "commission"
    __table_args__ = (
        Index("ix_commissions_month_id", "month", "id"),
        Index("ix_commissions_month_agent_id", "month", "agent_code", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    sale_id: Mapped[int] = mapped_column(ForeignKey("sales.id"), index=True)
    effect_id: Mapped[int] = mapped_column(ForeignKey("effects.id"), unique=True)
    effect: Mapped[Effect] = relationship()
    month: Mapped[str] = mapped_column(String(7))
    agent_code: Mapped[str] = mapped_column(String(20))
    agent_name: Mapped[str] = mapped_column(String(80))
    sku: Mapped[str] = mapped_column(String(60))
    base: Mapped[Decimal] = mapped_column(Hundredths)
    percent: Mapped[Decimal] = mapped_column(Hundredths)
    amount: Mapped[Decimal] = mapped_column(Hundredths)
    sale: Mapped[Sale] = relationship()


class CommissionPayment(Model):
    """An agent's month was paid out: how much it came to then, when and by whom."""

    __tablename__ = "commission_payments"
    __table_args__ = (UniqueConstraint("month", "agent_code"),)
    audited = ("month", "agent_code", "amount")

    id: Mapped[int] = mapped_column(primary_key=True)
    month: Mapped[str] = mapped_column(String(7))
    agent_code: Mapped[str] = mapped_column(String(20))
    amount: Mapped[Decimal] = mapped_column(Hundredths)
    paid_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=utc_now)
    paid_by: Mapped[str] = mapped_column(ActorText)

    @property
    def audit_name(self) -> str:
        return f"{self.agent_code} {self.month}"
