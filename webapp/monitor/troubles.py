"""What the shop misses just now, in words for a banner on every page and in figures for
monitors."""

import datetime as dt
import enum
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import redis
from flask import Flask, current_app
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from webapp.audit.history import who
from webapp.authority.certificates import environment_hold, reminder
from webapp.authority.contingency import present_contingency
from webapp.authority.models import TAKES_NO_NOTES, AuthorityService
from webapp.authority.words import clock, service_sentence
from webapp.fiscal.standby import standby_name
from webapp.monitor.registries import workers
from webapp.monitor.words import QUEUES as QUEUE_NAMES
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.queue import QUEUES, SWEEPER_KEY, redis_of_app, refuses_writes, try_to_write
from webapp.platform.storage import Storage, StorageFault
from webapp.processing.pausing import pauses
from webapp.staff.access import may
from webapp.store.queries import the_shop

AUTHORITY, PAUSE = "authority", "pause"
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
class AuthorityNews:
    """The service that takes NF-e does not serve, or another one stands in for it."""

    service: AuthorityService | None
    standby: str
    standby_since: dt.datetime | None

    def has_lasted(self) -> bool:
        since = self.service.since if self.service else self.standby_since
        return bool(since and since <= utc_now() - dt.timedelta(seconds=MISSED_AFTER_SECONDS))

    def words(self) -> str:
        told = service_sentence(self.service) if self.service else ""
        if self.standby_since is None:
            waits = _("NF-e wait, and go out by themselves once it does.")
            return f"{told} {waits}"
        since = clock(self.standby_since)
        stands_in = _("NF-e have gone to %(name)s since %(since)s.", name=self.standby, since=since)
        return f"{told} {stands_in}".strip()


@dataclass(frozen=True)
class Paused:
    """A queue that somebody has paused."""

    queue: str
    actor: str
    since: dt.datetime
    reason: str

    def words(self) -> str:
        return _(
            "“%(queue)s” is paused by %(name)s since %(since)s: %(reason)s",
            queue=QUEUE_NAMES[self.queue],
            name=who(self.actor).name,
            since=clock(self.since),
            reason=self.reason,
        )


@dataclass(frozen=True)
class House:
    """How its parts were when they were looked at: `listening` is how many living workers listen to
    each queue; it and `sweeper` are None while Redis does not tell, or cannot be told."""

    storage: StorageFault | None
    redis: RedisFault | None
    listening: dict[str, int] | None
    sweeper: bool | None
    authority: AuthorityNews | None = None
    pauses: tuple["Paused", ...] = ()


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
        if house.authority and house.authority.has_lasted():
            found.append(Trouble(AUTHORITY, house.authority.words()))
        found += [Trouble(PAUSE, pause.words()) for pause in house.pauses]
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
    authority, paused = _of_the_authority(), _pauses()
    try:
        try_to_write(redis_of_app())
        sweeper = bool(redis_of_app().exists(SWEEPER_KEY))
        counted = Counter(queue for worker in workers() for queue in worker["queues"])
    except redis.ResponseError as error:
        # Else it does answer, only not as ours: somebody else writes into it.
        fault = RedisFault.REFUSING if refuses_writes(error) else None
        return House(storage.fault(), fault, None, None, authority, paused)
    except redis.RedisError:
        return House(storage.fault(), RedisFault.AWAY, None, None, authority, paused)
    listening = {queue: counted[queue] for queue in QUEUES}
    return House(storage.fault(), None, listening, sweeper, authority, paused)


def _of_the_authority() -> AuthorityNews | None:
    """None while it serves, and while the database does not answer, which is told elsewhere."""
    names = ("authorizer", "service", "status", "since", "code", "cause", "rests_until")
    columns = [getattr(AuthorityService, name) for name in names]
    try:
        row = db.session.execute(select(*columns).where(TAKES_NO_NOTES).limit(1)).first()
        contingency = present_contingency()
    except SQLAlchemyError:
        db.session.rollback()
        return None
    if row is None and contingency is None:
        return None
    service = AuthorityService(**row._mapping) if row else None
    since = contingency.since if contingency else None
    return AuthorityNews(service, standby_name(the_shop().state), since)


def _pauses() -> tuple[Paused, ...]:
    """None while the database does not answer, which is told elsewhere."""
    try:
        rows = pauses().values()
    except SQLAlchemyError:
        db.session.rollback()
        return ()
    return tuple(Paused(row.queue, row.actor, row.since, row.reason) for row in rows)


def reminders() -> list[Trouble]:
    """What is no trouble yet, or holds nothing up but NF-e."""
    try:
        held, told = environment_hold(), reminder()
    except SQLAlchemyError:
        # The page of an error asks too; that the database is away is told elsewhere.
        return []
    if held:
        return [Trouble("environment", _("NF-e wait: %(why)s", why=held.text))]
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
