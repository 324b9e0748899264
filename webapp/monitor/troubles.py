"""What the shop misses just now, in words for a banner on every page and in figures for
monitors."""

import enum
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import redis
from flask import Flask, current_app
from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import SQLAlchemyError

from webapp.authority.certificates import reminder
from webapp.monitor.registries import workers
from webapp.monitor.words import QUEUES as QUEUE_NAMES
from webapp.platform.queue import QUEUES, SWEEPER_KEY, redis_of_app, refuses_writes, try_to_write
from webapp.platform.storage import Storage, StorageFault
from webapp.staff.access import may

# No page waits for this longer than once in so many seconds.
KNOWN_SECONDS = 3
# A process that is started again, or Redis that was wiped, is no trouble.
MISSED_AFTER_SECONDS = 10


class RedisFault(enum.StrEnum):
    AWAY = "redis_away"
    REFUSING = "redis_refusing"


TEXTS = {
    "full": _l(
        "The disk is full: nothing new can be saved until there is room. What was saved is safe."
    ),
    "unwritable": _l(
        "The disk cannot be written: nothing new can be saved. What was saved is safe."
    ),
    RedisFault.AWAY: _l(
        "Redis does not answer: orders are taken, and go on once it is back. Pages look for news "
        "every few seconds."
    ),
    RedisFault.REFUSING: _l(
        "Redis takes nothing new (its memory or disk is full, or it only reads): orders are taken, "
        "and go on once it does."
    ),
    "sweeper": _l("The sweeper is not running: work that was interrupted is not taken up again."),
}


@dataclass(frozen=True)
class Trouble:
    """Something that is missing, by the part of the house that it belongs to."""

    part: str
    text: object


@dataclass(frozen=True)
class House:
    """How its parts were when they were looked at: `listening` is how many living workers listen to
    each queue; it and `sweeper` are None while Redis does not tell, or cannot be told."""

    storage: StorageFault | None
    redis: RedisFault | None
    listening: dict[str, int] | None
    sweeper: bool | None


@dataclass
class Watch:
    """Looks at the house every few seconds at most, however many pages ask."""

    clock: Callable[[], float] = time.monotonic
    house: House | None = None
    _known_until: float = 0.0
    _missed_since: dict[str, float] = field(default_factory=dict)

    def look(self) -> House:
        if self.house is None or self.clock() >= self._known_until:
            self.house = _look()
            self._known_until = self.clock() + KNOWN_SECONDS
            self._note_missed(self.house)
        return self.house

    def troubles(self) -> list[Trouble]:
        house = self.look()
        found = [Trouble("disk", TEXTS[house.storage])] if house.storage else []
        if house.redis:
            found.append(Trouble("redis", TEXTS[house.redis]))
        missed = self._missed_for_long()
        if names := [str(QUEUE_NAMES[queue]) for queue in QUEUES if queue in missed]:
            found.append(Trouble("workers", _no_worker(names)))
        if "sweeper" in missed:
            found.append(Trouble("sweeper", TEXTS["sweeper"]))
        return found

    def _note_missed(self, house: House) -> None:
        missed = {queue for queue in QUEUES if house.listening and not house.listening[queue]}
        if house.sweeper is False:
            missed.add("sweeper")
        now = self.clock()
        self._missed_since = {part: self._missed_since.get(part, now) for part in missed}

    def _missed_for_long(self) -> set[str]:
        before = self.clock() - MISSED_AFTER_SECONDS
        return {part for part, since in self._missed_since.items() if since <= before}


def _no_worker(names: list[str]) -> object:
    if len(names) == len(QUEUES):
        return _l("No worker is running: orders are taken, and wait until one is back.")
    return _l("No worker is running for: %(queues)s. What needs it waits.", queues=", ".join(names))


def _look() -> House:
    storage: Storage = current_app.extensions["storage"]
    try:
        try_to_write(redis_of_app())
        sweeper = bool(redis_of_app().exists(SWEEPER_KEY))
        counted = Counter(queue for worker in workers() for queue in worker["queues"])
    except redis.ResponseError as error:
        # Else it does answer, only not as ours: somebody else writes into it.
        fault = RedisFault.REFUSING if refuses_writes(error) else None
        return House(storage.fault(), fault, None, None)
    except redis.RedisError:
        return House(storage.fault(), RedisFault.AWAY, None, None)
    listening = {queue: counted[queue] for queue in QUEUES}
    return House(storage.fault(), None, listening, sweeper)


def reminders() -> list[Trouble]:
    """What is no trouble yet, or holds nothing up but NF-e."""
    try:
        told = reminder()
    except SQLAlchemyError:
        # The page of an error asks too; that the database is away is told elsewhere.
        return []
    if told is None or not (told.is_pressing or may("admin")):
        return []
    return [Trouble("certificate", told.text)]


def watch() -> Watch:
    """Of this process."""
    return current_app.extensions.setdefault("watch", Watch())


def set_up(app: Flask) -> None:
    @app.context_processor
    def banner() -> dict[str, object]:
        return {"troubles": lambda: watch().troubles() + reminders()}
