"""Notices that a clock was set back, by one that nobody sets."""

import datetime as dt
import time
from collections.abc import Callable

# What two clocks differ by without any having been set.
_USUAL = dt.timedelta(seconds=5)


class ClockWatch:
    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self.clock = clock
        self._last: tuple[float, dt.datetime] | None = None

    def set_back(self, now: dt.datetime) -> dt.timedelta | None:
        """By how much the watched clock, which says `now`, was set back since the last time; None
        for one that was not."""
        read, last = self.clock(), self._last
        self._last = read, now
        if last is None:
            return None
        back = last[1] + dt.timedelta(seconds=read - last[0]) - now
        return back if back > _USUAL else None
