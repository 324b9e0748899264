"""A test whose program is not on the machine is named with the reason at the end, and fails a run
that allows no skips."""

import os
import subprocess
import sys

import pytest

from tests.services import ROOT

TEST = """
from tests import programs, services

def test_the_signature():
    raise AssertionError(services.needed(programs.xmlsec1(), "xmlsec1"))
"""


@pytest.fixture
def run_without_programs(tmp_path):
    """Runs one test that needs xmlsec1, where nothing can be found."""
    test = tmp_path / "test_signature.py"
    test.write_text(TEST)
    # No more plugins than it takes: the others read half of what is installed.
    plugins = ("-p", "tests.support.whole_runs", "-p", "xdist")
    env = os.environ | {
        "PATH": str(tmp_path),
        "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'bin'}",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }

    def run(*options):
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-c", os.devnull, *plugins, *options, test],
            env=env,
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )

    return run


def test_it_is_named_with_the_reason(run_without_programs):
    done = run_without_programs()
    assert done.returncode == 0, done.stdout
    *_, named, count = done.stdout.splitlines()
    assert "test_signature.py::test_the_signature: Skipped: xmlsec1 is not on this machine" in named
    assert "1 skipped" in count


@pytest.mark.parametrize("workers", ["0", "1"])
def test_it_fails_the_strict_run(run_without_programs, workers):
    done = run_without_programs("--no-skips", "-n", workers)
    assert done.returncode == 1, done.stdout
    assert "1 tests did not run here (refused by --no-skips)" in done.stdout
