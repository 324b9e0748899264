"""Starting processes so that they end with whoever started them, and ending them together with all
they have started."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any


class Guardian:
    """Starts session leaders, and ends them should this process be killed with no chance to do so;
    see _guardian.py."""

    def __init__(self, env: dict[str, str], keeps: Sequence[int] = ()):
        """`keeps`: file descriptors that stay open until the last process has ended, such as a
        lock's."""
        self.env, self.keeps = env, keeps
        self.running: set[int] = set()
        self.helper: subprocess.Popen | None = None

    def spawn(self, command: list[str], **options: Any) -> subprocess.Popen:
        usual: dict[str, Any] = {"env": self.env, "stdin": subprocess.DEVNULL}
        process = subprocess.Popen(command, start_new_session=True, **usual | options)
        self.running.add(process.pid)
        self._tell(f"+{process.pid}")
        return process

    def end(self, processes: Collection[subprocess.Popen], grace: float) -> None:
        """Ends the processes with all they have started, within `grace` seconds, and forgets
        them."""
        end_sessions([process.pid for process in processes], grace)
        for process in processes:
            process.wait()
            self.running.discard(process.pid)
            self._tell(f"-{process.pid}")

    def close(self) -> None:
        if self.helper and self.helper.stdin:
            self.helper.stdin.close()
            self.helper.wait()

    def _tell(self, line: str) -> None:
        if self.helper is None or self.helper.poll() is not None:
            self.helper = self._start_helper()
            line = "\n".join(f"+{pid}" for pid in self.running)
        pipe = self.helper.stdin
        assert pipe
        pipe.write(line + "\n")
        pipe.flush()

    def _start_helper(self) -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("_guardian.py"))],
            stdin=subprocess.PIPE,
            start_new_session=True,
            pass_fds=self.keeps,
            text=True,
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
    while time.monotonic() < deadline and _members(leaders):
        time.sleep(0.02)
    for pid in _members(leaders):
        _send(pid, signal.SIGKILL)


def _send(pid, number):
    with contextlib.suppress(ProcessLookupError):  # ended by itself meanwhile
        os.kill(pid, number)


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
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                state, _, _, session = (
                    Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()[:4]
                )
                yield int(entry), state, int(session)
