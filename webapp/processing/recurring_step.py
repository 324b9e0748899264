"""A slice of recurring work, one row at a time."""

import datetime as dt
from typing import Any

from webapp.platform.clock import utc_now
from webapp.platform.transactions import only_reading
from webapp.processing.models import RecurringRun, RunStatus
from webapp.processing.recurring import RECURRING
from webapp.processing.slicing import SerialStep
from webapp.store.queries import issuer_zone

# Of a run that another version of the program had owed.
UNKNOWN = "unknown"


class RecurringStep(SerialStep[RecurringRun, dict[int, Any], dict[int, Any]]):
    model = RecurringRun
    status = RunStatus.PENDING

    def call_external(self, rows: list[RecurringRun]) -> dict[int, Any]:
        """By the run's id, what its work has read."""
        with only_reading():
            return {row.id: RECURRING[row.name].look() for row in rows if row.name in RECURRING}

    def write_row(self, row: RecurringRun, shared: dict[int, Any], now: dt.datetime) -> None:
        if row.name not in RECURRING:
            row.fail(UNKNOWN, utc_now())
            return
        day = row.owed_for.astimezone(issuer_zone()).date()
        row.go_on(*RECURRING[row.name].act(day, shared[row.id]), now)
