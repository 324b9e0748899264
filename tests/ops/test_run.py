"""bin/run keeps the shop going: what dies comes back, and what is stopped leaves nothing behind."""

import os
import signal
import time
from pathlib import Path

import psycopg
import pytest
import redis

from tests.services import wait_until
from tests.support.timing import processor_seconds_of


def left_running(data_dir) -> dict[int, str]:
    """Processes that were started for this DATA_DIR, with their command lines."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if f"DATA_DIR={data_dir}".encode() in (entry / "environ").read_bytes().split(b"\0"):
                found[int(entry.name)] = (
                    (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                )
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
    return found


def test_a_shop_lives_through_deaths_and_leaves_nothing_behind(shop):
    running = shop().start()
    names = ["redis", "web", "worker", "worker", "sweeper"]
    said = running.log.read_text()
    assert f"Balcão is ready at {running.url}\n" in said
    assert running.data_dir.stat().st_mode & 0o777 == 0o700

    before = running.pids()
    assert len(before) == len(names)
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: len(running.pids()) == len(names) and not set(running.pids()) & set(before))
    wait_until(lambda: running.get("/readyz")[0] == 200)
    wait_until(lambda: '"redis":true' in running.get("/readyz")[1].replace(" ", ""))

    began = time.monotonic()
    assert running.stop() == 0
    assert time.monotonic() - began < 10
    assert left_running(running.data_dir) == {}
    assert not (running.data_dir / "processes.json").exists()
    assert not (running.data_dir / "balcao.sqlite3-wal").exists(), (
        "a copy of the database's file is whole"
    )

    said = len(running.log.read_text())
    running.start()
    assert "Installing" not in running.log.read_text()[said:]
    took = processor_seconds_of(left_running(running.data_dir))
    assert took < 10, f"the second start took {took:.1f} s of processor time"


def test_a_killed_supervisor_takes_everything_along_and_the_next_start_waits_for_it(shop):
    running = shop(DEMO="0").start()
    assert "flask --app wsgi user create" in running.log.read_text()
    old = running.pids()
    running.process.kill()
    running.process.wait()
    running.start()
    assert not set(old) & set(left_running(running.data_dir))
    assert not set(old) & set(running.pids())


def test_what_redis_was_told_outlives_a_kill_and_a_restart(shop):
    running = shop(DEMO="0").start()
    socket = f"unix://{running.data_dir}/redis.sock"
    if not (running.data_dir / "redis.sock").exists():
        pytest.fail("the folder of this test is too deep for a socket")
    with redis.Redis.from_url(socket) as connection:
        connection.set("kept", "yes")
        connection.bgrewriteaof()
    time.sleep(1.2)  # the file is written out each second
    os.kill(running.pids("redis")[0], signal.SIGKILL)
    wait_until(lambda: running.pids("redis") and "redis ended (SIGKILL)" in running.log.read_text())

    def kept():
        try:
            with redis.Redis.from_url(socket) as connection:
                return connection.get("kept") == b"yes"
        except redis.ConnectionError:
            return False

    wait_until(kept)


def test_a_folder_too_deep_for_a_socket_is_served_over_loopback_with_a_password(shop, tmp_path):
    deep = tmp_path / ("d" * 100)
    running = shop(DEMO="0", DATA_DIR=str(deep))
    running.data_dir = deep
    running.start()
    assert not (deep / "redis.sock").exists()
    wait_until(lambda: '"redis":true' in running.get("/readyz")[1].replace(" ", ""))


def test_the_same_shop_runs_on_postgresql(shop, postgres):
    postgres.execute("CREATE DATABASE run")
    running = shop(DATABASE_URL=postgres.url("run")).start()
    with psycopg.connect(postgres.url("run").replace("+psycopg", "")) as connection:
        (version,) = connection.execute("SELECT count(*) FROM alembic_version").fetchone()
    assert version == 1
    assert not list(running.data_dir.glob("*.sqlite3"))
