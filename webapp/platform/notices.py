"""What a commit tells the world by way of Redis: rows that changed, for open pages, and doorbells,
for the workers.

Both may be lost without harm: pages fetch again what they show, and the sweeper rings for whatever
is owed. So a request need not wait for them: the web server sends them from a thread of its own.
"""

import json
import logging
import os
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import redis
from flask import current_app
from sqlalchemy import event

from webapp.platform.live import KEPT_EVENTS, STREAM
from webapp.platform.queue import ask_to_ring, enqueue_doorbell, note_done
from webapp.platform.sparing import sparing
from webapp.platform.tallies import Tally, add_to_tally
from webapp.platform.transactions import after_commit

log = logging.getLogger(__name__)
# In a rush so much is sent together.
GATHER_SECONDS = 0.1
# One command for all rows of a batch: the client takes longer over a command than Redis does.
_ADD_EACH = """
for place = 2, #ARGV do
  redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', 'data', ARGV[place])
end
"""
# Says that work moved, at most once a second, however many commits move some; what is held back is
# told by the sweeper's next pass.
WORK_TOLD_KEY, WORK_UNTOLD_KEY = "balcao:work-told", "balcao:work-untold"
_WORK_TOLD_MS, _WORK_UNTOLD_SECONDS = 1000, 60
_WORK_MOVED = json.dumps({"kind": "jobs", "id": 0, "status": ""})
_TELL_WORK = """
if redis.call('SET', KEYS[2], 1, 'NX', 'PX', ARGV[3]) then
  redis.call('DEL', KEYS[3])
  redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', 'data', ARGV[2])
else
  redis.call('SET', KEYS[3], 1, 'EX', ARGV[4])
end
"""


@dataclass
class Notices:
    """What one transaction has to tell: the status of each changed row by (kind, id), the queues
    to ring, how many rows of each queue came to the end of their work, and what came of tries."""

    rows: dict[tuple[str, int], str] = field(default_factory=dict)
    rings: set[str] = field(default_factory=set)
    done: Counter[str] = field(default_factory=Counter)
    tried: Tally = field(default_factory=Counter)

    def row_changed(self, kind: str, row_id: int, status: str = "") -> None:
        self.rows[kind, row_id] = status

    def ring(self, queue_name: str) -> None:
        self.rings.add(queue_name)

    def count_done(self, queue_name: str, rows: int) -> None:
        self.done[queue_name] += rows

    def count_tried(self, step: str, outcomes: Iterable[str]) -> None:
        self.tried.update((step, outcome) for outcome in outcomes)

    def add(self, later: "Notices") -> None:
        """Takes in what a later transaction tells: of a row changed twice the last status."""
        self.rows |= later.rows
        self.rings |= later.rings
        self.done += later.done


class Notifier:
    """Sends notices: at once, or (in the web server) from a thread that sends together what comes
    in within GATHER_SECONDS of its last sending. A lone one it sends at once, too."""

    def __init__(self, connection: Callable[[], redis.Redis]):
        self._connection = connection
        self._inbox: queue.SimpleQueue[Notices] = queue.SimpleQueue()
        self._thread_of_pid = 0
        self.in_background = False

    def send(self, notices: Notices) -> None:
        if not self.in_background:
            self._send(notices)
            return
        self._inbox.put(notices)
        # A process that was forked after the start has no thread of its own yet.
        if self._thread_of_pid != os.getpid():
            self._thread_of_pid = os.getpid()
            threading.Thread(target=self._send_forever, daemon=True, name="notices").start()

    def _send_forever(self) -> None:
        sent_at = 0.0
        while True:
            notices = self._inbox.get()
            time.sleep(max(0.0, sent_at + GATHER_SECONDS - time.monotonic()))
            while not self._inbox.empty():
                notices.add(self._inbox.get())
            try:
                self._send(notices)
            except Exception:
                if sparing.lets_through("notices failed"):
                    log.exception("notices not sent; pages poll and the sweeper rings")
            sent_at = time.monotonic()

    def _send(self, notices: Notices) -> None:
        rings, connection = sorted(notices.rings), self._connection()
        rows = [
            json.dumps({"kind": kind, "id": row_id, "status": status})
            for (kind, row_id), status in notices.rows.items()
        ]
        try:
            with connection.pipeline(transaction=False) as pipe:
                for name in rings:
                    ask_to_ring(pipe, name)
                if rows:
                    pipe.eval(_ADD_EACH, 1, STREAM, KEPT_EVENTS, *rows)
                for name, done in notices.done.items():
                    note_done(pipe, name, done)
                if rings or notices.done:
                    tell_work(pipe)
                answers = pipe.execute()
            for name, answer in zip(rings, answers[: len(rings)], strict=True):
                if answer:
                    enqueue_doorbell(connection, name)
        except redis.RedisError as error:
            if sparing.lets_through("notices"):
                log.warning(
                    "notices not sent (%s); pages poll and the sweeper rings", type(error).__name__
                )


def tell_work(connection: Any) -> None:
    """Open pages about the work look again."""
    keys = (STREAM, WORK_TOLD_KEY, WORK_UNTOLD_KEY)
    told = (KEPT_EVENTS, _WORK_MOVED, _WORK_TOLD_MS, _WORK_UNTOLD_SECONDS)
    connection.eval(_TELL_WORK, len(keys), *keys, *told)


def tell_work_held_back(connection: redis.Redis) -> None:
    if connection.exists(WORK_UNTOLD_KEY):
        tell_work(connection)


def notices_of(session) -> Notices:
    """What the session's transaction has to tell once it is committed."""
    return session.info.setdefault("notices", Notices())


def live_kind(model: Any) -> str:
    """Under which name rows of a model move by themselves on open pages; empty: they do not."""
    name: str = getattr(model, "live", "")
    return name or (model.__tablename__ if hasattr(model, "audited") else "")


def tell_pages(session, row) -> None:
    """Tells open pages of a live row whose own columns did not change, though what they show
    did."""
    notices_of(session).row_changed(live_kind(type(row)), row.id, str(getattr(row, "status", "")))


def send_on_commit(session_factory) -> None:
    """Binds the session's commits to the notifier."""

    def send(session):
        notices = session.info.pop("notices", None)
        if notices:
            add_to_tally(notices.tried)
        if notices and (notices.rows or notices.rings or notices.done):
            current_app.extensions["notifier"].send(notices)

    after_commit(session_factory, send)

    @event.listens_for(session_factory, "after_rollback")
    def forget(session):
        # Behind a savepoint the transaction goes on, and a notice too many does no harm.
        if not session.in_nested_transaction():
            session.info.pop("notices", None)
