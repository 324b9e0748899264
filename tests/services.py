"""Real servers for the tests: Redis, PostgreSQL and the whole shop, each in a folder of its own,
gone with the tests."""

import http.client
import json
import os
import pwd
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import psycopg
import pytest
from _redis import configure, free_port
from _sessions import Guardian

from tests import programs

ROOT = Path(__file__).resolve().parent.parent
ROOM = 2**30  # bytes that the servers and files of a run never fill


def short_folder() -> tempfile.TemporaryDirectory:
    """A short-named folder for sockets and data; pytest's own are too deep for a socket. In memory
    where there is room: a thousand commits then wait for no disk."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > ROOM
    return tempfile.TemporaryDirectory(prefix="balcao-", dir=memory if roomy else None)


def needed(found, name: str):
    """The program, or the end of this test with the reason: the one way in which a test is
    skipped."""
    if found is None:
        pytest.skip(
            f"{name} is not on this machine and could not be installed; see what bin/test said at "
            "its start"
        )
    return found


def wait_until(
    holds: Callable[[], bool], seconds: float = 20, why: str = "", pause: float = 0.02
) -> None:
    """Returns as soon as `holds()`, asked after each pause; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds} s: {why or holds.__name__}"
        time.sleep(pause)


@contextmanager
def redis_server(folder: Path, guardian: Guardian) -> Iterator[str]:
    """The embedded Redis of bin/run on its own folder; yields its URL."""
    redis = configure(folder, Path(sys.executable))
    process = guardian.spawn(redis.command)
    try:
        wait_until(redis.answers)
        yield redis.url
    finally:
        guardian.end([process], 5)


class Postgres:
    """A PostgreSQL server without durability, reached by a socket in its folder. As root it runs as
    another user."""

    def __init__(self, folder: Path, guardian: Guardian):
        self.folder, self.guardian, self.process = folder, guardian, None
        self.data = folder / "data"
        self.account = {}
        binaries = programs.postgres() or programs.postgres_wheel()
        if os.geteuid() == 0:
            user = _unprivileged_user()
            self.account = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
            os.chown(folder, user.pw_uid, user.pw_gid)
        self.binaries = self._reachable(binaries)

    def _reachable(self, binaries):
        """The wheel's programs lie in the checkout, which another user often cannot read: then they
        are copied."""
        try:
            self._call(binaries / "initdb", "--version")
        except (PermissionError, subprocess.CalledProcessError):
            shutil.copytree(binaries.parent, self.folder / "programs", symlinks=True)
            return self.folder / "programs" / "bin"
        return binaries

    def _call(self, *command):
        subprocess.run(command, check=True, capture_output=True, cwd=self.folder, **self.account)

    def start(self) -> None:
        self._call(
            self.binaries / "initdb",
            "-D",
            self.data,
            "-U",
            "balcao",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
            "--no-sync",
            # The least that is copied.
            "--wal-segsize=1",
        )
        self.run()

    def run_on_copy_of(self, data: Path) -> None:
        """Starts it on what another server kept, which has stopped."""
        subprocess.run(["cp", "-a", data, self.data], check=True)
        self.run()

    def run(self) -> None:
        """Starts the server on the data that is there."""
        options = [
            "listen_addresses=",
            f"unix_socket_directories={self.folder}",
            "fsync=off",
            "full_page_writes=off",
            "autovacuum=off",
            # Of tables never counted it expects so much that it would compile the query first.
            "jit=off",
            "wal_level=minimal",
            "max_wal_senders=0",
            "max_connections=200",
        ]
        command = [str(self.binaries / "postgres"), "-D", str(self.data)]
        command += [part for option in options for part in ("-c", option)]
        with open(self.folder / "log", "a") as log:
            self.process = self.guardian.spawn(
                command, stdout=log, stderr=log, cwd=self.folder, **self.account
            )
        wait_until(self._answers, why="PostgreSQL takes connections")

    def crash(self) -> None:
        """An immediate shutdown: every connection is cut, and the next start recovers from the
        log."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(10)
        self.guardian.end([self.process], 2)

    def _answers(self):
        try:
            self.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def execute(self, statement: str) -> None:
        """Runs one statement outside any transaction, such as CREATE DATABASE."""
        with psycopg.connect(
            self.url("postgres").replace("+psycopg", ""), autocommit=True
        ) as connection:
            connection.execute(statement)

    def vacuum(self, database: str) -> None:
        """As a server does by itself where nobody switched it off."""
        url = self.url(database).replace("+psycopg", "")
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("VACUUM (ANALYZE)")

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://balcao@/{database}?host={self.folder}"

    def stop(self) -> None:
        """A fast shutdown: open connections are cut."""
        if self.process:
            self.process.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):  # what is left is ended the hard way
                self.process.wait(5)
            self.guardian.end([self.process], 2)


def _unprivileged_user():
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            return pwd.getpwnam(name)
    raise RuntimeError("PostgreSQL does not run as root, and there is no user postgres or nobody")


class Shop:
    """The shop as people start it: `bin/run` (or `bin/dev`) on a free port with a DATA_DIR of its
    own."""

    def __init__(
        self, data_dir: Path, guardian: Guardian, program: str = "bin/run", **settings: str
    ):
        self.data_dir, self.url, self.guardian = data_dir, "", guardian
        self.program, self.settings = program, settings
        self.process, self.log = None, data_dir.with_suffix(".log")
        self._cookies: dict[str, str] = {}

    def start(self, seconds: float = 60) -> "Shop":
        """Starts it (again) and returns once it is ready."""
        port = str(free_port())
        env = self.environment | {"PORT": port}
        with open(self.log, "a") as log:
            self.process = self.guardian.spawn(
                [str(ROOT / self.program)], env=env, stdout=log, stderr=log
            )
        self.url = f"http://127.0.0.1:{port}"
        wait_until(
            lambda: self.process.poll() is not None or self.get("/readyz")[0] == 200,
            seconds,
            f"{self.program} is ready",
            pause=0.1,
        )
        assert self.process.poll() is None, self.log.read_text()
        wait_until(lambda: "is ready at" in self.log.read_text())
        return self

    @property
    def environment(self) -> dict[str, str]:
        """What its commands run in, apart from the port."""
        kept = ("PATH", "HOME", "LANG", "CLOCK_AHEAD")
        keep = {name: os.environ[name] for name in kept if name in os.environ}
        return keep | {"DATA_DIR": str(self.data_dir)} | self.settings

    def sign_in(self, email: str = "admin@balcao.example", password: str = "balcao-demo") -> str:
        """The cookie of somebody who has signed in by the form."""
        connection = http.client.HTTPConnection(self.url.removeprefix("http://"), timeout=10)
        connection.request("GET", "/login")
        page = connection.getresponse()
        cookie = page.getheader("Set-Cookie").partition(";")[0]
        (token,) = set(re.findall(r'name="csrf_token"[^>]*value="([^"]+)"', page.read().decode()))
        form = {"csrf_token": token, "email": email, "password": password, "next": "/account"}
        headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", "/login", urllib.parse.urlencode(form), headers)
        answer = connection.getresponse()
        assert answer.status in (302, 303), answer.read().decode()
        connection.close()
        return answer.getheader("Set-Cookie").partition(";")[0]

    def cookie(self, role: str) -> str:
        """Of a person of the demo shop who has signed in: once for all who ask, until the sessions
        are ended."""
        if role not in self._cookies:
            self._cookies[role] = self.sign_in(f"{role}@balcao.example")
        return self._cookies[role]

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def end_sessions(self) -> None:
        """Signs everybody out on the server, as idleness or an administrator does; the cookies
        stay."""
        self._cookies.clear()
        self.execute("DELETE FROM user_sessions")

    def execute(self, statement: str, *values: object) -> list[tuple]:
        """The rows of one statement on its database."""
        with closing(sqlite3.connect(self.data_dir / "balcao.sqlite3", timeout=10)) as database:
            rows = database.execute(statement, values).fetchall()
            database.commit()
        return rows

    def get(self, path: str, cookie: str = "") -> tuple[int, str]:
        """(status, body); status 0 when nothing answers."""
        request = urllib.request.Request(self.url + path, headers={"Cookie": cookie})
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as answer:
            with answer:
                return answer.code, answer.read().decode()
        except OSError as error:
            return 0, str(error)

    def pids(self, name: str | None = None) -> list[int]:
        """Of what processes.json lists, those of one name if given."""
        listed = json.loads((self.data_dir / "processes.json").read_text())["processes"]
        return [entry["pid"] for entry in listed if name in (None, entry["name"])]

    def stop(self) -> int:
        """SIGTERM; answers the exit code."""
        self.guardian.end([self.process], 15)
        return self.process.returncode
