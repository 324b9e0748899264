"""Starting processes so that they end with whoever started them, and ending them together with all
they have started."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from multiprocessing.context import ForkProcess
from pathlib import Path
from typing import Any


class Fork(ForkProcess):
    """A copy of this process that does something else; spoken to like one of subprocess."""

    def poll(self) -> int | None:
        return self.exitcode

    def wait(self) -> int | None:
        self.join()
        return self.exitcode

    returncode = property(poll)


Process = subprocess.Popen | Fork
HANDLED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Guardian:
    """Starts session leaders, and ends them should this process be killed with no chance to do so;
    see _guardian.py."""

    def __init__(self, env: dict[str, str], keeps: Sequence[int] = (), removes: Path | None = None):
        """`keeps`: file descriptors that stay open until the last process has ended, such as a
        lock's. `removes`: a file that goes with them."""
        self.env, self.keeps, self.removes = env, keeps, removes
        self.running: set[int] = set()
        self.told: set[int] = set()
        self.helper: subprocess.Popen | None = None

    def spawn(self, command: list[str], **options: Any) -> subprocess.Popen:
        usual: dict[str, Any] = {"env": self.env, "stdin": subprocess.DEVNULL}
        # Before the process is there: what cannot be guarded is not started.
        self.tell()
        process = subprocess.Popen(command, start_new_session=True, **usual | options)
        self.running.add(process.pid)
        with contextlib.suppress(OSError):
            self.tell()
        return process

    def fork(self, main: Callable[[], None]) -> Fork:
        """A session leader that goes on from here in `main`, with what this process has read."""
        self.tell()
        begun, begins = os.pipe()
        process = Fork(target=self._lead, args=(main, begins))
        # Until it leads a session and takes no signal for the one that it is a copy of.
        held = signal.pthread_sigmask(signal.SIG_BLOCK, HANDLED)
        try:
            process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, held)
            os.close(begins)
            os.read(begun, 1)
            os.close(begun)
        assert process.pid
        self.running.add(process.pid)
        with contextlib.suppress(OSError):
            self.tell()
        return process

    def _lead(self, main: Callable[[], None], begins: int) -> None:
        os.setsid()
        for number in HANDLED:
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, HANDLED)
        # The end of the pipe is the end of whoever watches: nobody else may hold it.
        if self.helper and self.helper.stdin:
            self.helper.stdin.close()
        for descriptor in (begins, *self.keeps):
            os.close(descriptor)
        os.environ |= self.env
        main()

    def end(self, processes: Collection[Process], grace: float) -> None:
        """Ends the processes with all they have started, within `grace` seconds, and forgets
        them."""
        end_sessions([process.pid for process in processes if process.pid], grace)
        for process in processes:
            process.wait()
            self.running.discard(process.pid)
        with contextlib.suppress(OSError):
            self.tell()

    def close(self) -> None:
        if self.helper and self.helper.stdin:
            with contextlib.suppress(OSError):
                self.helper.stdin.close()
            self.helper.wait()
            self.helper = None

    def tell(self) -> None:
        """Brings the helper up to date, and back should it have died. Raises OSError; whoever
        watches calls again."""
        if self.helper and self.helper.poll() is not None:
            self.close()
        if self.helper is None:
            self.helper, self.told = self._start_helper(), set()
        ended, begun = self.told - self.running, self.running - self.told
        lines = [f"-{pid}\n" for pid in ended] + [f"+{pid}\n" for pid in begun]
        if lines:
            assert self.helper.stdin
            self.helper.stdin.write("".join(lines).encode())
            self.told = set(self.running)

    def _start_helper(self) -> subprocess.Popen:
        removes = [str(self.removes)] if self.removes else []
        return subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("_guardian.py")), *removes],
            stdin=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
            pass_fds=self.keeps,
            env=self.env,
        )


def end_sessions(leaders: Collection[int], grace: float) -> None:
    """SIGTERM to each session leader, and after `grace` seconds SIGKILL to whatever is left in
    their sessions.

    A worker's horse leaves its worker's process group, never its session: that is why sessions are
    what is ended.
    """
    for pid in set(_members(leaders)) & set(leaders):
        _send(pid, signal.SIGTERM)
    deadline = time.monotonic() + grace
    # To look through all processes takes longer: that waits for the end of those who are known.
    while time.monotonic() < deadline and (_any_alive(leaders) or _members(leaders)):
        time.sleep(0.02)
    for pid in _members(leaders):
        _send(pid, signal.SIGKILL)


def _send(pid, number):
    with contextlib.suppress(ProcessLookupError):  # ended by itself meanwhile
        os.kill(pid, number)


def _any_alive(leaders):
    """Whether one of them is; never where there is no /proc."""
    return any(
        session == pid and not state.startswith("Z") for pid, state, session in _stats(leaders)
    )


def _members(leaders):
    return [
        pid
        for pid, state, session in _processes()
        if session in leaders and not state.startswith("Z")
    ]


def _processes() -> Iterator[tuple[int, str, int]]:
    """(pid, state, session) of every process; the process group stands for the session where there
    is no /proc."""
    if not Path("/proc/self/stat").exists():
        for row in subprocess.check_output(
            ["ps", "-axo", "pid=,stat=,pgid="], text=True
        ).splitlines():
            pid, state, group = row.split()
            yield int(pid), state, int(group)
        return
    yield from _stats(int(entry) for entry in os.listdir("/proc") if entry.isdigit())


def _stats(pids: Iterable[int]) -> Iterator[tuple[int, str, int]]:
    """Of those that there are, as /proc tells."""
    for pid in pids:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            told = Path(f"/proc/{pid}/stat").read_text()
            state, _, _, session = told.rpartition(")")[2].split()[:4]
            yield pid, state, int(session)
