"""A test whose program is not on the machine is named with the reason at the end, and fails a run
that allows no skips."""

import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest

from tests.services import ROOT

TEST = """
from tests import programs, services

def test_the_signature():
    raise AssertionError(services.needed(programs.xmlsec1(), "xmlsec1"))
"""
# No more plugins than it takes.
PLUGINS = ("-p", "tests.support.whole_runs", "-p", "xdist")


@pytest.fixture
def run_without_programs(tmp_path, guardian):
    """Runs one test that needs xmlsec1, where nothing can be found; answers the exit code and what
    was said. In a copy of this process, which has read pytest already."""
    (tmp_path / "test_signature.py").write_text(TEST)

    def run(*options: str) -> tuple[int, str]:
        said = tmp_path / "said"
        process = guardian.fork(partial(_run, tmp_path, said, options))
        return process.wait(), said.read_text()

    return run


def _run(folder: Path, said: Path, options: Sequence[str]) -> None:
    os.environ |= {
        "PATH": str(folder),
        "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'bin'}",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }
    # What is asked of the run of all tests is not asked of this one.
    os.environ.pop("PYTEST_ADDOPTS", None)
    os.chdir(folder)
    sys.stdout = said.open("w")
    os.dup2(sys.stdout.fileno(), 1)
    sys.exit(pytest.main(["-c", os.devnull, *PLUGINS, *options, "test_signature.py"]))


def test_it_is_named_with_the_reason(run_without_programs):
    code, said = run_without_programs()
    assert code == 0, said
    *_, named, count = said.splitlines()
    assert "test_signature.py::test_the_signature: Skipped: xmlsec1 is not on this machine" in named
    assert "1 skipped" in count


@pytest.mark.parametrize("workers", ["0", "1"])
def test_it_fails_the_strict_run(run_without_programs, workers):
    code, said = run_without_programs("--no-skips", "-n", workers)
    assert code == 1, said
    assert "1 tests did not run here (refused by --no-skips)" in said
