"""Writers on SQLite take turns: between threads, between processes, and after one has died."""

import os
import signal
import threading
import time
from functools import partial

import pytest
from sqlalchemy import create_engine, text

from tests.services import wait_until
from tests.support.timing import seconds_waited
from webapp.platform import sqlite

pytestmark = pytest.mark.operations


@pytest.fixture
def engine(tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path / 'tally.sqlite3'}")
    sqlite.prepare(engine)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE tally (mine INTEGER, other INTEGER)"))
        connection.execute(text("INSERT INTO tally VALUES (0, 0)"))
    yield engine
    engine.dispose()


@pytest.fixture
def other(engine, guardian):
    """Another process that writes as often as it is let."""
    process = guardian.fork(partial(_write_beside, str(engine.url)))
    wait_until(lambda: _tally(engine)[1] > 0)
    yield process
    guardian.end([process], 0)


def _write_beside(url: str) -> None:
    engine = create_engine(url)
    sqlite.prepare(engine)
    end = time.monotonic() + 30
    while time.monotonic() < end:
        with engine.begin() as connection:
            connection.execute(text("UPDATE tally SET other = other + 1"))
            time.sleep(0.002)


def _tally(engine) -> tuple[int, int]:
    with engine.connect() as connection:
        return tuple(connection.execute(text("SELECT mine, other FROM tally")).one())


def _write(engine, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with engine.begin() as connection:
            connection.execute(text("UPDATE tally SET mine = mine + 1"))
            time.sleep(0.002)


def test_nobody_starves(engine, other):
    before = _tally(engine)
    threads = [threading.Thread(target=_write, args=(engine, 1.5)) for _writer in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    mine, others = (after - was for after, was in zip(_tally(engine), before, strict=True))
    assert 0.3 < mine / others < 3, (mine, others)


def test_a_killed_writer_leaves_the_line(engine, other):
    os.kill(other.pid, signal.SIGKILL)
    assert seconds_waited(lambda: _write(engine, 0.05)) < 2


def test_a_failed_transaction_gives_its_turn_away(engine):
    with pytest.raises(ZeroDivisionError), engine.begin():
        raise ZeroDivisionError
    _write(engine, 0.05)
    assert _tally(engine)[0] > 0
