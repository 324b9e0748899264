"""Postal codes looked up: from the table of answers first, then from the providers in their order.

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
from typing import Any

import httpx
import redis
from sqlalchemy import case, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from webapp.addresses import providers
from webapp.addresses.answer import PostalAnswer
from webapp.addresses.models import PostalCode, PostalProvider
from webapp.addresses.providers import HttpSource, NotCovered, ProviderDown, SampleSource
from webapp.addresses.shared import Shared
from webapp.platform.cep import normalize_cep
from webapp.platform.clock import utc_now
from webapp.platform.database import Model
from webapp.platform.settings import Settings
from webapp.platform.transactions import only_reading

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
_ANSWER_PARTS = [field.name for field in fields(PostalAnswer)]


class Outcome(enum.StrEnum):
    FOUND = "found"
    NOT_FOUND = "not_found"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True)
class PostalResult:
    """`answer` when found; `reason` when no provider could say ("viacep: timeout, opencep: busy");
    `provider` and `fetched_at` (UTC) of whoever said so, else "" and None."""

    outcome: Outcome
    answer: PostalAnswer | None = None
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


class Lookup:
    """Make one per process and keep it: it holds the connections, the breakers and the pace. Safe
    in threads and after a fork; `close` it at the end. `sources` replaces the configured providers
    (for tests)."""

    def __init__(
        self,
        settings: Settings,
        sessions: sessionmaker,
        redis_client: redis.Redis | None = None,
        sources: Sequence[HttpSource | SampleSource] | None = None,
    ):
        self._sessions = sessions
        self._shared = Shared(redis_client)
        self._clients = _Clients(settings.public_url)
        self._noted: dict[str, tuple[str, float]] = {}
        self._sources = self._configured(settings) if sources is None else list(sources)

    def many(
        self,
        ceps: Iterable[str],
        budget_s: float = math.inf,
        unknown_since: dt.datetime | None = None,
    ) -> dict[str, PostalResult]:
        """One result for each distinct code (eight digits, else ValueError). Takes at most about
        `budget_s` seconds; codes without an answer by then are `unavailable`, as are those that no
        provider could tell. What was not found before `unknown_since` is asked for again."""
        wanted = sorted(set(ceps))
        if any(normalize_cep(cep) != cep for cep in wanted):
            raise ValueError("lookups take the eight digits of normalize_cep")
        deadline = time.monotonic() + budget_s
        known = self._read(wanted)
        results = _usable(known, unknown_since)
        for chunk in _chunks([cep for cep in wanted if cep not in results]):
            for cep, result in self._settle(chunk, deadline, unknown_since).items():
                results[cep] = _or_stale(result, known.get(cep))
        return results

    def one(self, cep: str, budget_s: float = 2.0) -> PostalResult:
        """One code, for a person who waits: what was not found before is asked for again."""
        return self.many([cep], budget_s, unknown_since=utc_now())[cep]

    def close(self) -> None:
        self._clients.close()
        self._shared.close()

    def _configured(self, settings):
        known = {
            "viacep": lambda: providers.viacep(settings.viacep_url),
            "brasilapi": providers.brasilapi,
            "opencep": providers.opencep,
            "awesomeapi": providers.awesomeapi,
        }
        return [
            SampleSource()
            if name == providers.SAMPLE
            else HttpSource(known[name](), self._clients.current, self._shared.take_turn)
            for name in settings.cep_providers
        ]

    def _settle(
        self, ceps: Iterable[str], deadline: float, unknown_since: dt.datetime | None
    ) -> dict[str, PostalResult]:
        """Each code asked by one process at a time: the others wait for its answer in the table."""
        results: dict[str, PostalResult] = {}
        waiting = set(ceps)
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
        self, ceps: set[str], deadline: float, unknown_since: dt.datetime | None
    ) -> dict[str, PostalResult]:
        try:
            # Whoever held the claim before may just have written the answer.
            known = _usable(self._read(sorted(ceps)), unknown_since)
            answers = self._ask_all(sorted(ceps - known.keys()), deadline)
            self._write(answers)
            self._note_providers()
            return known | answers
        finally:
            self._shared.release(ceps)

    def _ask_all(self, ceps: list[str], deadline: float) -> dict[str, PostalResult]:
        if not ceps:
            return {}
        pool = ThreadPoolExecutor(min(_AT_A_TIME, len(ceps)), thread_name_prefix="cep")
        calls = {cep: pool.submit(self._ask, cep, deadline) for cep in ceps}
        left = None if math.isinf(deadline) else max(0.0, deadline - time.monotonic())
        done, _ = wait(calls.values(), timeout=left)
        # A name server may hang beyond any time-out of ours; such a call ends by itself, unheard.
        pool.shutdown(wait=False, cancel_futures=True)
        return {
            cep: call.result() if call in done else _unavailable("no_time")
            for cep, call in calls.items()
        }

    def _ask(self, cep: str, deadline: float) -> PostalResult:
        unknown_to, down = "", {}
        for source in self._sources:
            try:
                answer = source.ask(cep, deadline)
            except NotCovered:
                continue
            except ProviderDown as error:
                down[source.name] = error.reason
                continue
            if answer:
                return PostalResult(Outcome.FOUND, answer, source.name, utc_now())
            # "Not found" does not mean that the code does not exist: the next one may know it.
            unknown_to = unknown_to or source.name
        if unknown_to or (self._sources and not down):
            return PostalResult(
                Outcome.NOT_FOUND, None, unknown_to or self._sources[-1].name, utc_now()
            )
        return _unavailable(
            ", ".join(f"{name}: {reason}" for name, reason in down.items()) or "no_provider"
        )

    def _note_providers(self) -> None:
        """Keeps how the providers are, for people; no lookup fails over it."""
        rows = []
        for source in self._sources:
            if not isinstance(source, HttpSource):
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

    def _read(self, ceps):
        with only_reading(), self._sessions() as session:
            rows = session.scalars(select(PostalCode).where(PostalCode.cep.in_(ceps)))
            return {row.cep: _from_row(row) for row in rows}

    def _write(self, results):
        # In one order everywhere, so that two writers cannot wait for each other.
        rows = [_to_row(cep, results[cep]) for cep in sorted(results) if results[cep].fresh]
        if not rows:
            return
        with self._sessions.begin() as session:
            insert = _insert(session, PostalCode)
            changes = {name: insert.excluded[name] for name in rows[0] if name != "cep"}
            session.execute(
                insert.on_conflict_do_update(index_elements=["cep"], set_=changes), rows
            )


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
            headers={
                "User-Agent": self._agent,
                "Accept": "application/json",
                "Accept-Encoding": "identity",
            },
            limits=httpx.Limits(max_connections=_AT_A_TIME, max_keepalive_connections=_AT_A_TIME),
            follow_redirects=False,
        )


def _usable(
    known: dict[str, PostalResult], unknown_since: dt.datetime | None
) -> dict[str, PostalResult]:
    """What need not be asked for again."""
    return {
        cep: result
        for cep, result in known.items()
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
    return PostalResult(Outcome.UNAVAILABLE, reason=reason)


def _or_stale(result, known):
    """An old answer is better than none while nobody answers; an old "not found" is not."""
    stale = (
        result.outcome is Outcome.UNAVAILABLE
        and known is not None
        and known.outcome is Outcome.FOUND
    )
    return known if stale else result


def _from_row(row):
    if not row.found:
        return PostalResult(Outcome.NOT_FOUND, None, row.provider, row.fetched_at)
    answer = PostalAnswer(**{name: getattr(row, name) for name in _ANSWER_PARTS})
    return PostalResult(Outcome.FOUND, answer, row.provider, row.fetched_at)


def _to_row(cep, result):
    parts = {name: getattr(result.answer, name) if result.answer else "" for name in _ANSWER_PARTS}
    return parts | {
        "cep": cep,
        "found": result.outcome is Outcome.FOUND,
        "provider": result.provider,
        "fetched_at": result.fetched_at,
    }
