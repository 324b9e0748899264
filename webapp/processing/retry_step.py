"""What waits for a cause is tried again, some at a time."""

import contextlib
import datetime as dt
from collections import Counter
from collections.abc import Iterator
from itertools import accumulate

from webapp.attempts.cause_queries import next_to_retry
from webapp.attempts.models import CauseRetry, FailingWork
from webapp.audit.tracking import acting_as, because
from webapp.platform.sliced import SliceStatus
from webapp.processing.retrying import try_again
from webapp.processing.slicing import SerialStep

# Rows of one transaction: that are only hurried, and that wait for a person, whose orders are
# locked meanwhile.
CHUNK = 1000
GIVEN_UP_AT_ONCE = 25


class RetryStep(SerialStep[CauseRetry, None, None]):
    model = CauseRetry
    status = SliceStatus.PENDING

    @contextlib.contextmanager
    def acting(self, rows: list[CauseRetry]) -> Iterator[None]:
        with acting_as(rows[0].asked_by), because(rows[0].reason):
            yield

    def write_row(self, row: CauseRetry, shared: None, now: dt.datetime) -> None:
        found = next_to_retry(row, CHUNK)
        works = _some(found)
        row.result = dict(Counter(row.result) + try_again(works, now))
        if row.total == 1 and works:
            row.result = row.result | {"row_id": works[0].row_id}
        is_last = len(works) == len(found) < CHUNK
        row.go_on(row.cursor if is_last else works[-1].id - 1, len(works), now)


def _some(works: list[FailingWork]) -> list[FailingWork]:
    """Those up to the last one that may wait for a person."""
    given_up = accumulate(work.is_given_up for work in works)
    return [
        work for work, so_many in zip(works, given_up, strict=True) if so_many <= GIVEN_UP_AT_ONCE
    ]
