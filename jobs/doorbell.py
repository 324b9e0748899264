"""What every job does: answer the doorbell of its queue."""

import contextlib
import time

import redis

from webapp.audit.tracking import acting_as
from webapp.platform import living
from webapp.platform.queue import bell_key, redis_of_app, ring_now
from webapp.processing.pipeline import work_off

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
    try:
        with acting_as(f"job {queue}"):
            if work_off(queue, seconds):
                with contextlib.suppress(redis.RedisError):
                    ring_now(connection, queue)
    finally:
        living.expect_result(None)
    _ended[queue] = time.monotonic()
