"""Batches: one change of many products, and what it did to each."""

import datetime as dt
import enum
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext
from flask_babel.speaklater import LazyString
from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.platform.columns import ActorText, EnumText, Timestamps, UtcDateTime
from webapp.platform.database import Model
from webapp.platform.owed import Owed
from webapp.platform.states import require_transition

# Products read, changed and kept at a time.
CHUNK = 1000


class BatchStatus(enum.StrEnum):
    PREVIEWING = "previewing"
    READY = "ready"
    APPLYING = "applying"
    DONE = "done"
    UNDOING = "undoing"
    UNDONE = "undone"
    STOPPED = "stopped"
    FAILED = "failed"

    @property
    def label(self) -> LazyString:
        return _STATUS_LABELS[self][0]

    @property
    def tone(self) -> str:
        return _STATUS_LABELS[self][1]


_STATUS_LABELS = {
    BatchStatus.PREVIEWING: (_l("Being looked over"), "info"),
    BatchStatus.READY: (_l("Waits for you"), "warn"),
    BatchStatus.APPLYING: (_l("Being carried out"), "info"),
    BatchStatus.DONE: (lazy_pgettext("a batch", "Carried out"), "good"),
    BatchStatus.UNDOING: (_l("Being undone"), "info"),
    BatchStatus.UNDONE: (lazy_pgettext("a batch", "Undone"), ""),
    BatchStatus.STOPPED: (_l("Stopped"), "warn"),
    BatchStatus.FAILED: (_l("Failed"), "bad"),
}
UNDER_WAY = (BatchStatus.PREVIEWING, BatchStatus.APPLYING, BatchStatus.UNDOING)
BATCH_TRANSITIONS: dict[BatchStatus, set[BatchStatus]] = {
    BatchStatus.PREVIEWING: {
        BatchStatus.READY,
        BatchStatus.APPLYING,
        BatchStatus.STOPPED,
        BatchStatus.FAILED,
    },
    BatchStatus.READY: {BatchStatus.APPLYING, BatchStatus.STOPPED},
    BatchStatus.APPLYING: {BatchStatus.DONE, BatchStatus.STOPPED, BatchStatus.FAILED},
    BatchStatus.DONE: {BatchStatus.UNDOING},
    BatchStatus.UNDOING: {BatchStatus.UNDONE, BatchStatus.STOPPED, BatchStatus.FAILED},
    BatchStatus.UNDONE: set(),
    # What it had changed until then can be undone.
    BatchStatus.STOPPED: {BatchStatus.UNDOING},
    BatchStatus.FAILED: {BatchStatus.UNDOING},
}


class BatchOutcome(enum.StrEnum):
    WAITING = "waiting"
    # As the preview has it.
    CHANGE = "change"
    SAME = "same"
    REFUSED = "refused"
    # Carried out; or not, for somebody was there between.
    APPLIED = "applied"
    LEFT = "left"
    # Taken back; or not, for somebody changed it since.
    UNDONE = "undone"
    KEPT = "kept"

    @property
    def label(self) -> LazyString:
        return _OUTCOME_LABELS[self][0]

    @property
    def tone(self) -> str:
        return _OUTCOME_LABELS[self][1]


_OUTCOME_LABELS = {
    BatchOutcome.WAITING: (_l("Not looked at yet"), ""),
    BatchOutcome.CHANGE: (lazy_pgettext("a row", "To be changed"), "info"),
    BatchOutcome.SAME: (lazy_pgettext("a row", "Stays as it is"), ""),
    BatchOutcome.REFUSED: (lazy_pgettext("a row", "Refused"), "bad"),
    BatchOutcome.APPLIED: (lazy_pgettext("a row", "Changed"), "good"),
    BatchOutcome.LEFT: (lazy_pgettext("a row", "Left alone"), "warn"),
    BatchOutcome.UNDONE: (lazy_pgettext("a row", "Taken back"), ""),
    BatchOutcome.KEPT: (lazy_pgettext("a row", "Not taken back"), "warn"),
}
# The rows that a batch did not do as it was told.
LEFT_ALONE = (BatchOutcome.REFUSED, BatchOutcome.LEFT, BatchOutcome.KEPT)


class ProductBatch(Owed, Timestamps, Model):
    """`change` as webapp.batches.forms.ChangeIn has it, of the products' column `field`.

    total         products, chosen once when it was asked for
    cursor        the last row that is behind it in what is done now, of which `position` are
    lowers_prices whether whoever lets it do what it does now may lower prices
    applies_itself  a program asked for it: nobody looks at the preview
    """

    __tablename__ = "batches"
    __table_args__ = (Index("ix_batches_status_due_at", "status", "due_at"),)
    live = "batch"
    audited = ("name", "status", "total", "changed", "undone")

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    change: Mapped[dict[str, Any]] = mapped_column(JSON)
    field: Mapped[str] = mapped_column(String(40))
    status: Mapped[BatchStatus] = mapped_column(EnumText(BatchStatus))
    total: Mapped[int] = mapped_column(default=0)
    cursor: Mapped[int] = mapped_column(default=0)
    position: Mapped[int] = mapped_column(default=0)
    # As the preview counted them.
    to_change: Mapped[int] = mapped_column(default=0)
    same: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    under_cost: Mapped[int] = mapped_column(default=0)
    # What became of them.
    changed: Mapped[int] = mapped_column(default=0)
    left: Mapped[int] = mapped_column(default=0)
    undone: Mapped[int] = mapped_column(default=0)
    kept: Mapped[int] = mapped_column(default=0)
    lowers_prices: Mapped[bool] = mapped_column(default=False)
    applies_itself: Mapped[bool] = mapped_column(default=False)
    asked_by: Mapped[str] = mapped_column(ActorText)
    # Who let it do what it does now.
    carried_out_by: Mapped[str] = mapped_column(ActorText)
    finished_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)

    @property
    def audit_name(self) -> str:
        return self.name

    @property
    def is_under_way(self) -> bool:
        return self.status in UNDER_WAY

    @property
    def left_alone(self) -> int:
        return self.refused + self.left + self.kept

    @property
    def can_be_undone(self) -> bool:
        return bool(self.changed) and BatchStatus.UNDOING in BATCH_TRANSITIONS[self.status]

    @property
    def of_phase(self) -> int:
        """How many rows what is done now goes over."""
        if self.status is BatchStatus.APPLYING:
            return self.to_change
        if self.status is BatchStatus.UNDOING:
            return self.changed - self.undone - self.kept + self.position
        return self.total

    def begin(self, now: dt.datetime) -> None:
        self.status = BatchStatus.PREVIEWING
        self._from_the_first_row(now)

    def apply(self, actor: str, lowers_prices: bool, now: dt.datetime) -> None:
        self._enter(BatchStatus.APPLYING)
        # Nobody does by another's batch what they may not do themselves.
        self.lowers_prices = self.lowers_prices and lowers_prices
        self.carried_out_by = actor
        self._from_the_first_row(now)

    def undo(self, actor: str, lowers_prices: bool, now: dt.datetime) -> None:
        self._enter(BatchStatus.UNDOING)
        self.lowers_prices, self.carried_out_by = lowers_prices, actor
        self._from_the_first_row(now)

    def go_on(self, rows: list["BatchRow"], now: dt.datetime) -> None:
        """These are behind it; fewer than a chunk were the last ones."""
        self.position += len(rows)
        if len(rows) == CHUNK:
            self.cursor = rows[-1].id
            self.owe(now)
        elif self.status is BatchStatus.PREVIEWING and self.applies_itself:
            self.apply(self.asked_by, self.lowers_prices, now)
        elif self.status is BatchStatus.PREVIEWING:
            self._enter(BatchStatus.READY)
            self.clear_work()
        else:
            was_undone = self.status is BatchStatus.UNDOING
            self._end(BatchStatus.UNDONE if was_undone else BatchStatus.DONE, now)

    def stop(self, now: dt.datetime) -> None:
        """What it has changed until now stays. Said twice, or too late, it changes nothing."""
        if BatchStatus.STOPPED in BATCH_TRANSITIONS[self.status]:
            self._end(BatchStatus.STOPPED, now)

    def fail(self, error: str, now: dt.datetime) -> None:
        self._end(BatchStatus.FAILED, now)
        self.error = error[:300]

    def _from_the_first_row(self, now: dt.datetime) -> None:
        self.cursor = self.position = 0
        self.finished_at = None
        self.owe(now)

    def _end(self, status: BatchStatus, now: dt.datetime) -> None:
        self._enter(status)
        self.finished_at = now
        self.clear_work()

    def _enter(self, status: BatchStatus) -> None:
        require_transition(BATCH_TRANSITIONS, self.status, status)
        self.status = status


class BatchRow(Model):
    """One product of a batch. `before` and `after`: what stands in the columns that it writes, by
    their names. `version`: of the product, as the batch left it. `left_by`, `left_at`: who changed
    it between, and when; `over_id`: the later batch that did."""

    __tablename__ = "batch_rows"
    __table_args__ = (
        UniqueConstraint("batch_id", "product_id", name="uq_batch_rows_batch_id_product_id"),
        Index("ix_batch_rows_batch_id_id", "batch_id", "id"),
        Index("ix_batch_rows_outcome", "batch_id", "outcome", "id"),
        Index("ix_batch_rows_product_id_version", "product_id", "version"),
        Index(
            "ix_batch_rows_under_cost",
            "batch_id",
            "id",
            sqlite_where=text("under_cost = 1"),
            postgresql_where=text("under_cost"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("batches.id", ondelete="CASCADE"))
    # Its SKU stays where it was deleted.
    product_id: Mapped[int | None] = mapped_column(ForeignKey("products.id", ondelete="SET NULL"))
    sku: Mapped[str] = mapped_column(String(60))
    outcome: Mapped[BatchOutcome] = mapped_column(EnumText(BatchOutcome))
    before: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    after: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    version: Mapped[int | None]
    under_cost: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str] = mapped_column(String(40), default="")
    left_by: Mapped[str] = mapped_column(ActorText, default="")
    left_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    over_id: Mapped[int | None]
