"""What waits for a cause is tried again, some at a time."""

import contextlib
import datetime as dt
from collections import Counter
from collections.abc import Iterator
from itertools import accumulate
from typing import Any

from flask_babel import force_locale

from webapp.attempts.cause_queries import next_to_retry
from webapp.attempts.models import CauseRetry, FailingWork
from webapp.audit.tracking import acting_as, because
from webapp.http.localization import USUAL_LOCALE
from webapp.platform.sliced import SliceStatus
from webapp.processing.giving_up import give_up_all
from webapp.processing.retrying import CameOf, try_again
from webapp.processing.slicing import SerialStep

# Rows of one transaction: that are only hurried, and that wait for a person, whose orders are
# locked meanwhile.
CHUNK = 1000
GIVEN_UP_AT_ONCE = 25
# Of refusals the commonest are told.
MOST_WHYS = 5


class RetryStep(SerialStep[CauseRetry, None, None]):
    model = CauseRetry
    status = SliceStatus.PENDING

    @contextlib.contextmanager
    def acting(self, rows: list[CauseRetry]) -> Iterator[None]:
        with acting_as(rows[0].asked_by), because(rows[0].reason):
            yield

    def write_row(self, row: CauseRetry, shared: None, now: dt.datetime) -> None:
        most = GIVEN_UP_AT_ONCE if row.gives_up else CHUNK
        found = next_to_retry(row, most)
        works = _some(found)
        with force_locale(row.locale or USUAL_LOCALE):
            came = give_up_all(works, row.reason) if row.gives_up else try_again(works, now)
        row.result = _added(row.result, came)
        if row.total == 1 and works:
            row.result = row.result | {"row_id": works[0].row_id}
        is_last = len(works) == len(found) < most
        row.go_on(row.cursor if is_last else works[-1].id - 1, len(works), now)


def _added(result: dict[str, Any], came: CameOf) -> dict[str, Any]:
    why = Counter(result.get("why", {})) + came.why
    counts = Counter({key: value for key, value in result.items() if key != "why"}) + came.counts
    return dict(counts) | ({"why": dict(why.most_common(MOST_WHYS))} if why else {})


def _some(works: list[FailingWork]) -> list[FailingWork]:
    """Those up to the last one that may wait for a person."""
    given_up = accumulate(work.is_given_up for work in works)
    return [
        work for work, so_many in zip(works, given_up, strict=True) if so_many <= GIVEN_UP_AT_ONCE
    ]
