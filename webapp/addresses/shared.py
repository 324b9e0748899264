"""What the processes of a shop share through Redis while they look things up: the pace, and who
asks what.

All of it is best effort. Without Redis each process keeps the pace for itself, and one code may be
asked for twice.
"""

import logging
import secrets
import time
from collections.abc import Callable, Iterable
from typing import TypeVar

import redis
from limits import parse
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from redis.backoff import NoBackoff
from redis.retry import Retry

from webapp.platform.living import my_name

# A lookup may lose this once to a hung Redis, which is then left alone for a while.
_PATIENCE_SECONDS = 0.25
_LEFT_ALONE_SECONDS = 10.0
# Longer than the slowest chunk of lookups; it only matters when its holder dies.
_CLAIM_MS = 30_000
_RELEASE = (
    "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"
)

T = TypeVar("T")

log = logging.getLogger(__name__)


class _Storage(RedisStorage):
    # Or it reads the packages of every kind of server that there may be.
    DEPENDENCIES = {"redis": RedisStorage.DEPENDENCIES["redis"]}


class Shared:
    def __init__(self, client: redis.Redis | None, register: str = "cep"):
        self._register = register
        self._redis = _impatient(client) if client is not None else None
        self._out_until = 0.0
        self._token = f"{my_name()}-{secrets.token_hex(4)}"
        self._own_pace = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._common_pace: SlidingWindowCounterRateLimiter | None = None
        if self._redis is not None:
            pool = self._redis.connection_pool
            storage = _Storage("redis://", connection_pool=pool, key_prefix="balcao:cep:pace")
            self._common_pace = SlidingWindowCounterRateLimiter(storage)

    def take_turn(self, name: str, limit: str) -> bool:
        """Whether one more call to `name` keeps within `limit` ("240/hour")."""
        item = parse(limit)
        pace = self._common_pace or self._own_pace
        return self._try(
            lambda _client: pace.hit(item, name), lambda: self._own_pace.hit(item, name)
        )

    def claim(self, keys: Iterable[str]) -> set[str]:
        """Those of the codes that are now this process's to ask; all of them where Redis is not
        there."""
        wanted = sorted(keys)

        def claim_all(client: redis.Redis) -> set[str]:
            pipe = client.pipeline(transaction=False)
            for key in wanted:
                pipe.set(_key(self._register, key), self._token, nx=True, px=_CLAIM_MS)
            return {key for key, claimed in zip(wanted, pipe.execute(), strict=True) if claimed}

        return self._try(claim_all, lambda: set(wanted))

    def release(self, keys: Iterable[str]) -> None:
        wanted = sorted(keys)

        def release_all(client: redis.Redis) -> None:
            pipe = client.pipeline(transaction=False)
            for key in wanted:
                pipe.eval(_RELEASE, 1, _key(self._register, key), self._token)
            pipe.execute()

        if wanted:
            self._try(release_all, lambda: None)

    def close(self) -> None:
        if self._redis is not None:
            self._redis.connection_pool.disconnect()

    def _try(self, with_redis: Callable[[redis.Redis], T], without: Callable[[], T]) -> T:
        if self._redis is None or time.monotonic() < self._out_until:
            return without()
        try:
            return with_redis(self._redis)
        except redis.RedisError as error:
            self._out_until = time.monotonic() + _LEFT_ALONE_SECONDS
            log.warning("look-ups go on without Redis (%s)", type(error).__name__)
            return without()


def end_claims(client: redis.Redis, worker: str) -> None:
    """What a worker that died was asking for is anybody's to ask."""
    keys = list(client.scan_iter(_key("*", "*"), count=1000))
    pipe = client.pipeline(transaction=False)
    for key in keys:
        pipe.get(key)
    held = [
        key
        for key, token in zip(keys, pipe.execute(), strict=True)
        if (token or b"").startswith(worker.encode())
    ]
    if held:
        client.delete(*held)


def _key(register: str, key: str) -> str:
    return f"balcao:{register}:asking:{key}"


def _impatient(client: redis.Redis) -> redis.Redis:
    """A client of the same server that gives up at once, whatever the other one's patience."""
    pool = client.connection_pool
    options = pool.connection_kwargs | {
        "socket_timeout": _PATIENCE_SECONDS,
        "socket_connect_timeout": _PATIENCE_SECONDS,
        "retry": Retry(NoBackoff(), 0),
        "decode_responses": False,
    }
    return redis.Redis(
        connection_pool=redis.ConnectionPool(connection_class=pool.connection_class, **options)
    )
