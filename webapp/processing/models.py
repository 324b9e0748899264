"""The work itself: what rests, and what recurs."""

import datetime as dt
import enum

from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext
from flask_babel.speaklater import LazyString
from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webapp.platform.columns import ActorText, EnumText, UtcDateTime
from webapp.platform.database import Model
from webapp.platform.owed import Owed, due_index
from webapp.platform.states import require_transition


class QueuePause(Model):
    """Nobody works on this queue until the row is gone. What it owes stays owed."""

    __tablename__ = "queue_pauses"

    queue: Mapped[str] = mapped_column(String(12), primary_key=True)
    reason: Mapped[str] = mapped_column(String(300))
    actor: Mapped[str] = mapped_column(ActorText)
    since: Mapped[dt.datetime] = mapped_column(UtcDateTime)


class RunStatus(enum.StrEnum):
    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"

    @property
    def label(self) -> LazyString:
        return RUN_LABELS[self][0]

    @property
    def tone(self) -> str:
        return RUN_LABELS[self][1]


RUN_LABELS = {
    RunStatus.PENDING: (_l("Running"), "info"),
    RunStatus.DONE: (lazy_pgettext("a run", "Done"), "good"),
    RunStatus.FAILED: (_l("Failed"), "bad"),
}
RUN_TRANSITIONS: dict[RunStatus, set[RunStatus]] = {
    RunStatus.PENDING: {RunStatus.PENDING, RunStatus.DONE, RunStatus.FAILED},
    RunStatus.DONE: set(),
    RunStatus.FAILED: set(),
}


class RecurringRun(Owed, Model):
    """Recurring work of `processing.recurring`, for one moment: there is one for each, however many
    machines there are. `asked_by`: a person who wanted it then; empty for the schedule's own."""

    __tablename__ = "recurring_runs"
    __table_args__ = (
        UniqueConstraint("name", "owed_for"),
        due_index("recurring_runs"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(20))
    owed_for: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    status: Mapped[RunStatus] = mapped_column(EnumText(RunStatus), default=RunStatus.PENDING)
    asked_by: Mapped[str] = mapped_column(ActorText, default="")
    # What it came to: how many things were done in all its slices.
    count: Mapped[int] = mapped_column(default=0)
    ended_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)

    @classmethod
    def owed(
        cls, name: str, owed_for: dt.datetime, now: dt.datetime, asked_by: str = ""
    ) -> "RecurringRun":
        run = cls(name=name, owed_for=owed_for, asked_by=asked_by, status=RunStatus.PENDING)
        run.owe(now)
        return run

    def go_on(self, count: int, is_over: bool, now: dt.datetime) -> None:
        """A slice is done, and `count` things in it."""
        self.count = (self.count or 0) + count
        if is_over:
            self._end(RunStatus.DONE, now)
        else:
            self.owe(now)

    def fail(self, error: str, now: dt.datetime) -> None:
        self._end(RunStatus.FAILED, now)
        self.error = error[:300]

    def _end(self, status: RunStatus, now: dt.datetime) -> None:
        require_transition(RUN_TRANSITIONS, self.status, status)
        self.status, self.ended_at = status, now
        self.clear_work()


class WorkSwitch(Model):
    """Recurring work that a person has turned off."""

    __tablename__ = "recurring_work_off"

    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    reason: Mapped[str] = mapped_column(String(300))
    actor: Mapped[str] = mapped_column(ActorText)
    since: Mapped[dt.datetime] = mapped_column(UtcDateTime)
