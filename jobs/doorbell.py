"""What every job does: answer the doorbell of its queue."""

from webapp.processing.steps import work_off
from webapp.queue import bell_key, redis_of_app, ring_now
from webapp.tracking import acting_as


def answer(queue: str) -> None:
    """Works for a while on what the queue owes. The quiet time of the bell ends first: whoever commits from now on
    rings again, so that no row falls between the last look and the end of the job."""
    connection = redis_of_app()
    connection.delete(bell_key(queue))
    with acting_as(f"job {queue}"):
        if work_off(queue):
            ring_now(connection, queue)
