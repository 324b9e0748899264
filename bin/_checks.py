"""bin/check: what must hold of the source before any test runs. Standard library only.

Each check is a program of its own; all run at once, and only one that finds something is heard.
"""

import subprocess
import sys
import time
from dataclasses import dataclass

from _setup import PYTHON, ROOT, Failure, ensure_packages, say


@dataclass(frozen=True)
class Check:
    """A program's command, and the one that mends what it finds, where there is one."""

    command: tuple[str, ...]
    fix: tuple[str, ...] = ()

    def start(self) -> subprocess.Popen[str]:
        return _start(self.command)


CHECKS = {
    "format": Check(("ruff", "format", "--check", "."), ("ruff", "format", ".")),
    "lint": Check(
        ("ruff", "check", "--output-format", "concise", "."),
        ("ruff", "check", "--quiet", "--fix", "."),
    ),
    "templates": Check(("djlint", "--lint", "templates")),
    "types": Check(("mypy", "--no-pretty")),
    "contracts": Check(("lint-imports", "--no-logo")),
}


def run() -> int:
    """Runs the checks named as arguments, else all of them; `--fix` mends first. Returns the exit
    code."""
    names = [argument for argument in sys.argv[1:] if argument != "--fix"] or list(CHECKS)
    if unknown := set(names) - set(CHECKS):
        raise Failure(f"no check is called {unknown.pop()}; there are: {', '.join(CHECKS)}")
    ensure_packages("requirements-dev.txt")
    if "--fix" in sys.argv:
        _fix(names)
    begun = time.monotonic()
    failed = _report({name: CHECKS[name].start() for name in names})
    if failed:
        say(f"{', '.join(failed)}: see above; bin/check --fix mends what a program can mend")
    else:
        say(f"{', '.join(names)}: fine ({time.monotonic() - begun:.1f} s)")
    return bool(failed)


def _report(running: dict[str, subprocess.Popen[str]]) -> list[str]:
    """Prints what the checks found; returns the names of those that found something."""
    failed = []
    for name, process in running.items():
        output, _ = process.communicate()
        if process.returncode:
            say(f"--- {name}\n{output.strip()}")
            failed.append(name)
    return failed


def _fix(names: list[str]) -> None:
    # The linter first: what it rewrites is laid out afterwards.
    for name in sorted(names, key=lambda name: name != "lint"):
        if CHECKS[name].fix:
            _start(CHECKS[name].fix).communicate()


def _start(command: tuple[str, ...]) -> subprocess.Popen[str]:
    program, *arguments = command
    return subprocess.Popen(
        [str(PYTHON.with_name(program)), *arguments],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
