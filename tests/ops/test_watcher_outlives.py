"""The supervisor outlives whatever the machine refuses it: each of its calls fails once, and a
moment later everything runs, is guarded and is written down."""

import builtins
import errno
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import _sessions
import _supervisor
import pytest
from _supervisor import PROCESSES, Child, Supervisor

from tests.services import wait_until
from webapp.platform.sparing import Sparing


@pytest.fixture
def supervisor(tmp_path, monkeypatch):
    monkeypatch.setattr(_supervisor, "FIRST_DELAY", 0)
    wanted = SimpleNamespace(data_dir=tmp_path, database_url="sqlite:///nowhere")
    with open(tmp_path / "run.lock", "w") as lock:
        made = Supervisor(wanted, dict(os.environ), lock)
        made.children += [Child("web", ["sleep", "60"]), Child("worker", ["sleep", "60"])]
        yield made
        made.stop()


def fail_once(monkeypatch, owner, name: str, error: Exception) -> list:
    real, met = getattr(owner, name), []

    def call(*given, **named):
        if not met:
            met.append(name)
            raise error
        return real(*given, **named)

    monkeypatch.setattr(owner, name, call)
    return met


def refused(number: int) -> OSError:
    return OSError(number, os.strerror(number))


def running(supervisor) -> list[int]:
    return [child.process.pid for child in supervisor.children if child.process]


def is_whole(supervisor) -> bool:
    """All runs, the guardian would end it, and the file tells it."""
    told = json.loads((supervisor.settings.data_dir / PROCESSES).read_text())
    pids = running(supervisor)
    return (
        len(pids) == len(supervisor.children)
        and all(child.process.poll() is None for child in supervisor.children)
        and supervisor.guardian.told == set(pids)
        and supervisor.guardian.helper.poll() is None
        and [entry["pid"] for entry in told["processes"]] == pids
    )


def kill_one(supervisor) -> None:
    process = supervisor.children[0].process
    os.kill(process.pid, signal.SIGKILL)
    # Waits for the death and leaves it to be noticed.
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)


CALLS = {
    "no memory for a process": (_sessions.subprocess, "Popen", refused(errno.ENOMEM)),
    "too many processes": (_sessions.subprocess, "Popen", refused(errno.EAGAIN)),
    "too many open files": (_sessions.subprocess, "Popen", refused(errno.EMFILE)),
    "no memory at all": (_sessions.subprocess, "Popen", MemoryError()),
    "no look at the processes": (_sessions.os, "listdir", refused(errno.EMFILE)),
    "the log is full": (builtins, "print", refused(errno.ENOSPC)),
    "the terminal is gone": (builtins, "print", refused(errno.EPIPE)),
    "the log is closed": (builtins, "print", ValueError("I/O operation on closed file")),
    "no room for a file": (Path, "touch", refused(errno.ENOSPC)),
    "no room in a file": (Path, "write_text", refused(errno.ENOSPC)),
    "a file system gone read-only": (Path, "replace", refused(errno.EROFS)),
}


@pytest.mark.parametrize("call", CALLS)
def test_each_refusal_is_outlived_and_made_good(supervisor, monkeypatch, call, capsys):
    supervisor.tend(pause=0)
    kill_one(supervisor)
    met = fail_once(monkeypatch, *CALLS[call])
    for _round in range(3):
        supervisor.tend(pause=0)
    assert met, "it was refused"
    assert is_whole(supervisor)


def test_a_guardian_that_died_is_started_again_and_told_everything(supervisor):
    supervisor.tend(pause=0)
    supervisor.guardian.helper.kill()
    supervisor.guardian.helper.wait()
    kill_one(supervisor)
    for _round in range(2):
        supervisor.tend(pause=0)
    assert is_whole(supervisor)


def test_a_guardian_that_dies_while_it_is_told_is_started_again(supervisor, monkeypatch):
    supervisor.tend(pause=0)
    helper = supervisor.guardian.helper
    helper.kill()
    helper.wait()
    died, seen_alive = helper.poll, [None]
    kill_one(supervisor)
    monkeypatch.setattr(helper, "poll", lambda: seen_alive.pop() if seen_alive else died())
    for _round in range(2):
        supervisor.tend(pause=0)
    assert not seen_alive and is_whole(supervisor)


def test_a_start_that_is_refused_again_and_again_waits_longer_each_time(supervisor, monkeypatch):
    def never(*_given, **_named):
        raise refused(errno.EAGAIN)

    monkeypatch.setattr(_supervisor, "FIRST_DELAY", 0.5)
    supervisor.guardian.tell()
    monkeypatch.setattr(subprocess, "Popen", never)
    web = supervisor.children[0]
    delays = [supervisor.delay_of(web) for _start in range(7)]
    assert delays == [0.5, 1, 2, 4, 8, 10, 10]
    web.deaths = 0
    supervisor.tend(pause=0)
    supervisor.tend(pause=0)
    assert web.deaths == 1 and web.process is None


@pytest.mark.parametrize(("blow", "waits"), [(signal.SIGKILL, 2), (signal.SIGSEGV, 10)])
def test_one_that_somebody_kills_is_soon_back(supervisor, monkeypatch, blow, waits):
    """One that ends of its own waits longer each time."""
    monkeypatch.setattr(_supervisor, "FIRST_DELAY", 0.5)
    web = supervisor.children[0]
    web.deaths, web.started = 9, time.monotonic()
    dead = SimpleNamespace(returncode=-blow)
    monkeypatch.setattr(supervisor.guardian, "end", lambda *_: None)
    supervisor.bury(web, dead)
    assert waits - 1 < web.started - time.monotonic() <= waits


def test_what_lasts_is_said_once_a_minute(supervisor, monkeypatch, capsys):
    def never(*_given, **_named):
        raise refused(errno.ENOSPC)

    monkeypatch.setattr(Path, "touch", never)
    for _round in range(20):
        supervisor.tend(pause=0)
    said = capsys.readouterr().err
    assert said == (
        "bin/run: processes.json cannot be written (No space left on device); trying again\n"
    )
    now = [0.0]
    sparing = Sparing(lambda: now[0])
    heard = []
    for now[0] in (0, 1, 59, 60, 61, 130):
        heard.append(sparing.lets_through("disk"))
    assert heard == [True, False, False, True, False, True]
    assert sparing.lets_through("redis"), "another cause has a line of its own"


def test_a_copy_of_this_process_is_a_leader_that_ends_with_it(tmp_path, capfd):
    guardian = _sessions.Guardian(dict(os.environ) | {"COPIED": "yes"})
    guardian.tell()
    told = tmp_path / "told"

    def main():
        told.write_text(f"{os.getpid()} {os.getsid(0)} {os.environ['COPIED']}")
        signal.pause()

    process = guardian.fork(main)
    wait_until(lambda: told.exists() and told.read_text())
    assert told.read_text() == f"{process.pid} {process.pid} yes"
    assert process.poll() is None and guardian.told == {process.pid}
    helper = guardian.helper
    helper.stdin.close()  # what a kill -9 does to this end of the pipe
    assert helper.wait(10) == 0, "the copy holds no end of the pipe"
    assert process.wait() == process.returncode == -signal.SIGTERM


def test_how_a_copy_ended_is_known(tmp_path, capfd):
    guardian = _sessions.Guardian(dict(os.environ))

    def fails():
        raise ValueError("no such module")

    processes = [guardian.fork(main) for main in (lambda: None, lambda: sys.exit(3), fails)]
    assert [process.wait() for process in processes] == [0, 3, 1]
    guardian.end(processes, 1)
    guardian.close()
    assert "ValueError: no such module" in capfd.readouterr().err


def test_what_ran_is_told_no_longer_once_the_supervisor_was_killed(tmp_path):
    """By the guardian, which is all that is left then."""
    file = tmp_path / PROCESSES
    file.write_text("{}")
    guardian = _sessions.Guardian(dict(os.environ), removes=file)
    process = guardian.spawn(["sleep", "60"])
    helper = guardian.helper
    helper.stdin.close()  # what a kill -9 does to the supervisor's end of the pipe
    assert helper.wait(10) == 0
    assert process.wait(1) == -signal.SIGTERM
    assert not file.exists()
