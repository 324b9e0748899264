"""A long look at what is there: worked off slice by slice, so that it can be watched, stopped, and
goes on after a worker's death. It writes nothing but itself."""

import datetime as dt
import enum

from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext
from flask_babel.speaklater import LazyString
from sqlalchemy import JSON
from sqlalchemy.orm import Mapped, mapped_column

from webapp.platform.columns import ActorText, EnumText, UtcDateTime
from webapp.platform.owed import Owed
from webapp.platform.states import require_transition


class SliceStatus(enum.StrEnum):
    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"

    @property
    def label(self) -> LazyString:
        return _LABELS[self][0]

    @property
    def tone(self) -> str:
        return _LABELS[self][1]


_LABELS = {
    SliceStatus.PENDING: (_l("Running"), "info"),
    SliceStatus.DONE: (lazy_pgettext("a test", "Done"), "good"),
    SliceStatus.FAILED: (_l("Failed"), "bad"),
    SliceStatus.STOPPED: (_l("Stopped"), "warn"),
}
SLICE_TRANSITIONS: dict[SliceStatus, set[SliceStatus]] = {
    SliceStatus.PENDING: {SliceStatus.DONE, SliceStatus.FAILED, SliceStatus.STOPPED},
    SliceStatus.DONE: set(),
    SliceStatus.FAILED: set(),
    SliceStatus.STOPPED: set(),
}


class Sliced(Owed):
    """Rows with ids above `cursor` and up to `upto` are still to be judged, the newest first."""

    status: Mapped[SliceStatus] = mapped_column(EnumText(SliceStatus), default=SliceStatus.PENDING)
    cursor: Mapped[int] = mapped_column(default=0)
    upto: Mapped[int] = mapped_column(default=0)
    # Of `total` sales those judged so far.
    sales: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    result: Mapped[dict] = mapped_column(JSON, default=dict)
    asked_by: Mapped[str] = mapped_column(ActorText)
    finished_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)

    @property
    def is_at_end(self) -> bool:
        return self.upto <= self.cursor

    def go_on(self, upto: int, sales: int, now: dt.datetime) -> None:
        """A slice is done: `sales` more were judged, and those up to `upto` are left."""
        self.upto, self.sales = upto, self.sales + sales
        if self.is_at_end:
            self._end(SliceStatus.DONE, now)
        else:
            self.owe(now)

    def stop(self, now: dt.datetime) -> None:
        """A worker that is at it finds its lease gone. Said twice, or too late, it changes
        nothing."""
        if self.status is SliceStatus.PENDING:
            self._end(SliceStatus.STOPPED, now)

    def fail(self, error: str, now: dt.datetime) -> None:
        self._end(SliceStatus.FAILED, now)
        self.error = error[:300]

    def _end(self, status: SliceStatus, now: dt.datetime) -> None:
        self._enter(status)
        self.finished_at = now
        self.clear_work()

    def _enter(self, status: SliceStatus) -> None:
        require_transition(SLICE_TRANSITIONS, self.status, status)
        self.status = status
