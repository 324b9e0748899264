"""What is owed is a row's own state: when it is next due, who holds it, and how often it was
tried."""

import datetime as dt
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from sqlalchemy import Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.platform.clock import utc_now
from webapp.platform.columns import UtcDateTime

if TYPE_CHECKING:
    from webapp.platform.database import Model as Row
else:
    Row = object

# The error of a row given up because whoever was at it alone died each time.
ENDS_PROCESS = "process_ended"
# That of one that a person gave up; why stands in the audit.
GIVEN_UP = "given_up"


def due_index(table: str) -> Index:
    """Of the rows that owe something: of most in a table nothing is owed any more."""
    is_owed = text("due_at IS NOT NULL")
    columns = ("status", "due_at")
    return Index(f"ix_{table}_due", *columns, sqlite_where=is_owed, postgresql_where=is_owed)


class Owed(Row):
    """Work that a row owes.

    `due_at` empty: nothing is owed. A claim pushes `due_at` to the end of its lease and writes its
    token; when a worker dies the row is simply due again, and the dead worker's writes no longer
    fit the token. Whoever finishes takes the token off: one that is still there tells of a death.
    """

    # The queue that works on each status of the model; handed over by `processing.pipeline`.
    queues: ClassVar[Mapping[str, str]]
    if TYPE_CHECKING:
        # What each model has of its own.
        id: Mapped[int]
        status: Mapped[Any]

    due_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    lease: Mapped[str | None] = mapped_column(String(32))
    # Those that failed, and the one at hand; not those that ended with their worker.
    attempts: Mapped[int] = mapped_column(default=0)
    # Tries before these, up to the last that found the outside world away: those are no failures.
    waits: Mapped[int] = mapped_column(default=0)
    # Since when it is tried in vain; empty while nothing went wrong.
    unmet_since: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    # The last failure, for the queue monitor: a class and a sentence, never personal data.
    error: Mapped[str] = mapped_column(String(300), default="")

    @classmethod
    def work_kind(cls) -> str:
        """What attempts, and the queue monitor, call its rows."""
        return cls.__name__.lower()

    @property
    def queue(self) -> str | None:
        return self.queues.get(str(self.status))

    @property
    def has_failed(self) -> bool:
        """Whether an attempt at what it owes now has failed already."""
        return bool(self.error)

    @property
    def tries(self) -> int:
        """How often what it owes now was tried, whatever came of it."""
        return self.waits + self.attempts

    def owe(self, at: dt.datetime) -> None:
        """Work is owed from `at` on; tries count from zero again."""
        self.due_at, self.lease, self.attempts, self.error = at, None, 0, ""
        self.waits, self.unmet_since = 0, None

    def clear_work(self) -> None:
        """Nothing is owed any more."""
        self.due_at, self.lease, self.error = None, None, ""
        self.waits, self.unmet_since = 0, None

    def retry(self, at: dt.datetime, error: str) -> None:
        self.due_at, self.lease, self.error = at, None, error[:300]
        self.unmet_since = self.unmet_since or utc_now()

    def try_later(self, at: dt.datetime, error: str) -> None:
        """The outside world is away, which is no failure: tried for as long as it takes."""
        self.retry(at, error)
        self.waits, self.attempts = self.tries, 0


def models_by_kind() -> dict[str, type[Any]]:
    """Every model whose rows owe work, by the kind of its rows."""
    found: dict[str, type[Any]] = {}
    left: list[type[Any]] = [Owed]
    while left:
        subclasses = left.pop().__subclasses__()
        left += subclasses
        found |= {each.work_kind(): each for each in subclasses if hasattr(each, "__table__")}
    return found
