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
from collections.abc import Callable, Iterator
from typing import Any

import redis

from webapp.platform.queue import connect

log = logging.getLogger(__name__)
STREAM = "balcao:live"
KEPT_EVENTS = 5000
# A page that went away is noticed at the next write; until then it keeps its seat.
HEARTBEAT_SECONDS = 4
BACKLOG = 256


class Full(Exception):
    """As many pages stream as this process can carry; the others poll."""


class Hub:
    """Fans the stream out to subscribers. Its thread starts with the first of them, after any
    fork."""

    def __init__(self, redis_url: str, seats: int):
        self.redis_url, self.seats = redis_url, seats
        self._lock = threading.Lock()
        self._subscribers: set[queue.Queue] = set()
        self._reader_pid = 0
        # The last event this process has heard of; empty while nobody listens.
        self.cursor = ""

    def subscribe(self) -> queue.Queue:
        with self._lock:
            if self._reader_pid != os.getpid():
                self._reader_pid, self._subscribers = os.getpid(), set()
                threading.Thread(target=self._read, daemon=True, name="live").start()
            if len(self._subscribers) >= self.seats:
                raise Full
            inbox: queue.Queue = queue.Queue(BACKLOG)
            self._subscribers.add(inbox)
            return inbox

    def leave(self, inbox: queue.Queue) -> None:
        with self._lock:
            self._subscribers.discard(inbox)

    def close(self) -> None:
        """Ends every stream, so that a stopping server is not held up by open pages."""
        with self._lock:
            for inbox in self._subscribers:
                self._put(inbox, None)

    def _put(self, inbox: queue.Queue, item: tuple[str, str] | None) -> None:
        try:
            inbox.put_nowait(item)
        except queue.Full:
            # A page that does not read is told to fetch again what it shows, instead of growing
            # without bound.
            while not inbox.empty():
                inbox.get_nowait()
            inbox.put_nowait(("", "reset"))

    def _read(self) -> None:
        last = ""
        # Its answers are bytes; the library's types name those of every protocol.
        connection: Any = connect(self.redis_url, timeout=20)
        while True:
            try:
                # Not "$": between two of its reads an event would go by unheard.
                last = last or _newest(connection)
                for _stream, entries in (
                    connection.xread({STREAM: last}, count=200, block=10_000) or []
                ):
                    for entry_id, fields in entries:
                        last = self.cursor = entry_id.decode()
                        with self._lock:
                            for inbox in self._subscribers:
                                self._put(inbox, (last, fields[b"data"].decode()))
            except redis.RedisError as error:
                log.warning("live stream interrupted (%s)", type(error).__name__)
                last = self.cursor = ""
                with self._lock:
                    for inbox in self._subscribers:
                        self._put(inbox, ("", "reset"))
                threading.Event().wait(1)


def since(connection: Any, cursor: str, limit: int = 500) -> tuple[str, list[dict]] | None:
    """The newest cursor and the events after `cursor`, or None when it is too old to tell what was
    missed."""
    oldest = connection.xrange(STREAM, count=1)
    if cursor and oldest and _key(oldest[0][0].decode()) > _key(cursor):
        return None
    entries = (
        connection.xrange(STREAM, min=f"({cursor}" if cursor else "-", count=limit)
        if cursor
        else []
    )
    newest = entries[-1][0].decode() if entries else cursor or _newest(connection)
    return newest, [json.loads(fields[b"data"]) for _id, fields in entries]


def _newest(connection: Any) -> str:
    entries = connection.xrevrange(STREAM, count=1)
    return entries[0][0].decode() if entries else "0-1"


def _key(entry_id: str) -> tuple[int, int]:
    left, _dash, right = entry_id.partition("-")
    return int(left), int(right or 0)


def frames(
    hub: Hub, inbox: queue.Queue, replay: list[str], still_open: Callable[[], bool]
) -> Iterator[str]:
    """The SSE text of one page's stream, until it leaves or its session is over: `still_open` is
    asked at each heartbeat, however busy the stream is."""
    asked_at = time.monotonic()
    try:
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
    finally:
        hub.leave(inbox)
