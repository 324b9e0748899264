"""Whether the shop can save: the room on its disk, and what an error says of it.

A shop that cannot save goes on showing what it has. Nobody needs to start it again once it can.
"""

import enum
import errno
import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

# Bytes: with less, the next write may fail.
LEAST_ROOM = 8 * 2**20
REMEMBERED_SECONDS = 15


class StorageFault(enum.StrEnum):
    FULL = "full"
    UNWRITABLE = "unwritable"
    AWAY = "away"
    BUSY = "busy"


_LASTING = (StorageFault.FULL, StorageFault.UNWRITABLE)
_OF_SYSTEM = {
    errno.ENOSPC: StorageFault.FULL,
    errno.EDQUOT: StorageFault.FULL,
    errno.EROFS: StorageFault.UNWRITABLE,
}
# By the first byte of an extended code.
_OF_SQLITE = {
    sqlite3.SQLITE_FULL: StorageFault.FULL,
    sqlite3.SQLITE_READONLY: StorageFault.UNWRITABLE,
    sqlite3.SQLITE_IOERR: StorageFault.UNWRITABLE,
    sqlite3.SQLITE_CANTOPEN: StorageFault.UNWRITABLE,
}
# PostgreSQL: disk_full, io_error, read_only_sql_transaction.
_OF_POSTGRESQL = {
    "53100": StorageFault.FULL,
    "58030": StorageFault.UNWRITABLE,
    "25006": StorageFault.UNWRITABLE,
}
# connection_exception, operator_intervention (such as a restart).
_AWAY_CLASSES = ("08", "57")


def fault_of(error: BaseException) -> StorageFault | None:
    """Why the shop could not read or save just now; None for an error of the program's own."""
    if isinstance(error, PoolTimeout):
        return StorageFault.BUSY
    if isinstance(error, DBAPIError):
        if not isinstance(error.orig, sqlite3.Error):
            return _fault_of_server(error)
        error = error.orig
    if isinstance(error, sqlite3.OperationalError):
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_BUSY)
        return _OF_SQLITE.get(code & 0xFF, StorageFault.BUSY)
    if isinstance(error, OSError):
        return _OF_SYSTEM.get(error.errno or 0)
    return None


def _fault_of_server(error: DBAPIError) -> StorageFault | None:
    state = getattr(error.orig, "sqlstate", None)
    if state in _OF_POSTGRESQL:
        return _OF_POSTGRESQL[state]
    if error.connection_invalidated or (state or "").startswith(_AWAY_CLASSES):
        return StorageFault.AWAY
    if type(error).__name__ != "OperationalError":
        return None
    return StorageFault.BUSY if state else StorageFault.AWAY


class Storage:
    """What this process knows of the disk under `folder`, and of the database's, which may be on
    another machine."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.monotonic):
        self.folder, self.clock = folder, clock
        self._met: StorageFault | None = None
        self._met_until = 0.0

    def met(self, error: BaseException) -> StorageFault | None:
        """As `fault_of`; what may last is remembered for some seconds."""
        fault = fault_of(error)
        if fault in _LASTING:
            self._met, self._met_until = fault, self.clock() + REMEMBERED_SECONDS
        return fault

    def free_bytes(self) -> int:
        found = os.statvfs(self.folder)
        return found.f_bavail * found.f_frsize

    def fault(self) -> StorageFault | None:
        """Why nothing new can be saved, as far as this process knows."""
        if self.clock() < self._met_until:
            return self._met
        if os.statvfs(self.folder).f_flag & os.ST_RDONLY:
            return StorageFault.UNWRITABLE
        return StorageFault.FULL if self.free_bytes() < LEAST_ROOM else None
