"""What takes long to add up and rarely changes: a process keeps it while its mark stays the same.

A mark is something quick to ask that tells of a change, such as the highest id of the rows that are
added up. Where rows may also become visible out of the order of their ids, the time limit heals
what the mark did not tell of.
"""

import time
from collections.abc import Callable, Hashable
from typing import Any, NamedTuple, TypeVar

from flask import current_app

SECONDS, MOST = 60, 2000
T = TypeVar("T")


class _Kept(NamedTuple):
    mark: Hashable
    until: float
    value: Any


def kept(name: Hashable, mark: Hashable, make: Callable[[], T], seconds: float = SECONDS) -> T:
    """What `make` answered for this name and mark, at most so many seconds ago. Nobody may change
    it."""
    known: dict[Hashable, _Kept] = current_app.extensions.setdefault("kept", {})
    found, now = known.pop(name, None), time.monotonic()
    if found is None or found.mark != mark or found.until < now:
        found = _Kept(mark, now + seconds, make())
    known[name] = found
    while len(known) > MOST:
        known.pop(next(iter(known)), None)
    return found.value
