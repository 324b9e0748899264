"""A register looked up, of postal codes or of companies: from the table of answers first, then from
the providers in their order.

No database transaction is open during an outside call. The table is read in one short transaction,
the providers are asked, and the answers are written in another; `sessions` makes the session of
each, so the caller's own session is never touched. On SQLite a caller must not hold a write
transaction of its own while it calls `many`: the answers could not be written.
"""

import datetime as dt
import enum
import logging
import math
import os
import threading
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, fields
from itertools import islice
from operator import itemgetter
from typing import Any, Generic

import httpx
import redis
from flask import current_app
from sqlalchemy import case, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from webapp.addresses import providers
from webapp.addresses.answer import PostalAnswer
from webapp.addresses.models import PostalProvider
from webapp.addresses.providers import (
    Answer,
    HttpSource,
    NotCovered,
    ProviderDown,
    SampleSource,
)
from webapp.addresses.registers import Register
from webapp.addresses.shared import Shared
from webapp.platform.clock import utc_now
from webapp.platform.database import Model, db
from webapp.platform.settings import Settings
from webapp.platform.transactions import only_reading
from webapp.platform.web_trust import web_trust

FOUND_FOR = dt.timedelta(days=90)
# A remembered no is weak: providers learn of new codes late, and who sells to one tries again. It
# spares the providers the same question of one order, or of a rush of them.
NOT_FOUND_FOR = dt.timedelta(minutes=10)
# The demo's own sample only stands in for the providers.
SAMPLE_FOR = dt.timedelta(days=1)
_AT_A_TIME = 10
_CHUNK = 50
_WAIT_FOR_OTHERS = 20.0
# Seconds after which the same state of a provider is noted once more.
_NOTED_AGAIN, _ANSWER_NOTED_AGAIN = 5.0, 30.0

log = logging.getLogger(__name__)


class Outcome(enum.StrEnum):
    FOUND = "found"
    NOT_FOUND = "not_found"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True)
class Result(Generic[Answer]):
    """`answer` when found; `reason` when no provider could say ("viacep: timeout, opencep: busy");
    `provider` and `fetched_at` (UTC) of whoever said so, else "" and None."""

    outcome: Outcome
    answer: Answer | None = None
    provider: str = ""
    fetched_at: dt.datetime | None = None
    reason: str = ""

    @property
    def fresh(self) -> bool:
        if self.outcome is Outcome.UNAVAILABLE or self.fetched_at is None:
            return False
        life = NOT_FOUND_FOR if self.outcome is Outcome.NOT_FOUND else FOUND_FOR
        if self.provider == providers.SAMPLE:
            life = min(life, SAMPLE_FOR)
        return utc_now() - self.fetched_at < life


PostalResult = Result[PostalAnswer]


class Lookup(Generic[Answer]):
    """Make one per process and keep it: it holds the connections, the breakers and the pace. Safe
    in threads and after a fork; `close` it at the end. `sources` replaces the configured providers
    (for tests)."""

    def __init__(
        self,
        register: Register[Answer],
        settings: Settings,
        sessions: sessionmaker,
        redis_client: redis.Redis | None = None,
        sources: Sequence[HttpSource[Answer] | SampleSource] | None = None,
    ):
        self._register = register
        self._parts = [field.name for field in fields(register.answer)]
        self._sessions = sessions
        self._shared = Shared(redis_client, register.key)
        self._clients = _Clients(settings.public_url)
        self._noted: dict[str, tuple[str, float]] = {}
        self._sources = self._configured(settings) if sources is None else list(sources)

    @property
    def is_on(self) -> bool:
        """Whether there is anybody to ask."""
        return bool(self._sources)

    def many(
        self,
        keys: Iterable[str],
        budget_s: float = math.inf,
        unknown_since: dt.datetime | None = None,
    ) -> dict[str, Result[Answer]]:
        """One result for each distinct bare code (else ValueError). Takes at most about
        `budget_s` seconds; codes without an answer by then are `unavailable`, as are those that no
        provider could tell. What was not found before `unknown_since` is asked for again."""
        wanted = sorted(set(keys))
        if any(self._register.normalize(key) != key for key in wanted):
            raise ValueError(f"lookups take {self._register.takes}")
        deadline = time.monotonic() + budget_s
        known = self._read(wanted)
        results = _usable(known, unknown_since)
        for chunk in _chunks([key for key in wanted if key not in results]):
            for key, result in self._settle(chunk, deadline, unknown_since).items():
                results[key] = _or_stale(result, known.get(key))
        return results

    def one(self, key: str, budget_s: float = 2.0) -> Result[Answer]:
        """One code, for a person who waits: what was not found before is asked for again."""
        return self.many([key], budget_s, unknown_since=utc_now())[key]

    def close(self) -> None:
        self._clients.close()
        self._shared.close()

    def _configured(self, settings):
        known = self._register.providers
        return [
            SampleSource()
            if name == providers.SAMPLE
            else HttpSource(known[name](settings), self._clients.current, self._shared.take_turn)
            for name in self._register.names(settings)
        ]

    def _settle(
        self, keys: Iterable[str], deadline: float, unknown_since: dt.datetime | None
    ) -> dict[str, Result[Answer]]:
        """Each code asked by one process at a time: the others wait for its answer in the table."""
        results: dict[str, Result[Answer]] = {}
        waiting = set(keys)
        patience = min(deadline, time.monotonic() + _WAIT_FOR_OTHERS)
        while waiting:
            mine = self._shared.claim(waiting) if time.monotonic() < patience else set(waiting)
            if mine:
                results |= self._read_or_ask(mine, deadline, unknown_since)
                waiting -= mine
            else:
                time.sleep(0.1)
        return results

    def _read_or_ask(
        self, keys: set[str], deadline: float, unknown_since: dt.datetime | None
    ) -> dict[str, Result[Answer]]:
        try:
            # Whoever held the claim before may just have written the answer.
            known = _usable(self._read(sorted(keys)), unknown_since)
            answers = self._ask_all(sorted(keys - known.keys()), deadline)
            self._write(answers)
            self._note_providers()
            return known | answers
        finally:
            self._shared.release(keys)

    def _ask_all(self, keys: list[str], deadline: float) -> dict[str, Result[Answer]]:
        if not keys:
            return {}
        pool = ThreadPoolExecutor(min(_AT_A_TIME, len(keys)), thread_name_prefix=self._register.key)
        calls = {key: pool.submit(self._ask, key, deadline) for key in keys}
        left = None if math.isinf(deadline) else max(0.0, deadline - time.monotonic())
        done, _ = wait(calls.values(), timeout=left)
        # A name server may hang beyond any time-out of ours; such a call ends by itself, unheard.
        pool.shutdown(wait=False, cancel_futures=True)
        return {
            key: call.result() if call in done else _unavailable("no_time")
            for key, call in calls.items()
        }

    def _ask(self, key: str, deadline: float) -> Result[Answer]:
        unknown_to, down = "", {}
        for source in self._sources:
            try:
                answer = source.ask(key, deadline)
            except NotCovered:
                continue
            except ProviderDown as error:
                down[source.name] = error.reason
                continue
            if answer:
                return Result(Outcome.FOUND, answer, source.name, utc_now())
            # "Not found" does not mean that the code does not exist: the next one may know it.
            unknown_to = unknown_to or source.name
        if unknown_to or (self._sources and not down):
            return Result(Outcome.NOT_FOUND, None, unknown_to or self._sources[-1].name, utc_now())
        return _unavailable(
            ", ".join(f"{name}: {reason}" for name, reason in down.items()) or "no_provider"
        )

    def _note_providers(self) -> None:
        """Keeps how the providers are, for people; no lookup fails over it."""
        rows = []
        for source in self._sources:
            if not (self._register.is_noted and isinstance(source, HttpSource)):
                continue
            news = source.take_news()
            if news and self._is_worth_noting(source.name, news[1]):
                rests = dt.timedelta(seconds=source.breaker.rests_for())
                rows.append(_provider_row(source.name, *news, rests))
        if not rows:
            return
        try:
            with self._sessions.begin() as session:
                session.execute(_keep_provider(session), sorted(rows, key=itemgetter("name")))
        except SQLAlchemyError as error:
            log.warning("the state of providers was not noted (%s)", type(error).__name__)

    def _is_worth_noting(self, name: str, reason: str) -> bool:
        """What is new, and the same again after a while."""
        noted, at = self._noted.get(name, (None, 0.0))
        now = time.monotonic()
        if noted == reason and now - at < (_NOTED_AGAIN if reason else _ANSWER_NOTED_AGAIN):
            return False
        self._noted[name] = (reason, now)
        return True

    def _read(self, keys):
        table = self._register.table
        with only_reading(), self._sessions() as session:
            rows = session.scalars(
                select(table).where(getattr(table, self._register.key).in_(keys))
            )
            return {getattr(row, self._register.key): self._from_row(row) for row in rows}

    def _write(self, results):
        # In one order everywhere, so that two writers cannot wait for each other.
        rows = [self._to_row(key, results[key]) for key in sorted(results) if results[key].fresh]
        if not rows:
            return
        with self._sessions.begin() as session:
            insert = _insert(session, self._register.table)
            key = self._register.key
            changes = {name: insert.excluded[name] for name in rows[0] if name != key}
            session.execute(insert.on_conflict_do_update(index_elements=[key], set_=changes), rows)

    def _from_row(self, row):
        if not row.found:
            return Result(Outcome.NOT_FOUND, None, row.provider, row.fetched_at)
        answer = self._register.answer(**{name: getattr(row, name) for name in self._parts})
        return Result(Outcome.FOUND, answer, row.provider, row.fetched_at)

    def _to_row(self, key, result):
        parts = {
            name: getattr(result.answer, name) if result.answer else "" for name in self._parts
        }
        return parts | {
            self._register.key: key,
            "found": result.outcome is Outcome.FOUND,
            "provider": result.provider,
            "fetched_at": result.fetched_at,
        }


class _Clients:
    """The process's one HTTP client: made at first use, and anew after a fork, which shares its
    sockets."""

    def __init__(self, public_url: str):
        self._agent = f"Balcao/1.0 (store back office; {public_url})"
        self._lock = threading.Lock()
        self._made: tuple[int, httpx.Client] | None = None

    def current(self) -> httpx.Client:
        with self._lock:
            if self._made is None or self._made[0] != os.getpid():
                self._made = (os.getpid(), self._new())
            return self._made[1]

    def close(self) -> None:
        with self._lock:
            if self._made is not None and self._made[0] == os.getpid():
                self._made[1].close()
            self._made = None

    def _new(self):
        # A pool wider than ten slows httpx down; redirects would leave the fixed hosts.
        return httpx.Client(
            verify=web_trust(),
            headers={
                "User-Agent": self._agent,
                "Accept": "application/json",
                "Accept-Encoding": "identity",
            },
            limits=httpx.Limits(max_connections=_AT_A_TIME, max_keepalive_connections=_AT_A_TIME),
            follow_redirects=False,
        )


def _usable(
    known: dict[str, Result[Answer]], unknown_since: dt.datetime | None
) -> dict[str, Result[Answer]]:
    """What need not be asked for again."""
    return {
        key: result
        for key, result in known.items()
        if result.fresh
        and not (
            unknown_since
            and result.outcome is Outcome.NOT_FOUND
            and result.fetched_at
            and result.fetched_at < unknown_since
        )
    }


def _chunks(items):
    iterator = iter(items)
    while chunk := list(islice(iterator, _CHUNK)):
        yield chunk


def _insert(session: Session, model: type[Model]) -> Any:
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    return dialect.insert(model)


def _provider_row(
    name: str, at: dt.datetime, reason: str, rests: dt.timedelta
) -> dict[str, object]:
    return {
        "name": name,
        "answered_at": None if reason else at,
        "reason": reason,
        "failing_since": at if reason else None,
        "rests_until": at + rests if rests > dt.timedelta() else None,
    }


def _keep_provider(session: Session) -> Any:
    """Since when it gives no answer is kept from its first failure on; a pause for its pace is
    another matter than a failure."""
    insert = _insert(session, PostalProvider)
    now, before = insert.excluded, PostalProvider
    is_another_matter = (before.reason == "busy") != (now.reason == "busy")
    return insert.on_conflict_do_update(
        index_elements=["name"],
        set_={
            "answered_at": func.coalesce(now.answered_at, before.answered_at),
            "reason": now.reason,
            "failing_since": case(
                (is_another_matter, now.failing_since),
                (now.reason != "", func.coalesce(before.failing_since, now.failing_since)),
            ),
            "rests_until": now.rests_until,
        },
    )


def _unavailable(reason):
    return Result(Outcome.UNAVAILABLE, reason=reason)


def _or_stale(result, known):
    """An old answer is better than none while nobody answers; an old "not found" is not."""
    stale = (
        result.outcome is Outcome.UNAVAILABLE
        and known is not None
        and known.outcome is Outcome.FOUND
    )
    return known if stale else result


def kept_lookup(register: Register[Answer], name: str) -> Lookup[Answer]:
    """The process's one Lookup of that register, made at first use: it holds connections and
    breakers."""
    app = current_app
    if name not in app.extensions:
        settings: Settings = app.extensions["settings"]
        app.extensions[name] = Lookup(
            register, settings, db.session.session_factory, app.extensions["redis"]
        )
    return app.extensions[name]
