"""Tasks: what a person of the staff must settle."""

import datetime as dt

from sqlalchemy import JSON, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.platform.clock import utc_now
from webapp.platform.columns import UtcDateTime
from webapp.platform.database import Model
from webapp.rules.models import Effect
from webapp.sales.models import Sale

# Written out: SQLite takes an index of a part only for a condition without parameters; and so that
# it does not take another one, which is in no order.
OPEN_TASKS = text("NOT (done_at IS NOT NULL)")


class Task(Model):
    """Something that a person of the staff must settle. Its words come from `code` and `params`."""

    __tablename__ = "tasks"
    __table_args__ = (
        Index("ix_tasks_code_id", "code", "id"),
        Index(
            "ix_tasks_open",
            "created_at",
            "id",
            sqlite_where=OPEN_TASKS,
            postgresql_where=OPEN_TASKS,
        ),
    )
    audited = ("done_at", "outcome")
    live = "task"

    id: Mapped[int] = mapped_column(primary_key=True)
    sale_id: Mapped[int] = mapped_column(ForeignKey("sales.id"), index=True)
    # Empty for a task that no rule asked for (goods of a cancelled order to come back).
    effect_id: Mapped[int | None] = mapped_column(ForeignKey("effects.id"), unique=True)
    effect: Mapped[Effect | None] = relationship()
    code: Mapped[str] = mapped_column(String(60))
    params: Mapped[dict] = mapped_column(JSON, default=dict)
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=utc_now)
    done_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime, index=True)
    outcome: Mapped[str] = mapped_column(String(500), default="")
    sale: Mapped[Sale] = relationship()

    @property
    def status(self) -> str:
        return "done" if self.done_at else "open"

    def complete(self, outcome: str, now: dt.datetime) -> None:
        """It is settled. Idempotent: the first outcome stays."""
        if not self.done_at:
            self.done_at, self.outcome = now, outcome
