"""Bulk acts: one act over many orders, and what came of each."""

import enum
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext
from flask_babel.speaklater import LazyString
from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webapp.platform.columns import EnumText, Timestamps
from webapp.platform.database import Model
from webapp.platform.sliced import Sliced

# Orders of one act.
MOST_ORDERS = 20_000


class BulkOutcome(enum.StrEnum):
    WAITING = "waiting"
    DONE = "done"
    # It was so before.
    SAME = "same"
    REFUSED = "refused"

    @property
    def label(self) -> LazyString:
        return _OUTCOME_LABELS[self][0]

    @property
    def tone(self) -> str:
        return _OUTCOME_LABELS[self][1]


_OUTCOME_LABELS = {
    BulkOutcome.WAITING: (lazy_pgettext("a row", "Waits its turn"), ""),
    BulkOutcome.DONE: (lazy_pgettext("a row", "Done"), "good"),
    BulkOutcome.SAME: (_l("Was so before"), ""),
    BulkOutcome.REFUSED: (lazy_pgettext("a row", "Refused"), "bad"),
}


class BulkAct(Sliced, Timestamps, Model):
    """`act`: its name in webapp.processing.bulk_acts; `params`: what it was asked with. The rows
    are the orders as they were chosen, in the list's order; `upto` of them are still to be done,
    and `result` counts the others by their outcome. `locale`: in which refusals are told."""

    __tablename__ = "bulk_acts"
    __table_args__ = (Index("ix_bulk_acts_status_due_at", "status", "due_at"),)
    live = "bulk"
    audited = ("act", "status", "total")

    id: Mapped[int] = mapped_column(primary_key=True)
    act: Mapped[str] = mapped_column(String(20))
    params: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    locale: Mapped[str] = mapped_column(String(8))

    @property
    def audit_name(self) -> str:
        return self.act

    def count_of(self, outcome: BulkOutcome) -> int:
        counted: int = self.result.get(outcome, 0)
        return counted


class BulkRow(Model):
    """One order of a bulk act, `place` from 1 on. `told`: what was said of it alone. `words`: why
    it was refused."""

    __tablename__ = "bulk_rows"
    __table_args__ = (
        UniqueConstraint("act_id", "place", name="uq_bulk_rows_act_id_place"),
        Index("ix_bulk_rows_outcome", "act_id", "outcome", "place"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    act_id: Mapped[int] = mapped_column(ForeignKey("bulk_acts.id", ondelete="CASCADE"))
    place: Mapped[int]
    sale_id: Mapped[int] = mapped_column(ForeignKey("sales.id", ondelete="CASCADE"), index=True)
    told: Mapped[str] = mapped_column(String(60), default="")
    outcome: Mapped[BulkOutcome] = mapped_column(EnumText(BulkOutcome))
    words: Mapped[str] = mapped_column(String(300), default="")
