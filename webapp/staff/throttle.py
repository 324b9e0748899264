"""How often a password may be tried. A try is counted before the password is looked at, so that a
burst of them passes no bound together, and given back when it was right.

A stranger locks nobody out: an account is closed to one network at a time, and to those in which it
was not used before. Without Redis each process counts for itself.
"""

import contextlib
import functools
import ipaddress
from collections.abc import Callable, Iterator
from typing import NamedTuple

import redis
from flask import request, session
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from limits.storage import MemoryStorage

from webapp.platform.errors import Refusal
from webapp.platform.queue import redis_of_app
from webapp.staff.models import digest

MINUTE = 60
WINDOW = 15 * MINUTE
TRIES = 10
# Of all accounts from one network in a minute, and of one account from all networks in a window.
TRIES_OF_NETWORK, TRIES_OF_ACCOUNT = 60, 100
# Not below what is left of a window: a count made anew would never end.
_TAKE_BACK = "if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('DECR', KEYS[1]) end"
_alone = MemoryStorage()


class TooManyTries(Refusal):
    status = 429
    title = _l("Too many attempts")


class Bound(NamedTuple):
    """`key` may be counted `most` times in `seconds`."""

    key: str
    most: int
    seconds: int = WINDOW


def sign_in_bounds(email: str) -> list[Bound]:
    """The bounds on trying a password of this account from here, the narrowest first. A browser in
    which the account was used before is held to its own one alone: others cannot use it up."""
    account = digest(email.lower())
    if session.get("knows") == account:
        return [Bound(f"known:{account}", TRIES)]
    return [
        Bound(f"{account}:{network()}", TRIES),
        Bound(f"network:{network()}", TRIES_OF_NETWORK, MINUTE),
        Bound(f"account:{account}", TRIES_OF_ACCOUNT),
    ]


def own_bounds(user_id: int) -> list[Bound]:
    """The bound on proving once more who one is, in an open browser."""
    return [Bound(f"own:{user_id}", TRIES)]


def network() -> str:
    """Where the request comes from, as far as one customer of a provider has it for themselves."""
    try:
        address = ipaddress.ip_address(request.remote_addr or "")
    except ValueError:
        return ""
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network((address, 64), strict=False))


@contextlib.contextmanager
def counted(bounds: list[Bound], field: str) -> Iterator[int]:
    """Counts a try, and gives it back unless what is done inside raises. Yields which of its window
    it is. Raises TooManyTries beyond a bound, told at `field`."""
    counts = []
    for bound in bounds:
        counts.append(_count(bound))
        if counts[-1].number > bound.most:
            raise TooManyTries(_("Too many attempts. Wait a few minutes and try again."), field)
    yield counts[0].number
    for count in counts:
        count.take_back()


def refuse_flood(what: str, most: int) -> None:
    """Raises TooManyTries where a network asks more than so often in a minute for `what` is open to
    everybody."""
    bound = Bound(f"{what}:{network()}", most, MINUTE)
    if _count(bound).number > bound.most:
        raise TooManyTries(_("Too many attempts. Wait a few minutes and try again."))


def first_of_window(key: str) -> bool:
    """Whether `key` was not met in this window: for what is worth one line and not a flood."""
    return _count(Bound(key, 1)).number == 1


class _Count(NamedTuple):
    """How often it was counted by now, and what takes this time back."""

    number: int
    take_back: Callable[[], object]


def _count(bound: Bound) -> _Count:
    client, key = redis_of_app(), f"balcao:tries:{bound.key}"
    try:
        pipe = client.pipeline()
        pipe.set(key, 0, ex=bound.seconds, nx=True)
        pipe.incr(key)
        return _Count(pipe.execute()[1], functools.partial(_take_back, client, key))
    except redis.RedisError:
        number = _alone.incr(key, bound.seconds)
        return _Count(number, functools.partial(_alone.decr, key))


def _take_back(client: redis.Redis, key: str) -> None:
    # Where Redis has gone meanwhile, it stays counted until the window is over.
    with contextlib.suppress(redis.RedisError):
        client.eval(_TAKE_BACK, 1, key)
