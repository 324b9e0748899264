"""bin/run keeps the shop going: what dies comes back, and what is stopped leaves nothing behind."""

import http.client
import os
import signal
import time
from pathlib import Path

import redis
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from tests.services import wait_until
from tests.support.timing import processor_seconds_of
from webapp.platform.settings import Settings
from webapp.staff.models import Role, User


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


def keep_in_redis(socket: Path, value: str) -> None:
    assert socket.exists(), "the folder of this test is too deep for a socket"
    with redis.Redis.from_url(f"unix://{socket}") as connection:
        connection.set("kept", value)
        connection.bgrewriteaof()
    time.sleep(1.2)  # the file is written out each second


def kept_in_redis(socket: Path) -> str | None:
    try:
        with redis.Redis.from_url(f"unix://{socket}", decode_responses=True) as connection:
            return connection.get("kept")
    except redis.ConnectionError:
        return None


def open_stream(running, cookie) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
    """A live stream of somebody's, which has begun."""
    connection = http.client.HTTPConnection(running.url.removeprefix("http://"), timeout=15)
    headers = {"Cookie": cookie, "Accept": "text/event-stream"}
    connection.request("GET", "/events", headers=headers)
    stream = connection.getresponse()
    assert stream.status == 200 and stream.read(7) == b"retry: "
    return connection, stream


def person_of(running) -> tuple[str, str]:
    """E-mail and password of the first person, written into the shop's database: the command for
    it reads all of its modules first."""
    email, password = "ana@example.com", "correct horse battery"
    ana = User(email=email, name="Ana", role=Role.ADMIN, active=True)
    ana.set_password(password)
    engine = create_engine(Settings.from_env(running.environment).database_url)
    with Session(engine) as session:
        session.add(ana)
        session.commit()
    engine.dispose()
    return email, password


def test_a_shop_lives_through_every_death_and_leaves_nothing_behind(shop):
    """One shop, since each start costs seconds: its processes are killed, then what watches them,
    and in the end it is asked to stop."""
    running = shop(DEMO="0").start()
    names = ["redis", "web", "worker", "worker", "sweeper"]
    assert f"Balcão is ready at {running.url}\nMake the first" in running.log.read_text()
    assert running.data_dir.stat().st_mode & 0o777 == 0o700

    socket = running.data_dir / "redis.sock"
    keep_in_redis(socket, "what Redis was told")
    before = running.pids()
    assert len(before) == len(names)
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: len(running.pids()) == len(names) and not set(running.pids()) & set(before))
    wait_until(lambda: running.get("/readyz")[0] == 200)
    wait_until(lambda: '"redis":true' in running.get("/readyz")[1].replace(" ", ""))
    assert "redis ended (SIGKILL)" in running.log.read_text()
    wait_until(lambda: kept_in_redis(socket) == "what Redis was told")

    said, before = len(running.log.read_text()), running.pids()
    running.process.kill()
    running.process.wait()
    running.start()
    assert not set(before) & set(left_running(running.data_dir)), "it waited for their end"
    assert "Installing" not in running.log.read_text()[said:]
    took = processor_seconds_of(left_running(running.data_dir))
    assert took < 10, f"the second start took {took:.1f} s of processor time"

    cookie = running.sign_in(*person_of(running))
    streams = [open_stream(running, cookie) for _ in range(10)]
    running.process.terminate()
    began = time.monotonic()
    for connection, stream in streams:
        assert b"retry" not in stream.read(), "a stream does not hold up the stop"
        connection.close()
    # One that is not ended lasts for the server's whole graceful time, five seconds.
    assert time.monotonic() - began < 4.5
    assert running.stop() == 0
    assert time.monotonic() - began < 10
    assert left_running(running.data_dir) == {}
    assert not (running.data_dir / "processes.json").exists()
    assert not (running.data_dir / "balcao.sqlite3-wal").exists(), (
        "a copy of the database's file is whole"
    )
