"""Which worker processes of this machine live: each holds the lock of a file of its own, which the
kernel gives back whatever the process dies of.

So the death of one is known at once, and nobody waits for its leases to end. Where there are no
such locks, or the workers are on another machine, the leases alone tell.
"""

import fcntl
import logging
import os
import resource
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

log = logging.getLogger(__name__)
FOLDER, SUFFIX = "workers", ".lock"
# What this process's leases bear, and its locked file.
_mine: tuple[str, IO[str]] | None = None


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


def _locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
