"""bin/run with the packages at hand: the modules of the shop are read once, and its processes are
copies of this one. A start, and one again after a death, then costs no reading, and what they have
in common is in memory once."""

import gc
import importlib
import os
import runpy
import sys
from collections.abc import Sequence
from functools import partial
from typing import IO

from _sessions import Process
from _setup import PYTHON, ROOT, command
from _supervisor import Child, Supervisor, run

READ = ("webapp", "webapp.migrations", "gunicorn.app.wsgiapp", "webapp.serving.worker", "rq")


class ForkingSupervisor(Supervisor):
    reads: Sequence[str] = READ

    def begin_preparing(self, said: IO[str]) -> Process:
        sys.path.insert(0, str(ROOT))
        # Nothing of it is ever garbage: looking for some took a fifth of the time.
        gc.disable()
        for name in self.reads:
            importlib.import_module(name)
        gc.freeze()
        gc.enable()
        return self.guardian.fork(partial(_prepare, said.fileno()))

    def begin(self, child: Child) -> Process:
        python, *arguments = child.command
        if python == str(PYTHON) and arguments[0] == "-m":
            return self.guardian.fork(partial(_be, *arguments[1:]))
        return super().begin(child)


def _prepare(output: int) -> None:
    os.dup2(output, 1)
    importlib.import_module("_prepare").main()


def _be(*module: str) -> None:
    """What `python -m` does."""
    sys.argv = list(module)
    runpy.run_module(module[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    sys.argv[0] = "bin/run"
    command(lambda: run(ForkingSupervisor))
