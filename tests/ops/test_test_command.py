"""bin/test: all tests side by side, a part in one process, and coverage when asked for."""

import datetime as dt
from threading import Event
from types import SimpleNamespace

import _testing
import pytest
from _setup import Failure
from _testing import ALL, clock_ahead, environment, options

from tests.support.plugins import pytest_load_initial_conftests


@pytest.mark.parametrize("arguments", [[], ["--fast"], ["--no-skips", "-q"], ["--coverage"]])
def test_all_tests_run_side_by_side(arguments):
    told = options(arguments)
    assert tuple(told[: len(ALL)]) == ALL
    assert "--coverage" not in told and ("--cov" in told) is ("--coverage" in arguments)


@pytest.mark.parametrize("arguments", [["tests/rules"], ["-k", "kata"], ["-x"], ["--pdb"]])
def test_a_part_runs_in_one_process(arguments):
    assert options(arguments) == arguments


def test_how_many_may_be_said():
    assert options(["-n", "0"]) == ["-n", "0"]


def test_what_was_compiled_is_kept_and_what_the_caller_said_holds():
    said = {"LANG": "C", "MALLOC_TRIM_THRESHOLD_": "1"}
    assert environment(said | {"PYTHONDONTWRITEBYTECODE": "1"}) == said | {
        "MALLOC_MMAP_THRESHOLD_": "33554432"
    }


NOW = dt.datetime(2026, 12, 1, 8, 0, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("asked", "now", "moment"),
    [
        ([], NOW, NOW),
        ([], NOW.replace(year=2031), NOW.replace(day=19)),
        (["--at=2026-12-31T23:50"], NOW, NOW.replace(day=31, hour=23, minute=50)),
        (["--fast", "--at=2026-10-31T23:50-03:00"], NOW, NOW.replace(month=11, hour=2, minute=50)),
    ],
)
def test_the_shops_live_now_as_long_as_the_examples_know_the_day_or_when_they_are_told(
    asked, now, moment
):
    ahead = clock_ahead(asked, now)
    assert now + dt.timedelta(seconds=ahead) == moment
    assert environment({}, ahead).get("CLOCK_AHEAD") == (str(ahead) if ahead else None)
    assert options(asked) == options([each for each in asked if "--at" not in each])


def test_a_moment_that_is_none_is_told():
    with pytest.raises(Failure, match="--at=tomorrow: write a moment such as"):
        clock_ahead(["--at=tomorrow"], NOW)


@pytest.mark.parametrize(
    ("many", "worker", "reads_the_shop"),
    [(None, False, True), (3, True, True), (3, False, False), (0, False, True)],
)
def test_whoever_runs_tests_reads_the_shop_and_whoever_hands_them_out_does_not(
    monkeypatch, many, worker, reads_the_shop
):
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    if worker:
        monkeypatch.setenv("PYTEST_XDIST_WORKER", "gw0")
    told = SimpleNamespace(numprocesses=many, noconftest=False)
    pytest_load_initial_conftests(SimpleNamespace(known_args_namespace=told))
    assert told.noconftest is not reads_the_shop


def test_what_the_system_lacks_is_installed_at_once_and_beside_what_else_is_done(monkeypatch):
    is_beside, installed = Event(), []
    monkeypatch.setattr(_testing, "_has_apt", lambda: True)
    monkeypatch.setattr(
        _testing, "_install", lambda *asked: installed.append((asked, is_beside.wait(60)))
    )
    with _testing.installing([]):
        pass
    with _testing.installing(["xmlsec1", "postgresql"]):
        is_beside.set()
    assert installed == [(("xmlsec1", "postgresql"), True)]
