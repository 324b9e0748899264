"""Doorbells: after a commit, tell the workers that there is work of a kind. The rows themselves say
what.

The only place on the web side that knows RQ. A doorbell that is lost, late or doubled does no harm:
the sweeper rings again for whatever the database still owes.
"""

import time

import redis
from flask import current_app
from redis.backoff import NoBackoff
from redis.retry import Retry
from rq import Queue
from rq.serializers import JSONSerializer

QUEUES = ("addresses", "rules", "invoices", "mail", "bulk")
# How long one ring stands for all others of its queue. A worker lifts it before it looks for rows;
# the time only matters when the doorbell itself is lost.
_QUIET_SECONDS = 3
# A worker says every few seconds that it lives; one that is silent for longer is dead.
BEAT_SECONDS, ALIVE_SECONDS = 4, 15
# How far back it is known what was done.
DONE_MINUTES = 60


def connect(url: str, timeout: float | None = 0.3) -> redis.Redis:
    """A client that gives up at once: a request, which tells Redis of its rows and rings, must be
    accepted within a second while Redis is paused, down or full."""
    return redis.Redis.from_url(
        url,
        socket_timeout=timeout,
        socket_connect_timeout=0.3,
        retry=Retry(NoBackoff(), 0),
        protocol=2,
    )


def bell_key(queue: str) -> str:
    return f"balcao:bell:{queue}"


def ask_to_ring(connection: redis.Redis, queue: str):
    """Whether nobody has rung this queue just now; in a pipeline the answer comes with the
    others."""
    return connection.set(bell_key(queue), 1, nx=True, ex=_QUIET_SECONDS)


def enqueue_doorbell(connection: redis.Redis, queue: str) -> None:
    Queue(queue, connection=connection, serializer=JSONSerializer).enqueue(
        f"jobs.{queue}.work", result_ttl=3600, failure_ttl=30 * 86400, job_timeout=120
    )


def ring_now(connection: redis.Redis, queue: str) -> None:
    """Enqueues "there is work" unless such a doorbell already waits."""
    if ask_to_ring(connection, queue):
        enqueue_doorbell(connection, queue)


def note_done(pipe: redis.Redis, queue: str, rows: int) -> None:
    """Counts rows that came to the end of a queue's work, by the minute."""
    key = _done_key(queue, int(time.time()) // 60)
    pipe.incrby(key, rows)
    pipe.expire(key, DONE_MINUTES * 60 + 60)


def done_keys(queue: str) -> list[str]:
    """Of what `note_done` counted within the last DONE_MINUTES."""
    minute = int(time.time()) // 60
    return [_done_key(queue, minute - back) for back in range(DONE_MINUTES)]


def _done_key(queue: str, minute: int) -> str:
    return f"balcao:done:{queue}:{minute}"


def redis_of_app() -> redis.Redis:
    return current_app.extensions["redis"]
