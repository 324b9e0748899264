"""A circuit breaker: a service outside that fails is left alone for a while, then tried by one
call."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

# Short at first, so that waiting sales go on soon after a hiccup; doubled with each trial that
# fails.
OPEN_SECONDS, LONGEST_OPEN_SECONDS = 10.0, 60.0
FAILURES = 5


@dataclass(frozen=True)
class Passage:
    allowed: bool
    is_trial: bool = False


class Breaker:
    """Opens after five failures in a row, or at once; after ten seconds one call is the trial, and
    after each that fails the next is twice as far away, up to a minute.

    Kept per process: the price is one trial per process, the gain that no lost Redis can hide a
    provider. Calls that come during a trial wait for its end and share its fate, so that a batch is
    not refused on the very moment the provider is back.
    """

    def __init__(
        self,
        open_seconds: float = OPEN_SECONDS,
        failures: int = FAILURES,
        clock: Callable[[], float] = time.monotonic,
    ):
        self._first_open_seconds = self._open_seconds = open_seconds
        self._most = failures
        self._clock = clock
        self._state = threading.Lock()
        self._trial = threading.Lock()
        self._failures = 0
        self._opened_at: float | None = None

    @property
    def closed(self) -> bool:
        return self._opened_at is None

    @contextlib.contextmanager
    def passage(self, patience: float) -> Iterator[Passage]:
        """Says whether a call may be made now; hold it until the call has reported how it went.
        `patience`: seconds to wait for another call's trial."""
        if self.closed or self._resting():
            yield Passage(self.closed)
            return
        with self._turn_at_trial(patience) as mine:
            if mine and not self.closed and not self._resting():
                yield Passage(True, is_trial=True)
                return
        yield Passage(self.closed)

    @contextlib.contextmanager
    def _turn_at_trial(self, patience):
        mine = self._trial.acquire(timeout=min(max(patience, 0), threading.TIMEOUT_MAX))
        try:
            yield mine
        finally:
            if mine:
                self._trial.release()

    def succeeded(self) -> None:
        with self._state:
            self._failures, self._opened_at = 0, None
            self._open_seconds = self._first_open_seconds

    def failed(self, at_once: bool = False) -> None:
        with self._state:
            self._failures += 1
            if self._opened_at is not None and not self._resting():
                self._open_seconds = min(self._open_seconds * 2, LONGEST_OPEN_SECONDS)
            if at_once or self._opened_at is not None or self._failures >= self._most:
                self._opened_at = self._clock()

    def rests_for(self) -> float:
        """Seconds until the next call may be made."""
        opened_at = self._opened_at
        return 0.0 if opened_at is None else opened_at + self._open_seconds - self._clock()

    def _resting(self) -> bool:
        return self.rests_for() > 0
