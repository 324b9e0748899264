"""Sparing words about a fault that lasts: it must not fill the log, and the disk, with itself.

Standard library only: bin/run says its own in the same way.
"""

import time
from collections.abc import Callable

SILENT_SECONDS = 60


class Sparing:
    """Lets one line a minute through for each cause."""

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self.clock = clock
        self._silent_until: dict[str, float] = {}

    def lets_through(self, cause: str) -> bool:
        now = self.clock()
        if now < self._silent_until.get(cause, now):
            return False
        self._silent_until[cause] = now + SILENT_SECONDS
        return True


# Of this process.
sparing = Sparing()
