"""Royalty slips: what the author of a book is owed for a line of an order."""

from decimal import Decimal

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.platform.columns import Hundredths
from webapp.platform.database import Model
from webapp.platform.money import ZERO
from webapp.rules.models import Effect
from webapp.sales.models import Sale


class RoyaltySlip(Model):
    """The royalty department's duplicate of one book line."""

    __tablename__ = "royalty_slips"
    live = "royalty"
    __table_args__ = (Index("ix_royalty_slips_month_id", "month", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    sale_id: Mapped[int] = mapped_column(ForeignKey("sales.id"), index=True)
    effect_id: Mapped[int] = mapped_column(ForeignKey("effects.id"), unique=True)
    effect: Mapped[Effect] = relationship()
    month: Mapped[str] = mapped_column(String(7))
    sku: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(120))
    author: Mapped[str] = mapped_column(String(80))
    quantity: Mapped[int]
    base: Mapped[Decimal] = mapped_column(Hundredths)
    percent: Mapped[Decimal] = mapped_column(Hundredths)
    amount: Mapped[Decimal] = mapped_column(Hundredths)
    sale: Mapped[Sale] = relationship()

    @property
    def copies(self) -> int:
        """Below zero for a reversal, which takes them back."""
        return -abs(self.quantity) if self.base < ZERO else self.quantity
