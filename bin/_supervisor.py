"""bin/run: keeps Redis, web, workers and sweeper of one DATA_DIR running, until it is told to stop.
Standard library only."""

import contextlib
import fcntl
import http.client
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, NoReturn

import _redis
from _sessions import Guardian, Process
from _setup import (
    PYTHON,
    ROOT,
    Failure,
    ensure_packages,
    environment,
    load_alone,
    say,
    settings,
)

FIRST_DELAY, LONGEST_DELAY = (
    0.5,
    10,
)  # seconds before a dead process is started again, doubled each time
LONGEST_OF_KILLED = 2  # that one which somebody killed waits
PROCESSES = "processes.json"
STEADY = 5  # seconds after which a process counts as well, and its next delay is the first again
GRACE = 6  # seconds that processes get to end what they do
READY_WITHIN = 60  # seconds


def become(program: str) -> NoReturn:
    """Sets up, and goes on with the packages at hand."""
    with claimed("requirements.txt") as (_wanted, env, _held):
        pass
    os.execve(PYTHON, [str(PYTHON), str(ROOT / "bin" / program)], env)


def run(kind: "type[Supervisor]", requirements: str = "requirements.txt") -> int:
    """Sets up, starts and watches everything; answers the exit code."""
    with claimed(requirements) as (wanted, env, held):
        os.umask(0o077)  # whatever the shop writes is its owner's alone
        supervisor = kind(wanted, env, held)
        try:
            return supervisor.run()
        except OSError as error:
            raise Failure(f"cannot start on {wanted.data_dir}: {error}") from error
        finally:
            supervisor.stop()


@contextlib.contextmanager
def claimed(requirements: str) -> Iterator[tuple[Any, dict[str, str], IO[str]]]:
    """The settings, the environment of all that is started and the held lock, once everything is
    there that a start needs."""
    env = environment() | {"PYTHONUNBUFFERED": "1"}
    demo_unless_said(env)
    # Or glibc keeps for ever the 19 MiB that one password's hash took, and leftovers for each of
    # many threads.
    env.setdefault("MALLOC_MMAP_THRESHOLD_", "262144")
    env.setdefault("MALLOC_ARENA_MAX", "2")
    wanted = settings(env)
    env["DATA_DIR"] = str(wanted.data_dir)
    with lock(wanted.data_dir) as held:
        refuse_taken_port(wanted.host, wanted.port)
        ensure_packages(requirements)
        yield wanted, env, held


def demo_unless_said(env: dict[str, str]) -> None:
    """The demo is for whoever tries the shop on their own machine: its passwords are known to
    all, and face a network only where that is asked for."""
    if env.get("DEMO"):
        return
    wanted = settings(env)
    if not wanted.is_local:
        raise Failure(
            f"HOST={wanted.host} and PUBLIC_URL={wanted.public_url} open the shop to a network: "
            "say DEMO=0 for a shop of your own, or DEMO=1 if everybody may sign in by the demo's "
            "passwords"
        )
    env["DEMO"] = "1"


@contextlib.contextmanager
def lock(data_dir: Path):
    """Holds DATA_DIR for one bin/run. The guardian holds it too, so it is free only when the last
    process is gone."""
    try:
        data_dir.chmod(0o700)
    except PermissionError as error:
        raise Failure(f"DATA_DIR={data_dir} belongs to another user") from error
    with open(data_dir / "run.lock", "a+") as file:
        deadline = time.monotonic() + 2 * GRACE
        while not _locked(file):
            file.seek(0)
            owner = file.read().strip()
            if _alive(owner) or time.monotonic() > deadline:
                raise Failure(
                    f"Balcão already runs on {data_dir} (process {owner}): stop it, or choose "
                    "another DATA_DIR"
                )
            time.sleep(0.1)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield file


def _locked(file):
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _alive(pid):
    try:
        os.kill(int(pid), 0)
    except (ProcessLookupError, ValueError):
        return False
    except PermissionError:
        return True
    return True


def refuse_taken_port(host: str, port: int) -> None:
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen()
    except socket.gaierror as error:
        raise Failure(f"HOST={host} is no address of this machine") from error
    except OSError as error:
        reason = f"port {port} on {host} cannot be used ({error.strerror})"
        raise Failure(f"{reason}; choose another, as in: PORT=8001 bin/run") from error


@dataclass
class Child:
    name: str
    command: list[str]
    process: Process | None = None
    started: float = 0
    deaths: int = 0


class Supervisor:
    """The processes of one DATA_DIR. Each is the leader of a session, so that it can be ended with
    all it has started.

    Whatever the machine refuses while it watches (a write, a process, a pipe) is said and tried
    again: the watcher must not die of what it watches for."""

    name = "bin/run"

    def __init__(self, wanted, env: dict[str, str], lock_file):
        self.settings, self.env = wanted, env
        self.guardian = Guardian(env, [lock_file.fileno()], wanted.data_dir / PROCESSES)
        self.children: list[Child] = []
        self.stopping = False
        self.told = ""
        self.sparing = load_alone(ROOT / "webapp" / "platform" / "sparing.py").Sparing()

    def run(self) -> int:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self.ask_to_stop)
        self.start_redis()
        sign_in = self.prepare()
        self.start("web", *self.web())
        # The others begin once the web answers: on a small machine they would only slow it down.
        if self.wait_for("the web process", self.web_is_ready):
            for _ in range(self.workers()):
                self.start("worker", "jobs.worker")
            self.start("sweeper", "jobs.sweeper")
            with self.outliving("the address cannot be shown"):
                self.ready(sign_in)
        while not self.stopping:
            self.tend()
        return 0

    def ask_to_stop(self, number, frame) -> None:
        self.stopping = True

    # What is started

    def web(self) -> Sequence[str]:
        """The module that serves the pages, and its arguments."""
        return "gunicorn", "wsgi:app"

    def workers(self) -> int:
        return self.settings.job_workers

    # Starting

    def start_redis(self) -> None:
        if self.env.get("REDIS_URL"):
            return
        redis = _redis.configure(self.settings.data_dir, PYTHON)
        self.env["REDIS_URL"] = redis.url
        self.children.append(Child("redis", redis.command))
        self.wait_for("the embedded Redis", redis.answers)

    def prepare(self) -> str:
        """Migrates and fills an empty demo shop, in one process; answers what it says about signing
        in."""
        if self.stopping:
            return ""
        with tempfile.TemporaryFile("w+") as said:
            process = self.begin_preparing(said)
            while process.poll() is None and not self.stopping:
                time.sleep(0.02)
            self.guardian.end([process], GRACE)
            said.seek(0)
            text = said.read().strip()
            if process.returncode and not self.stopping:
                raise Failure(text or "the database was not made ready: the reason is above")
            return text

    def begin_preparing(self, said: IO[str]) -> Process:
        return self.guardian.spawn([str(PYTHON), "bin/_prepare.py"], stdout=said)

    def begin(self, child: Child) -> Process:
        return self.guardian.spawn(child.command)

    def ready(self, sign_in: str) -> None:
        say(f"Balcão is ready at {self.address}\n{sign_in}".strip())

    def start(self, name: str, *module: str) -> None:
        self.children.append(Child(name, [str(PYTHON), "-m", *module]))
        self.tend(pause=0)

    def wait_for(self, what: str, ready) -> bool:
        """Waits until `ready()`; False when told to stop meanwhile."""
        deadline = time.monotonic() + READY_WITHIN
        while not self.stopping:
            self.tend(pause=0.05)
            if ready():
                return True
            if time.monotonic() > deadline or any(child.deaths > 2 for child in self.children):
                raise Failure(
                    f"{what} did not start: the reason is above or in {self.settings.data_dir}"
                )
        return False

    @property
    def address(self) -> str:
        host = self.settings.host
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(
            host, f"[{host}]" if ":" in host else host
        )
        return f"http://{host}:{self.settings.port}"

    def web_is_ready(self) -> bool:
        """Whether pages can be had; what else they miss, such as workers, comes after them."""
        connection = http.client.HTTPConnection(self.address.removeprefix("http://"), timeout=5)
        try:
            connection.request("GET", "/readyz")
            return json.loads(connection.getresponse().read())["database"] is True
        except (OSError, http.client.HTTPException, ValueError, LookupError):
            return False
        finally:
            connection.close()

    # Watching

    def tend(self, pause: float = 0.2) -> None:
        """One round: starts what is not there, and again what has died, not sooner than its
        delay."""
        for child in self.children:
            with self.outliving(f"{child.name} cannot be looked after"):
                self.tend_to(child)
        with self.outliving("the guardian cannot be told what runs"):
            self.guardian.tell()
        with self.outliving(f"{PROCESSES} cannot be written"):
            self.write_processes()
        time.sleep(pause)

    def tend_to(self, child: Child) -> None:
        if child.process and child.process.poll() is not None:
            self.bury(child, child.process)
        if child.process is None and not self.stopping and time.monotonic() >= child.started:
            try:
                child.process = self.begin(child)
                child.started = time.monotonic()
            except BaseException:
                child.started = time.monotonic() + self.delay_of(child)
                raise

    @contextlib.contextmanager
    def outliving(self, what: str):
        """Goes on after whatever the machine refuses inside, and says so, once a minute for each
        `what`: with no room or no terminal not even that."""
        try:
            yield
        except (OSError, MemoryError, subprocess.SubprocessError) as error:
            reason = getattr(error, "strerror", None) or type(error).__name__
            if self.sparing.lets_through(what):
                self.say(f"{what} ({reason}); trying again")

    def say(self, text: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            print(f"{self.name}: {text}", file=sys.stderr, flush=True)

    def delay_of(self, child: Child) -> float:
        """How long after one more death or failed start the process may be started again."""
        child.deaths += 1
        return min(FIRST_DELAY * 2 ** (child.deaths - 1), LONGEST_DELAY)

    def bury(self, child: Child, process: Process) -> None:
        """Notes a death and when the process may start again; what it has left running ends with
        it."""
        self.guardian.end([process], 0)
        now = time.monotonic()
        if now - child.started > STEADY:
            child.deaths = 0
        delay, code = self.delay_of(child), process.returncode
        if code == -signal.SIGKILL:
            delay = min(delay, LONGEST_OF_KILLED)
        child.process, child.started = None, now + delay
        if not self.stopping:
            reason = signal.Signals(-code).name if code < 0 else f"exit code {code}"
            self.say(f"{child.name} ended ({reason}); starting it again in {delay:g} s")

    def write_processes(self) -> None:
        """Keeps DATA_DIR/processes.json, for people and scripts who ask what runs."""
        running = [
            {"name": child.name, "pid": child.process.pid}
            for child in self.children
            if child.process
        ]
        text = json.dumps({"redis_url": self.env.get("REDIS_URL", ""), "processes": running})
        if text == self.told:
            return
        file = self.settings.data_dir / PROCESSES
        draft = file.with_suffix(".tmp")
        draft.touch(mode=0o600)
        draft.write_text(text)
        draft.replace(file)
        self.told = text

    # Stopping

    def stop(self) -> None:
        """Ends everything, Redis last because the others still tell it that they leave. Under ten
        seconds."""
        self.stopping = True
        for redis, grace in ((False, GRACE), (True, 2)):
            running = [
                child.process
                for child in self.children
                if child.process and (child.name == "redis") is redis
            ]
            with self.outliving("the processes cannot be ended; the guardian will"):
                self.guardian.end(running, grace)
        self.carry_over_log()
        self.guardian.close()

    def carry_over_log(self) -> None:
        """Whoever copies a stopped shop's SQLite file has all of it: nothing stays in the log
        beside it."""
        file = Path(self.settings.database_url.removeprefix("sqlite:///"))
        # Where it cannot be done, because somebody else has the file open, the next start does it.
        with contextlib.suppress(sqlite3.OperationalError):
            if file.is_file():
                with contextlib.closing(sqlite3.connect(file, timeout=1)) as connection:
                    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
