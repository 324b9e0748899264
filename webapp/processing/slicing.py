"""What long-running steps have alike: a slice, a commit, and the next one."""

import datetime as dt
import enum
from abc import abstractmethod
from typing import ClassVar, TypeVar

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import aliased

from webapp.batches.models import ProductBatch
from webapp.imports.models import Import
from webapp.platform.clock import utc_now
from webapp.platform.sliced import Sliced, SliceStatus
from webapp.platform.transactions import only_reading
from webapp.processing.claims import Step
from webapp.processing.models import RecurringRun

# How long one slice judges before it keeps what it has: a worker is back for other queues within
# two seconds.
SLICE_SECONDS = 1.5
Row = TypeVar("Row", bound=Sliced | Import | ProductBatch | RecurringRun)
Answers = TypeVar("Answers")
Shared = TypeVar("Shared")
Slice = TypeVar("Slice")


class SerialStep(Step[Row, Answers, Shared]):
    """One row, one slice, one commit. One row of a kind at a time: the other workers are for
    orders."""

    batch = 1
    # Well over a slice, and over what is compiled before the first one.
    lease_seconds = 30

    def is_owed(self, now: ColumnElement[dt.datetime]) -> ColumnElement[bool]:
        other = aliased(self.model)
        at_work = select(other.id).where(
            self.owes(other), other.lease.is_not(None), other.due_at > now
        )
        return and_(super().is_owed(now), ~at_work.exists())

    def give_up(self, row: Row, error: str) -> None:
        row.fail(error, utc_now())


class SlicedStep(SerialStep[Row, dict[int, Slice], dict[int, Slice]]):
    """What a slice comes to is found out before its transaction."""

    status: ClassVar[enum.StrEnum] = SliceStatus.PENDING

    @abstractmethod
    def slice_of(self, row: Row) -> Slice:
        """Judges for SLICE_SECONDS, and writes nothing."""

    def call_external(self, rows: list[Row]) -> dict[int, Slice]:
        """By the row's id."""
        with only_reading():
            return {row.id: self.slice_of(row) for row in rows}
