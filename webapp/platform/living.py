"""Which worker processes of this machine live: each holds the lock of a file of its own, which the
kernel gives back whatever the process dies of.

So the death of one is known at once, and nobody waits for its leases to end. One that is stuck (it
was stopped, or hangs in what lets none of its threads run) no longer touches its file, and is ended
by whoever looks. Where there are no such locks, or the workers are on another machine, the leases
alone tell.
"""

import fcntl
import logging
import os
import resource
import secrets
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

log = logging.getLogger(__name__)
FOLDER, SUFFIX = "workers", ".lock"
# One that has not touched its file for so long is stuck; whoever looked away for longer than a
# moment knows nothing of what was meanwhile.
SILENT_SECONDS, LOOKED_AWAY_SECONDS = 14, 5
# What this process's leases bear, and its locked file.
_mine: tuple[str, IO[str]] | None = None
_expected_by: float | None = None


def begin(data_dir: Path) -> None:
    """From now on, and for as long as this process lives, others see that it does."""
    global _mine
    name = secrets.token_hex(4)
    file = data_dir / FOLDER / f"{name}{SUFFIX}"
    # Under another name until it is locked, or somebody finds it free.
    draft = file.with_suffix(".new")
    try:
        file.parent.mkdir(exist_ok=True)
        held = draft.open("w")
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        draft.rename(file)
    except OSError as error:
        log.warning("no lock for this worker (%s): its leases tell of its death", error.strerror)
        return
    _mine = name, held


def my_name() -> str:
    """Of eight signs; for a process that holds no lock, one that nobody finds dead."""
    return _mine[0] if _mine else secrets.token_hex(4)


def touch() -> None:
    """Says that this process is not stuck."""
    if _mine:
        # A disk that takes nothing is told elsewhere.
        with suppress(OSError):
            os.utime(_mine[1].fileno())


def expect_result(seconds: float | None) -> None:
    """What this process is at just now is of use within so many seconds only, and then belongs to
    others; None: it is at nothing."""
    global _expected_by
    _expected_by = None if seconds is None else time.monotonic() + seconds


def is_overdue() -> bool:
    return _expected_by is not None and time.monotonic() > _expected_by


def memory_mb() -> int:
    """What this process holds of the machine's memory just now, in MiB; where the system does not
    tell, the most that it ever held."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most // (2**20 if sys.platform == "darwin" else 2**10)
    return pages * os.sysconf("SC_PAGE_SIZE") // 2**20


def dead(data_dir: Path) -> Iterator[str]:
    """The names of those that died; each is forgotten once the next is asked for."""
    for file in (data_dir / FOLDER).glob(f"*{SUFFIX}"):
        try:
            held = file.open()
        except FileNotFoundError:
            continue  # another sweeper was quicker
        with held:
            if _locked(held):
                yield file.stem
                file.unlink(missing_ok=True)


class Listener:
    """Hears which workers of this machine are stuck. No clock is trusted but that of its own
    process: what a file bears is compared with what it bore, so that a clock that jumps ends
    nobody. One that was never heard of, such as a worker of an older version, is not missed."""

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self.clock = clock
        self._looked = 0.0
        # What each file bore, and since when; the moment of those not heard of yet is none.
        self._heard: dict[str, tuple[int, float | None]] = {}

    def end_stuck(self, data_dir: Path) -> None:
        """Ends them, as far as this process may: then they are dead to everybody."""
        now, before = self.clock(), self._heard
        away, self._looked = now - self._looked > LOOKED_AWAY_SECONDS, now
        self._heard = {}
        for file in (data_dir / FOLDER).glob(f"*{SUFFIX}"):
            with suppress(FileNotFoundError):
                touched = file.stat().st_mtime_ns
                bore, since = before.get(file.stem, (touched, None))
                if touched != bore or (away and since is not None):
                    since = now
                self._heard[file.stem] = touched, since
                if since is not None and now - since > SILENT_SECONDS:
                    _end_holder(file)


def _end_holder(file: Path) -> None:
    """Kills the process that holds the file's lock. The kernel names it by the number that it has
    for this process; in another container it has none."""
    for lock in _locks():
        if lock[1] == "FLOCK" and lock[5].split(":")[-1] == str(file.stat().st_ino):
            pid = int(lock[4])
            if pid > 0 and pid != os.getpid() and _has_open(pid, file):
                log.error("worker %s (process %s) is stuck and is ended", file.stem, pid)
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)


def _has_open(pid: int, file: Path) -> bool:
    """Files of other disks have the same numbers: nobody is ended for the lock of one of those."""
    kept = file.stat()
    for held in Path(f"/proc/{pid}/fd").glob("*"):
        with suppress(OSError):
            if os.path.samestat(held.stat(), kept):
                return True
    return False


def _locks() -> list[list[str]]:
    """Such as ["1:", "FLOCK", "ADVISORY", "WRITE", "4711", "08:01:131", "0", "EOF"]; none where the
    system does not tell. A process that waits for a lock stands behind an arrow."""
    try:
        lines = Path("/proc/locks").read_text().splitlines()
    except OSError:
        return []
    return [line.split() for line in lines if "->" not in line]


def _locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
