"""What every job does: answer the doorbell of its queue."""

import time

from webapp.processing.steps import work_off
from webapp.queue import bell_key, redis_of_app, ring_now
from webapp.tracking import acting_as


# A rush is worked on in batches: what is committed within this time of the first ring needs no doorbell of its own.
GATHER_SECONDS = 0.05


def answer(queue: str) -> None:
    """Works for a while on what the queue owes. The quiet time of the bell ends first: whoever commits from now on
    rings again, so that no row falls between the last look and the end of the job."""
    connection = redis_of_app()
    time.sleep(GATHER_SECONDS)
    connection.delete(bell_key(queue))
    with acting_as(f"job {queue}"):
        if work_off(queue):
            ring_now(connection, queue)
