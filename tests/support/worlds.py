"""What tests begin with, worked off once a worker and brought back as a copy of SQLite's file.

Many tests begin alike: the same products, the same sale, all its way through the pipeline, which
takes 80 ms where a copy takes 3. The factories tell what they make (`step`), and what takes longer
(`scene`, `work_off`) asks whether what comes of it is known. That is so where nothing else was
written since the database was fresh, nothing in the program is replaced, and all outside is the
shop's own; else, and on PostgreSQL, everything is simply done. A world in which something is owed
is not kept: that changes while time goes by.
"""

import datetime as dt
import functools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from flask import Flask, current_app
from sqlalchemy import Update, literal, select

from tests.support.fresh_databases import write_over
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.settings import Settings
from webapp.processing.pipeline import WORKED

# Files kept by a worker, of 2 MB each, and how much may have gone before each.
MOST, LONGEST = 60, 12
# What is due later than that, as a membership's end, does not change while tests run.
SOON = dt.timedelta(days=1)


class Numbers:
    """Of a test's own, one after the other."""

    def __init__(self, first: int):
        self.first = self.next = first

    def __next__(self) -> int:
        self.next += 1
        return self.next - 1


# In the names and codes that factories make up, and of rules' versions.
numbers, versions = Numbers(1), Numbers(1000)
# What the test at hand has replaced in the program, in any of its ways to do so.
patches: list[str] = []


class Kept(NamedTuple):
    """The database's file, the numbers that come next, and what the scene's function answered."""

    file: bytes
    number: int
    version: int
    answer: Any


class Worlds:
    """Those of a worker, by what was said of them."""

    def __init__(self, base: Settings):
        self._base = base
        self._kept: dict[tuple, Kept] = {}

    def begin(self, app: Flask) -> None:
        """The test's database is fresh."""
        numbers.next, versions.next = numbers.first, versions.first
        settings: Settings = app.extensions["settings"]
        # Labels are bought long after a sale's way.
        same = {name: getattr(self._base, name) for name in ("database_url", "melhor_envio_url")}
        ours = replace(settings, **same) == self._base
        file = settings.database_url.removeprefix("sqlite:///")
        if ours and file != settings.database_url:
            app.extensions["world"] = World(self, Path(file), settings)

    def keep(self, said: tuple, file: Path, answer: Any) -> None:
        if len(self._kept) == MOST:
            del self._kept[next(iter(self._kept))]
        self._kept[said] = Kept(file.read_bytes(), numbers.next, versions.next, answer)

    def brought_back(self, said: tuple, file: Path) -> Kept | None:
        kept = self._kept.pop(said, None)
        if kept is not None:
            # The last asked for is the last to go.
            self._kept[said] = kept
            db.session.rollback()
            db.engine.dispose()
            write_over(file, kept.file)
            numbers.next, versions.next = kept.number, kept.version
        return kept


class World:
    """A test's database, as far as it is known what was made in it."""

    def __init__(self, worlds: Worlds, file: Path, settings: Settings):
        self._worlds, self._file, self._settings = worlds, file, settings
        self.amendments: list[Update] = []
        self._thread = threading.get_ident()
        # Of the hour: some of it goes by the day.
        self._said: tuple | None = (f"{utc_now():%Y-%m-%d %H}",)
        self._mark = self._look()

    def _look(self) -> tuple[int, int, int]:
        """Another one after each commit of anybody."""
        found, log = self._file.stat(), Path(f"{self._file}-wal")
        return found.st_mtime_ns, found.st_size, log.stat().st_size if log.exists() else 0

    def is_known(self) -> bool:
        if self._said is None:
            return False
        session = db.session()
        if session.in_transaction() and not (session.new or session.dirty or session.deleted):
            # What was flushed and not committed yet, as what comes next would.
            session.commit()
        others = (
            session.new or session.dirty or session.deleted or self._mark != self._look(),
            patches,
            current_app.extensions["settings"] is not self._settings,
            # Others are at it at the same moment.
            threading.get_ident() != self._thread,
        )
        if any(others):
            self._said = None
        return self._said is not None

    @contextmanager
    def saying(self, what: tuple) -> Iterator[None]:
        """What is made inside is made on top of what was known."""
        said, self._said = self._said, None
        yield
        # What is told by its address is another thing each time.
        if said is not None and " at 0x" not in str(what):
            self._said, self._mark = (*said, what), self._look()

    def play(self, what: tuple, make: Callable[[], Any]) -> Any:
        """What `make` answers, which is plain. It is done, or what came of it when it was done
        before is brought back."""
        assert self._said is not None
        said, self._said = (*self._said, what), None
        kept = self._worlds.brought_back(said, self._file)
        if kept is None:
            amended = len(self.amendments)
            answer = make()
            if len(self.amendments) > amended or not self._keep(said, answer):
                return answer
        else:
            answer = kept.answer
            with db.engine.begin() as connection:
                for amendment in self.amendments:
                    connection.execute(amendment)
        self._said, self._mark = said, self._look()
        return answer

    def _keep(self, said: tuple, answer: Any) -> bool:
        owed = owes()
        # Others wait for a transaction's end.
        db.session.rollback()
        if owed or len(said) > LONGEST:
            return False
        # The last connection to go carries the log over into the file.
        db.engine.dispose()
        if self._look()[-1]:
            return False
        self._worlds.keep(said, self._file, answer)
        return True


def world() -> World | None:
    """That of the test at hand, where it may be one of a known kind."""
    found: World | None = current_app.extensions.get("world")
    return found


def amend(statement: Update) -> None:
    """What differs each time in what a step has made, to be done to a world brought back."""
    if here := world():
        here.amendments.append(statement)


def step(make: Callable) -> Callable:
    """Of a factory: its arguments tell what it makes."""

    @functools.wraps(make)
    def making(*args: Any, **kwargs: Any) -> Any:
        here = world()
        if here is None or not here.is_known():
            return make(*args, **kwargs)
        with here.saying(_told(make, args, kwargs)):
            return make(*args, **kwargs)

    return making


def scene(make: Callable) -> Callable:
    """Of a function that makes much and commits it: like a `step`, and what it made is copied the
    next time. Its answer is plain (an id, a code), for no row of a session would outlive that."""

    @functools.wraps(make)
    def making(*args: Any, **kwargs: Any) -> Any:
        here, told = world(), _told(make, args, kwargs)
        if here is None or " at 0x" in str(told) or not here.is_known():
            return make(*args, **kwargs)
        return here.play(told, lambda: make(*args, **kwargs))

    return making


def _told(make: Callable, args: tuple, kwargs: dict[str, Any]) -> tuple:
    module, name = make.__module__, make.__qualname__
    return module, name, repr(args), repr(sorted(kwargs.items()))


def owes() -> bool:
    """Whether any row of the pipeline is due before this run of the tests is over."""
    models = {station.step.model for station in WORKED}
    end = utc_now() + SOON
    parts = [select(literal(1)).where(model.due_at < end).exists() for model in models]
    return any(db.session.execute(select(*parts)).one())


def note_patches() -> None:
    """Once for all tests."""
    for name in ("setattr", "delattr", "setitem", "delitem"):
        setattr(pytest.MonkeyPatch, name, _noted(name, getattr(pytest.MonkeyPatch, name)))


def _noted(name: str, patch: Callable) -> Callable:
    @functools.wraps(patch)
    def patching(*args: Any, **kwargs: Any) -> Any:
        patches.append(name)
        return patch(*args, **kwargs)

    return patching
