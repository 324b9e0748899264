"""Rows that move by themselves: one reader of the Redis stream per web process feeds every open
page.

A Stream, not pub/sub: its ids serve as SSE ids, so that a page that was away is told what it
missed. An open page is a seat: what it sends is an asynchronous iterator, so that it holds no
thread (webapp/serving/bridge.py), and an ordinary one for servers that know no other.
"""

import asyncio
import json
import logging
import os
import threading
import time
import weakref
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any

from webapp.platform.queue import connect
from webapp.platform.sparing import sparing

log = logging.getLogger(__name__)
STREAM = "balcao:live"
KEPT_EVENTS = 5000
# How soon a page that went away gives its seat back, and one whose session is over is told so.
HEARTBEAT_SECONDS = 4
# A page that is further behind is told to fetch again what it shows.
BACKLOG = 256
# The cursor of a stream that holds nothing.
NOTHING_YET = "0-1"
HEARS_WITHIN_SECONDS = 0.5
AGAIN_AFTER_SECONDS = 1
# The menu's counts are counted once for all pages, so often at most.
COUNTED_SECONDS = 0.5
BEGINNING = b"retry: 2000\n\n"
STILL_HERE = b": still here\n\n"
RESET = b"event: reset\ndata: {}\n\n"
SIGNED_OUT = b"event: signed-out\ndata: {}\n\n"


class Full(Exception):
    """As many pages stream as this process, or one person, may have; the others poll."""


class Away(Exception):
    """Redis does not tell this process anything just now; pages poll."""


class Seat:
    """One page's stream: the SSE text of what changed since it was taken, until its session is
    over or the hub closes it."""

    def __init__(self, hub: "Hub", person: int, session: str, role: str, place: int):
        self.hub, self.person, self.session, self.place = hub, person, session, place
        # Whose counts it is told, and those it was told last.
        self.role, self.counts = role, b""
        self.replay: list[bytes] = []
        self.end: bytes | None = None
        self.loop: asyncio.AbstractEventLoop | None = None
        self.bell = asyncio.Event()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        self.loop = asyncio.get_running_loop()
        yield BEGINNING + b"".join(self.replay)
        # What came between the taking of the seat and now has rung nobody.
        missed = self.hub.since(self)
        if missed:
            yield missed
        while self.end is None:
            await self.bell.wait()
            self.bell.clear()
            if self.end is None:
                yield self.hub.since(self) or STILL_HERE
        yield self.end

    def __iter__(self) -> Iterator[bytes]:
        """For a server without a loop, such as that of development: in a thread beside, since a
        loop may run in this one."""

        async def following() -> bytes | None:
            return await anext(texts, None)

        texts, runner = aiter(self), asyncio.Runner()
        with ThreadPoolExecutor(1) as beside:
            try:
                while (text := beside.submit(_run, runner, following).result()) is not None:
                    yield text
            finally:
                # Not `beside`: of a stream that nobody closed it may be garbage already, and would
                # be waited for in vain.
                ending = threading.Thread(target=runner.close)
                ending.start()
                ending.join()

    def finish(self, text: bytes = b"") -> None:
        """Ends the stream, with `text` as its last word."""
        self.end = text

    def close(self) -> None:
        self.hub.leave(self)


class Hub:
    """Fans the stream out to seats. Its threads start with the first of them, after any fork, and
    again should they end.

    `living` says which of the sessions it is given still stand, and for which role; it is asked
    once a heartbeat. `counting` counts by role what waits behind the menu's entries.
    """

    def __init__(
        self,
        redis_url: str,
        living: Callable[[Collection[str]], Mapping[str, str]],
        counting: Callable[[], Mapping[str, Mapping[str, int]]],
        seats: int,
        seats_each: int,
    ):
        self.redis_url, self.living, self.counting = redis_url, living, counting
        self.seats, self.seats_each = seats, seats_each
        self._lock = threading.Lock()
        self._pid = 0
        self._begin()

    def _begin(self) -> None:
        # Weakly: whoever goes without a word gives the seat back too.
        self._seats: weakref.WeakSet[Seat] = weakref.WeakSet()
        self._threads: dict[str, threading.Thread] = {}
        self._hears = threading.Event()
        # The newest texts, and how many there ever were: a seat's place is one of these.
        self._texts: deque[bytes] = deque(maxlen=BACKLOG)
        self._told = 0
        self._changed = threading.Event()
        self._counts: dict[str, bytes] = {}
        # The last event this process has heard of; empty while nobody listens.
        self.cursor = ""

    def subscribe(self, person: int, session: str, role: str) -> Seat:
        """A seat, to be given back by `leave`. Raises Full or Away."""
        with self._lock:
            if self._pid != os.getpid():
                self._pid = os.getpid()
                self._begin()
            self._run("live", self._read)
            self._run("live sessions", self._watch)
            self._run("live counts", self._count)
            people = Counter(seat.person for seat in self._seats)
            if people.total() >= self.seats or people[person] >= self.seats_each:
                raise Full
            if not people:
                # Nobody was there to be told, so nothing was counted.
                self._counts = {}
            seat = Seat(self, person, session, role, self._told)
            self._seats.add(seat)
        self._changed.set()
        # What is replayed to the page is read after this, so that no event falls between.
        if not self._hears.wait(HEARS_WITHIN_SECONDS):
            self.leave(seat)
            raise Away
        return seat

    def leave(self, seat: Seat) -> None:
        with self._lock:
            self._seats.discard(seat)

    def close(self) -> None:
        """Ends every stream: a stopping server is not held up by open pages, and nobody calls
        itself live who hears nothing."""
        for seat in self._taken():
            seat.finish()
        self._ring()

    def since(self, seat: Seat) -> bytes:
        """What was told since the seat's place, which moves on."""
        with self._lock:
            missed, seat.place = self._told - seat.place, self._told
            if missed > len(self._texts):
                return RESET
            texts = list(islice(self._texts, len(self._texts) - missed, None))
            counts = self._counts.get(seat.role, b"")
            if counts != seat.counts:
                seat.counts = counts
                texts.append(counts)
            return b"".join(texts)

    def _run(self, name: str, task: Callable[[], None]) -> None:
        thread = self._threads.get(name)
        if thread is None or not thread.is_alive():
            self._threads[name] = threading.Thread(target=task, daemon=True, name=name)
            self._threads[name].start()

    def _taken(self) -> list[Seat]:
        with self._lock:
            return list(self._seats)

    def _tell(self, texts: list[bytes]) -> None:
        with self._lock:
            self._texts.extend(texts)
            self._told += len(texts)
        self._changed.set()
        self._ring()

    def _ring(self) -> None:
        """Wakes every stream, in the loop that it runs in."""
        seats = self._taken()
        for loop in {seat.loop for seat in seats if seat.loop}:
            mine = [seat for seat in seats if seat.loop is loop]
            try:
                loop.call_soon_threadsafe(_wake, mine)
            except RuntimeError:
                # The loop has ended, and its streams with it.
                for seat in mine:
                    self.leave(seat)

    def _read(self) -> None:
        """Tells for ever what the stream says. While it cannot be read all streams are closed, and
        none begins: pages poll."""
        # Its answers are bytes; the library's types name those of every protocol.
        connection: Any = connect(self.redis_url, timeout=20)
        last = ""
        while True:
            try:
                # Not "$": between two of its reads an event would go by unheard.
                newest = _newest(connection)
                last = last or newest
                self._hears.set()
                while True:
                    read = connection.xread({STREAM: last}, count=200, block=10_000)
                    texts = []
                    for entry_id, fields in read[0][1] if read else ():
                        last = self.cursor = entry_id.decode()
                        if (told := _told(fields)) is not None:
                            texts.append(row_text(last, told))
                    if texts:
                        self._tell(texts)
            except Exception as error:
                # Whatever it is: a reader that ended would leave every page with its last state.
                if sparing.lets_through("live stream"):
                    log.warning("live stream interrupted (%s)", type(error).__name__)
                self._hears.clear()
                self.cursor = ""
                self.close()
                time.sleep(AGAIN_AFTER_SECONDS)

    def _watch(self) -> None:
        """The heartbeat: wakes every stream, and ends those whose session is over."""
        while True:
            time.sleep(HEARTBEAT_SECONDS)
            seats = self._taken()
            try:
                standing = self.living({seat.session for seat in seats}) if seats else {}
                for seat in seats:
                    if seat.session in standing:
                        seat.role = standing[seat.session]
                    else:
                        seat.finish(SIGNED_OUT)
            except Exception as error:
                # A database that is busy or away ends nobody's session.
                log.warning("sessions of live streams not looked up (%s)", type(error).__name__)
            self._ring()

    def _count(self) -> None:
        """Tells what waits behind the menu's entries whenever that may have changed: counted once,
        however many pages show it."""
        while True:
            self._changed.wait(HEARTBEAT_SECONDS)
            self._changed.clear()
            try:
                if self._taken():
                    self._tell_counts(self.counting())
            except Exception as error:
                if sparing.lets_through("live counts"):
                    log.warning("the menu was not counted (%s)", type(error).__name__)
            time.sleep(COUNTED_SECONDS)

    def _tell_counts(self, counted: Mapping[str, Mapping[str, int]]) -> None:
        # To the next power of two: who comes and goes is not told each time.
        tabs = 1 << max(len(self._taken()) - 1, 0).bit_length()
        counts = {
            role: f"event: counts\ndata: {json.dumps({'counts': each, 'tabs': tabs})}\n\n".encode()
            for role, each in counted.items()
        }
        with self._lock:
            known, self._counts = self._counts, counts
        if counts != known:
            self._ring()


def _run(runner: asyncio.Runner, begin: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    # Begun in the thread that it runs in.
    return runner.run(begin())


def _wake(seats: list[Seat]) -> None:
    for seat in seats:
        seat.bell.set()


def row_text(entry_id: str, told: dict) -> bytes:
    return f"id: {entry_id}\nevent: row\ndata: {json.dumps(told)}\n\n".encode()


def since(connection: Any, cursor: str, limit: int = 500) -> tuple[str, list[dict]] | None:
    """The newest cursor and the events after `cursor`, or None when it is too old to tell what was
    missed, or more was than `limit`: a stream that goes on from the newest would skip the rest."""
    oldest = connection.xrange(STREAM, count=1)
    if cursor and not oldest and cursor != NOTHING_YET:
        return None
    if cursor and oldest and _key(oldest[0][0].decode()) > _key(cursor):
        return None
    entries = (
        connection.xrange(STREAM, min=f"({cursor}" if cursor else "-", count=limit)
        if cursor
        else []
    )
    if len(entries) == limit:
        return None
    newest = entries[-1][0].decode() if entries else cursor or _newest(connection)
    return newest, [told for _id, fields in entries if (told := _told(fields)) is not None]


def _told(fields: dict[bytes, bytes]) -> dict | None:
    """What an entry says; None for one that another program, or another version, wrote."""
    try:
        said = json.loads(fields[b"data"])
        return {"kind": str(said["kind"]), "id": int(said["id"]), "status": str(said["status"])}
    except (ValueError, TypeError, LookupError):
        log.warning("an entry of the live stream cannot be read")
        return None


def _newest(connection: Any) -> str:
    entries = connection.xrevrange(STREAM, count=1)
    return entries[0][0].decode() if entries else NOTHING_YET


def _key(entry_id: str) -> tuple[int, int]:
    left, _dash, right = entry_id.partition("-")
    return int(left), int(right or 0)
