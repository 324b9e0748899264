"""Rows that move by themselves: one reader of the Redis stream per web process feeds every open
page.

A Stream, not pub/sub: its ids serve as SSE ids, so that a page that was away is told what it
missed.
"""

import json
import logging
import os
import queue
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from typing import Any

from webapp.platform.queue import connect
from webapp.platform.sparing import sparing

log = logging.getLogger(__name__)
STREAM = "balcao:live"
KEPT_EVENTS = 5000
# A page that went away is noticed at the next write; until then it keeps its seat.
HEARTBEAT_SECONDS = 4
BACKLOG = 256
# The cursor of a stream that holds nothing.
NOTHING_YET = "0-1"
HEARS_WITHIN_SECONDS = 0.5
AGAIN_AFTER_SECONDS = 1


class Full(Exception):
    """As many pages stream as this process can carry; the others poll."""


class Away(Exception):
    """Redis does not tell this process anything just now; pages poll."""


class Hub:
    """Fans the stream out to subscribers. Its thread starts with the first of them, after any
    fork, and again if it should end."""

    def __init__(self, redis_url: str, seats: int):
        self.redis_url, self.seats = redis_url, seats
        self._lock = threading.Lock()
        # Weakly: whoever goes without a word gives the seat back too.
        self._subscribers: weakref.WeakSet[queue.Queue] = weakref.WeakSet()
        self._reader: threading.Thread | None = None
        self._reader_pid = 0
        self._hears = threading.Event()
        # The last event this process has heard of; empty while nobody listens.
        self.cursor = ""

    def subscribe(self) -> queue.Queue:
        """A seat, to be given back by `leave`. Raises Full or Away."""
        with self._lock:
            if self._reader_pid != os.getpid():
                self._reader_pid, self._subscribers = os.getpid(), weakref.WeakSet()
                self._reader, self._hears = None, threading.Event()
            if self._reader is None or not self._reader.is_alive():
                self._reader = threading.Thread(target=self._read, daemon=True, name="live")
                self._reader.start()
            if len(self._subscribers) >= self.seats:
                raise Full
            inbox: queue.Queue = queue.Queue(BACKLOG)
            self._subscribers.add(inbox)
        # What is replayed to the page is read after this, so that no event falls between.
        if not self._hears.wait(HEARS_WITHIN_SECONDS):
            raise Away
        return inbox

    def leave(self, inbox: queue.Queue) -> None:
        with self._lock:
            self._subscribers.discard(inbox)

    def close(self) -> None:
        """Ends every stream: a stopping server is not held up by open pages, and nobody calls
        itself live who hears nothing."""
        self._tell(None)

    def _tell(self, item: tuple[str, str] | None) -> None:
        with self._lock:
            for inbox in self._subscribers:
                self._put(inbox, item)

    def _put(self, inbox: queue.Queue, item: tuple[str, str] | None) -> None:
        try:
            inbox.put_nowait(item)
        except queue.Full:
            # A page that does not read is told to fetch again what it shows, instead of growing
            # without bound.
            while not inbox.empty():
                inbox.get_nowait()
            inbox.put_nowait(item and ("", "reset"))

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
                    for entry_id, fields in read[0][1] if read else ():
                        last = self.cursor = entry_id.decode()
                        if (told := _told(fields)) is not None:
                            self._tell((last, json.dumps(told)))
            except Exception as error:
                # Whatever it is: a reader that ended would leave every page with its last state.
                if sparing.lets_through("live stream"):
                    log.warning("live stream interrupted (%s)", type(error).__name__)
                self._hears.clear()
                self.cursor = ""
                self.close()
                time.sleep(AGAIN_AFTER_SECONDS)


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


def frames(inbox: queue.Queue, replay: list[str], still_open: Callable[[], bool]) -> Iterator[str]:
    """The SSE text of one page's stream, until its session is over: `still_open` is asked at each
    heartbeat, however busy the stream is."""
    asked_at = time.monotonic()
    yield "retry: 2000\n\n"
    yield from replay
    while True:
        try:
            item = inbox.get(timeout=max(0, asked_at + HEARTBEAT_SECONDS - time.monotonic()))
        except queue.Empty:
            item = ("", "")
        if item is None:
            return
        if time.monotonic() - asked_at >= HEARTBEAT_SECONDS:
            if not still_open():
                yield "event: signed-out\ndata: {}\n\n"
                return
            asked_at = time.monotonic()
        if item == ("", ""):
            yield ": still here\n\n"
            continue
        entry_id, data = item
        yield (
            "event: reset\ndata: {}\n\n"
            if data == "reset"
            else f"id: {entry_id}\nevent: row\ndata: {data}\n\n"
        )
