"""What a run of all tests needs besides the tests: none silently skipped, a fast choice, and little
looking for garbage."""

import atexit
import gc
from pathlib import Path

import pytest
from hypothesis.internal.conjecture import providers

from tests.support import examples

TESTS = Path(__file__).resolve().parent.parent
# They start the whole shop or crash it.
SHOPS = ("browser", "ops", "faults")


def pytest_addoption(parser):
    parser.addoption(
        "--no-skips",
        action="store_true",
        help="fail when a test could not run for want of a program",
    )
    parser.addoption(
        "--fast",
        action="store_true",
        help=f"leave out what starts whole shops ({', '.join(SHOPS)}) or is marked operations, "
        "run on SQLite alone, and make up a quarter of the inputs",
    )


def pytest_configure(config):
    examples.is_fast = config.getoption("fast")
    # No words of the sources among what is made up: to look for them takes each worker seconds, and
    # what it has read by then would decide.
    providers._get_local_constants = providers.Constants


# Nothing that is read or collected is ever garbage, nor what is left when a process ends: each look
# through all of it takes a second.
atexit.register(gc.freeze)


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()
        gc.set_threshold(200_000, 20, 20)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    if config.getoption("fast"):
        slow = {item for item in items if _is_of_operations(item)}
        config.hook.pytest_deselected(items=slow)
        items[:] = [item for item in items if item not in slow]


def _is_of_operations(item):
    if "live_shop" in item.fixturenames or item.get_closest_marker("operations"):
        return True
    inside = item.path.is_relative_to(TESTS)
    return inside and item.path.relative_to(TESTS).parts[0] in SHOPS


# What could not run


def _skipped(config):
    # A worker has no terminal: whoever distributes the tests counts for all.
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    return reporter.stats.get("skipped", []) if reporter else []


def pytest_sessionfinish(session, exitstatus):
    strict = session.config.getoption("no_skips")
    if strict and exitstatus == pytest.ExitCode.OK and _skipped(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter, config):
    reports = _skipped(config)
    if reports:
        refused = " (refused by --no-skips)" if config.getoption("no_skips") else ""
        terminalreporter.section(f"{len(reports)} tests did not run here{refused}")
        for report in reports:
            terminalreporter.write_line(f"{report.nodeid}: {report.longrepr[2]}")
