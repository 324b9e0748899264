"""SQLite as a shop's database: WAL, full durability, foreign keys, and writers that take turns.

SQLite lets one transaction write at a time. Left to itself a waiting writer sleeps and looks again,
up to 100 ms at a time and in no order: under a rush the web takes every turn, the workers starve
and both cores stand idle. Here the threads of a process stand in line at a lock, and the processes
at a lock file that the kernel hands on in turn.
"""

import fcntl
import os
import sqlite3
import threading
from pathlib import Path

from sqlalchemy import Engine, event

from webapp.platform.transactions import reading_only

WAIT_SECONDS = 15
# Carried over into the database every 32 MB of log instead of every 4, which in a rush was every 25
# sales.
LOG_PAGES = 8000


def prepare(engine: Engine) -> None:
    """Binds the engine's connections and transactions to these rules; another database's engine is
    left as it is."""
    if engine.dialect.name != "sqlite":
        return
    line = WriteLine(Path(f"{engine.url.database}.lock"))

    @event.listens_for(engine, "connect")
    def set_up(connection, _record):
        connection.isolation_level = None
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"wal_autocheckpoint={LOG_PAGES}",
            f"busy_timeout={WAIT_SECONDS * 1000}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "first_connect")
    def keep_private(_connection, _record):
        # The file is made by the first connection; those beside it get its rights.
        if engine.url.database not in (None, "", ":memory:"):
            os.chmod(str(engine.url.database), 0o600)

    @event.listens_for(engine, "begin")
    def begin(connection):
        if reading_only.get():
            connection.exec_driver_sql("BEGIN")
            return
        if not connection.info.get("writing"):
            line.enter()
            connection.info["writing"] = True
        connection.connection.dbapi_connection.execute("BEGIN IMMEDIATE")

    @event.listens_for(engine, "checkin")
    def end(_connection, record):
        # Only now has the transaction ended: the events of commit and rollback come before they are
        # done.
        if record.info.pop("writing", False):
            line.leave()


class WriteLine:
    """Where writers wait for their turn. A process that dies leaves the line by itself: the kernel
    drops its lock.

    The kernel's line has no time-out: behind a process that is stopped, and not killed, one thread
    of each other process waits for as long as that lasts. The other threads give up after
    WAIT_SECONDS.
    """

    def __init__(self, file: Path):
        self.file = file
        self._descriptor: int | None = None
        self._threads = threading.Lock()

    def enter(self) -> None:
        """Returns when it is this thread's turn. Raises sqlite3.OperationalError after
        WAIT_SECONDS."""
        if not self._threads.acquire(timeout=WAIT_SECONDS):
            raise sqlite3.OperationalError(
                "database is locked: another thread has been writing for too long"
            )
        try:
            if self._descriptor is None:
                self._descriptor = os.open(self.file, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        except BaseException:
            self._threads.release()
            raise

    def leave(self) -> None:
        assert self._descriptor is not None, "who leaves the line has entered it"
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        self._threads.release()
