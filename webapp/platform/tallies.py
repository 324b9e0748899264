"""What the transactions of one piece of work came to, for its line in the log."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

# How many rows, by their step ("sale.address") and outcome ("done").
Tally = Counter[tuple[str, str]]
_tally: ContextVar[Tally | None] = ContextVar("tally", default=None)


@contextmanager
def tallying() -> Iterator[Tally]:
    """Of all that is committed inside."""
    tally: Tally = Counter()
    flag = _tally.set(tally)
    try:
        yield tally
    finally:
        _tally.reset(flag)


def add_to_tally(more: Tally) -> None:
    tally = _tally.get()
    if tally is not None:
        tally.update(more)
