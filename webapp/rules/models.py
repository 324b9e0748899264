"""Published rule sets, what each decided about a sale, and the effects that hang off the decision."""

import datetime as dt
import enum
from decimal import Decimal

from flask_babel import lazy_gettext as _l
from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.extensions import EnumText, UtcDateTime, db, utc_now
from webapp.money import Hundredths


class RuleSetVersion(db.Model):
    """One published set, never changed afterwards; the highest id is in force."""

    __tablename__ = "rule_sets"

    id: Mapped[int] = mapped_column(primary_key=True)
    rules: Mapped[list] = mapped_column(JSON)
    published_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=utc_now)
    published_by: Mapped[str] = mapped_column(String(100))
    reason: Mapped[str] = mapped_column(String(500))


class Decision(db.Model):
    """Frozen: the sale, the event, the version, the facts of that time and what each rule came to."""

    __tablename__ = "decisions"
    __table_args__ = (UniqueConstraint("sale_id", "event"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    sale_id: Mapped[int] = mapped_column(ForeignKey("sales.id"))
    event: Mapped[str] = mapped_column(String(20))
    rule_set_id: Mapped[int] = mapped_column(ForeignKey("rule_sets.id"))
    # {"sale": {…}, "lines": [{…}]}, money as decimal text.
    facts: Mapped[dict] = mapped_column(JSON)
    # [{"code", "outcome": fired|suppressed|lost, "lines", "by"}]
    outcomes: Mapped[list] = mapped_column(JSON)
    decided_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=utc_now)
    effects: Mapped[list["Effect"]] = relationship(back_populates="decision", order_by="Effect.id")


class EffectStatus(enum.StrEnum):
    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"

    @property
    def label(self):
        return {self.PENDING: _l("Pending"), self.DONE: _l("Done"), self.FAILED: _l("Failed")}[self]


class Effect(db.Model):
    """One consequence of a decision. Its key makes it happen once, however often the job runs."""

    __tablename__ = "effects"
    __table_args__ = (
        UniqueConstraint("sale_id", "event", "kind", "target"),
        Index("ix_effects_decision_id", "decision_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    decision_id: Mapped[int] = mapped_column(ForeignKey("decisions.id"))
    sale_id: Mapped[int] = mapped_column(ForeignKey("sales.id"))
    event: Mapped[str] = mapped_column(String(20))
    kind: Mapped[str] = mapped_column(String(40))
    target: Mapped[str] = mapped_column(String(120))
    rule: Mapped[str] = mapped_column(String(60))
    params: Mapped[dict] = mapped_column(JSON, default=dict)
    amount: Mapped[Decimal | None] = mapped_column(Hundredths)
    status: Mapped[EffectStatus] = mapped_column(EnumText(EffectStatus), default=EffectStatus.DONE)
    reverses: Mapped[int | None] = mapped_column(ForeignKey("effects.id"))
    decision: Mapped[Decision] = relationship(back_populates="effects")
