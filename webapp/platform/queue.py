"""Doorbells: after a commit, tell the workers that there is work of a kind. The rows themselves say
what.

The only place on the web side that knows RQ. A doorbell that is lost, late or doubled does no harm:
the sweeper rings again for whatever the database still owes.
"""

import logging
import time
from collections.abc import Callable
from typing import Any

import redis
from flask import current_app
from redis.backoff import NoBackoff
from redis.retry import Retry
from rq import Queue
from rq.serializers import JSONSerializer

log = logging.getLogger(__name__)
QUEUES = ("addresses", "rules", "invoices", "mail", "bulk")
_REGISTRIES = ("wip", "finished", "failed", "deferred", "scheduled", "canceled")
# How long one ring stands for all others of its queue. A worker lifts it before it looks for rows;
# the time only matters when the doorbell itself is lost.
_QUIET_SECONDS = 3
# How long a request waits for Redis, and for how long nobody asks again.
_PATIENCE_SECONDS, _AWAY_SECONDS = 0.3, 2
# A worker says every few seconds that it lives; one that is silent for longer is dead.
BEAT_SECONDS, ALIVE_SECONDS = 4, 15
# What a worker writes beside the library's own fields.
VERSION_FIELD, MEMORY_FIELD = "balcao_version", "balcao_rss_mb"
SWEEPER_KEY = "balcao:sweeper"
# When the sweeper began its last pass, in seconds of the epoch; kept for a day.
SWEPT_KEY, _SWEPT_SECONDS = "balcao:swept", 86_400
# Begins what a server says that cannot save (a full disk) or lacks its replicas.
_REFUSALS = ("MISCONF", "NOREPLICAS")
# How long a job may take, and for how long one that is done or failed is kept.
JOB_SECONDS, DONE_SECONDS, FAILED_SECONDS = 120, 3600, 30 * 86400
# How far back it is known what was done.
DONE_MINUTES = 60


class RedisBreaker(Retry):
    """What a client does about a Redis that does not answer: it never asks twice, and after it
    waited in vain it does not ask at all for a moment. However often a request would ask, it waits
    once."""

    def __init__(self) -> None:
        super().__init__(NoBackoff(), 0)
        self.away_until = 0.0

    def __deepcopy__(self, memo: dict[int, Any]) -> "RedisBreaker":
        """The library copies it for each connection; what one finds out holds for all."""
        return self

    def call_with_retry(self, do: Callable[[], Any], *given: Any, **named: Any) -> Any:
        if time.monotonic() < self.away_until:
            raise redis.ConnectionError("Redis did not answer just now")
        try:
            return super().call_with_retry(do, *given, **named)
        except (redis.ConnectionError, redis.TimeoutError):
            self.away_until = time.monotonic() + _AWAY_SECONDS
            raise


def connect(url: str, timeout: float | None = None) -> redis.Redis:
    """A client that gives up at once, and remembers for a moment that it did: a request, which
    tells Redis of its rows and rings, must be accepted within a second while Redis is paused, down
    or full. With a `timeout`, one for whoever waits for events or jobs."""
    return redis.Redis.from_url(
        url,
        socket_timeout=timeout or _PATIENCE_SECONDS,
        socket_connect_timeout=_PATIENCE_SECONDS,
        retry=Retry(NoBackoff(), 0) if timeout else RedisBreaker(),
        protocol=2,
    )


def try_to_write(connection: redis.Redis) -> None:
    """Raises what Redis says while it takes nothing new."""
    connection.set("balcao:written", 1, ex=ALIVE_SECONDS)


def refuses_writes(error: redis.RedisError) -> bool:
    """Whether a server that answers takes nothing new just now."""
    by_class = isinstance(error, redis.exceptions.OutOfMemoryError | redis.exceptions.ReadOnlyError)
    return by_class or str(error).startswith(_REFUSALS)


def bell_key(queue: str) -> str:
    return f"balcao:bell:{queue}"


def ask_to_ring(connection: redis.Redis, queue: str):
    """Whether nobody has rung this queue just now; in a pipeline the answer comes with the
    others."""
    return connection.set(bell_key(queue), 1, nx=True, ex=_QUIET_SECONDS)


def enqueue_doorbell(connection: redis.Redis, queue: str) -> None:
    Queue(queue, connection=connection, serializer=JSONSerializer).enqueue(
        f"jobs.{queue}.work",
        result_ttl=DONE_SECONDS,
        failure_ttl=FAILED_SECONDS,
        job_timeout=JOB_SECONDS,
    )


def ring_now(connection: redis.Redis, queue: str) -> None:
    """Enqueues "there is work" unless such a doorbell already waits."""
    if ask_to_ring(connection, queue):
        enqueue_doorbell(connection, queue)


def remove_strange_keys(connection: redis.Redis) -> None:
    """What stands where ours belongs, and is of another type, was written by somebody else and
    would stop every worker; nothing that the shop needs is in it."""
    expected = {f"rq:{name}": b"set" for name in ("workers", "queues")}
    for queue in QUEUES:
        expected |= {f"rq:queue:{queue}": b"list", f"rq:workers:{queue}": b"set"}
        expected |= {f"rq:{registry}:{queue}": b"zset" for registry in _REGISTRIES}
    pipe = connection.pipeline(transaction=False)
    for key in expected:
        pipe.type(key)
    strange = [
        key
        for (key, kind), found in zip(expected.items(), pipe.execute(), strict=True)
        if found not in (kind, b"none")
    ]
    if strange:
        log.warning("Redis held something that is not the shop's; removed: %s", ", ".join(strange))
        connection.delete(*strange)


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


def note_sweeper(connection: redis.Redis) -> None:
    """The sweeper says that it lives."""
    with connection.pipeline(transaction=False) as pipe:
        pipe.set(SWEEPER_KEY, 1, ex=ALIVE_SECONDS)
        pipe.set(SWEPT_KEY, int(time.time()), ex=_SWEPT_SECONDS)
        pipe.execute()


def redis_of_app() -> redis.Redis:
    return current_app.extensions["redis"]
