"""What every job does: answer the doorbell of its queue."""

import contextlib
import time
from collections import Counter

import redis
import structlog

from webapp.audit.tracking import acting_as
from webapp.platform import living
from webapp.platform.queue import bell_key, redis_of_app, ring_now
from webapp.platform.tallies import Tally, tallying
from webapp.processing.pipeline import work_off

log = structlog.get_logger()
# In a rush, what is committed within this time of a ring is worked on in one batch with it.
GATHER_SECONDS = 0.25
# A queue that rings again so soon after its last job is in a rush; a lone sale is worked on at
# once.
RUSH_SECONDS = 0.5
_ended: dict[str, float] = {}


def answer(queue: str, seconds: float = 5.0) -> None:
    """Works for about `seconds` on what the queue owes. The quiet time of the bell ends first:
    whoever commits from now on rings again, so that no row falls between the last look and the end
    of the job."""
    connection = redis_of_app()
    if time.monotonic() - _ended.get(queue, 0) < RUSH_SECONDS:
        time.sleep(GATHER_SECONDS)
    # Redis may go away meanwhile: what is owed is done all the same, and the sweeper rings.
    with contextlib.suppress(redis.RedisError):
        connection.delete(bell_key(queue))
    began = time.monotonic()
    with tallying() as tally:
        try:
            with acting_as(f"job {queue}"):
                if work_off(queue, seconds):
                    with contextlib.suppress(redis.RedisError):
                        ring_now(connection, queue)
        finally:
            living.expect_result(None)
            _tell(queue, tally, time.monotonic() - began)
    _ended[queue] = time.monotonic()


def _tell(queue: str, tally: Tally, seconds: float) -> None:
    """One line for each job that came to anything."""
    steps: Counter[str] = Counter()
    outcomes: Counter[str] = Counter()
    for (step, outcome), rows in tally.items():
        steps[step] += rows
        outcomes[outcome] += rows
    if tally:
        log.info(
            "job",
            queue=queue,
            steps=dict(steps),
            rows=tally.total(),
            ms=round(seconds * 1000),
            **outcomes,
        )
