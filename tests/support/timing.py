"""Bounds on time that also hold on a machine that others keep busy."""

import gc
import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

_SCHEDULED = Path("/proc/thread-self/schedstat")


@contextmanager
def processor_seconds_below(most: float) -> Iterator[None]:
    """Fails when what happens within takes as much of the processor in this thread; looking for
    garbage goes through what all tests before have left, so it waits."""
    looks = gc.isenabled()
    gc.disable()
    try:
        begun = time.thread_time()
        yield
        took = time.thread_time() - begun
    finally:
        if looks:
            gc.enable()
    assert took < most, f"{took:.2f} s of processor time"


def seconds_waited(call: Callable[[], object]) -> float:
    """How long this thread stood still for something: it neither ran nor stood in line for a
    processor. Where the system does not tell that apart: how long it took."""
    begun, at_work = time.perf_counter(), _seconds_at_work()
    call()
    return time.perf_counter() - begun - (_seconds_at_work() - at_work)


def _seconds_at_work() -> float:
    if not _SCHEDULED.exists():
        return 0
    ran, in_line, _slices = map(int, _SCHEDULED.read_text().split())
    return (ran + in_line) / 1e9


def processor_seconds_of(pids: Iterable[int]) -> float:
    """What these processes, and the children of theirs that ended, took so far."""
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")
