"""A worker that is stuck, too big or slow to stop is ended, and what it held is taken up."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from rq.exceptions import StopRequested

import jobs.worker
from jobs.worker import OVERDUE_LOOKS, STOP_SECONDS, main, make_worker
from tests.services import wait_until
from webapp.platform import living
from webapp.platform.living import LOOKED_AWAY_SECONDS, SILENT_SECONDS, Listener
from webapp.platform.queue import QUEUES, connect

HOLDS_ITS_LOCK = """
import sys, time
from pathlib import Path
sys.path.append(sys.argv[1])  # the module alone: the whole shop takes seconds
import living
living.begin(Path(sys.argv[2]))
print(living.my_name(), flush=True)
while True:
    time.sleep(0.01)
    if sys.argv[3] == "touches":
        living.touch()
"""


class Clock:
    """Of whoever listens."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def begin(tmp_path):
    """Begins a process that holds its lock, and touches it or not; answers it and its name."""
    begun = []

    def begin(how):
        platform = str(Path(living.__file__).parent)
        command = [sys.executable, "-c", HOLDS_ITS_LOCK, platform, str(tmp_path), how]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        begun.append(process)
        return process, process.stdout.readline().strip()

    yield begin
    for process in begun:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture
def listener():
    return Listener(Clock())


def _listen(listener, folder, seconds):
    """Looks every second for so long."""
    for _second in range(int(seconds)):
        listener.clock.now += 1
        listener.end_stuck(folder)


def _touched(folder, name):
    return (folder / living.FOLDER / f"{name}{living.SUFFIX}").stat().st_mtime_ns


def _hear(listener, folder, name):
    """Looks before and after it has touched its file."""
    listener.end_stuck(folder)
    before = _touched(folder, name)
    wait_until(lambda: _touched(folder, name) != before, why="it lives")
    _listen(listener, folder, 1)


def test_nobody_is_ended_for_a_lock_of_the_same_number_on_another_disk(tmp_path, monkeypatch):
    file = tmp_path / "5d41402a.lock"
    file.touch()
    with subprocess.Popen(["sleep", "60"]) as process:
        number = f"08:01:{file.stat().st_ino}"
        lock = ["1:", "FLOCK", "ADVISORY", "WRITE", str(process.pid), number, "0", "EOF"]
        monkeypatch.setattr(living, "_locks", lambda: [lock])
        living._end_holder(file)
        process.terminate()
    assert process.returncode == -signal.SIGTERM


def test_one_that_was_stopped_is_ended_within_twenty_seconds(begin, listener, tmp_path):
    process, name = begin("touches")
    _hear(listener, tmp_path, name)
    process.send_signal(signal.SIGSTOP)
    os.waitpid(process.pid, os.WUNTRACED)
    assert list(living.dead(tmp_path)) == []
    _listen(listener, tmp_path, SILENT_SECONDS)
    assert process.poll() is None
    _listen(listener, tmp_path, 3)
    assert process.wait(10) == -signal.SIGKILL and SILENT_SECONDS + 3 < 20
    assert list(living.dead(tmp_path)) == [name]


def test_one_that_says_that_it_lives_or_never_said_so_is_left_alone(begin, listener, tmp_path):
    """The other is of an older version, which knows nothing of it."""
    process, name = begin("touches")
    older, _its_name = begin("is silent")
    for _round in range(3):
        _hear(listener, tmp_path, name)
        _listen(listener, tmp_path, SILENT_SECONDS - 2)
    assert process.poll() is None and older.poll() is None


def test_clocks_that_jump_and_a_listener_that_slept_end_nobody(begin, listener, tmp_path):
    process, name = begin("is silent")
    file = tmp_path / living.FOLDER / f"{name}{living.SUFFIX}"
    for jump in (0, -7200, 7200, -86_400 * 365):
        os.utime(file, times=(time.time() + jump,) * 2)
        _listen(listener, tmp_path, SILENT_SECONDS - 2)
    listener.clock.now += LOOKED_AWAY_SECONDS + SILENT_SECONDS
    _listen(listener, tmp_path, 2)
    assert process.poll() is None


@pytest.fixture
def worker(app, settings, monkeypatch):
    monkeypatch.setattr(jobs.worker, "WATCH_SECONDS", 0.001)
    with connect(settings.redis_url, timeout=5) as connection:
        yield make_worker(app, list(QUEUES), connection)
    living.expect_result(None)


class Ended(Exception):
    """In place of the process."""


@pytest.fixture
def ends(monkeypatch):
    """With which codes the process was ended."""
    codes = []

    def end(code):
        codes.append(code)
        raise Ended

    monkeypatch.setattr("jobs.worker.os._exit", end)
    monkeypatch.setattr("jobs.worker.faulthandler.dump_traceback", lambda **_how: None)
    return codes


def test_one_whose_batch_is_overdue_ends_itself(worker, ends):
    living.expect_result(-1)
    with pytest.raises(Ended):
        worker._watch(threading.Event())
    assert ends == [1] and OVERDUE_LOOKS > 1


def test_one_that_is_at_its_batch_in_time_or_at_nothing_goes_on(worker, ends, monkeypatch):
    looks = iter([False, False, False, True])
    stopped = threading.Event()
    monkeypatch.setattr(stopped, "wait", lambda _seconds: next(looks))
    living.expect_result(60)
    worker._watch(stopped)
    assert ends == []


def test_one_that_is_told_to_stop_has_some_seconds_for_its_batch(worker, ends, monkeypatch):
    monkeypatch.setattr(signal, "signal", lambda *_given: None)
    worker.register_birth()
    worker.set_state("busy")
    worker.request_stop(signal.SIGTERM, None)
    assert 0 < worker._stop_by - time.monotonic() <= STOP_SECONDS < 30
    worker._stop_by = time.monotonic()
    with pytest.raises(Ended):
        worker._watch(threading.Event())
    assert ends == [0]
    worker.register_death()


def test_one_that_is_too_big_ends_its_job_and_begins_anew(app, worker, monkeypatch, settings):
    job, queue = object(), worker.queues[0]
    done, begun = [], []
    monkeypatch.setattr("rq.SimpleWorker.execute_job", lambda *given: done.append(given))
    monkeypatch.setattr("webapp.platform.living.memory_mb", lambda: settings.worker_memory_mb)
    worker.execute_job(job, queue)
    monkeypatch.setattr("webapp.platform.living.memory_mb", lambda: settings.worker_memory_mb + 1)
    with pytest.raises(StopRequested):
        worker.execute_job(job, queue)
    assert done == [(worker, job, queue)] * 2

    class Begun(Exception):
        """In place of the new one."""

    def begin(program, arguments):
        begun.append(arguments)
        raise Begun

    monkeypatch.setattr("jobs.worker.create_app", lambda: app)
    monkeypatch.setattr("jobs.worker.living.begin", lambda _folder: None)
    for name in ("freeze", "set_threshold"):
        monkeypatch.setattr(f"jobs.worker.gc.{name}", lambda *_given: None)
    monkeypatch.setattr("jobs.worker.serve", lambda *_given: True)
    monkeypatch.setattr("jobs.worker.os.execv", begin)
    with pytest.raises(Begun):
        main(["mail", "bulk"])
    assert begun == [[sys.executable, "-m", "jobs.worker", "mail", "bulk"]]


def test_what_a_process_holds_is_told_in_mib():
    (line,) = [
        line for line in Path("/proc/self/status").read_text().splitlines() if "VmRSS" in line
    ]
    assert abs(living.memory_mb() - int(line.split()[1]) // 1024) <= 8
