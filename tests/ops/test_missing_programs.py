"""A test whose program is not on the machine is named with the reason at the end, and fails a run
that allows no skips."""

import os
import subprocess
import sys

import pytest

from tests.services import ROOT


@pytest.fixture
def run_without_programs(tmp_path):
    """Runs one test that needs xmlsec1, where nothing can be found."""
    test = tmp_path / "test_signature.py"
    test.write_text("def test_the_signature(xmlsec1):\n    raise AssertionError(xmlsec1)\n")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-c",
        ROOT / "pyproject.toml",
        "--rootdir",
        tmp_path,
        "-p",
        "tests.conftest",
    ]
    env = os.environ | {"PATH": str(tmp_path), "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'bin'}"}

    def run(*options):
        return subprocess.run(
            [*command, *options, test], env=env, cwd=tmp_path, capture_output=True, text=True
        )

    return run


def test_it_is_named_with_the_reason(run_without_programs):
    done = run_without_programs()
    assert done.returncode == 0, done.stdout
    *_, named, count = done.stdout.splitlines()
    assert named.startswith(
        "test_signature.py::test_the_signature: Skipped: xmlsec1 is not on this machine"
    )
    assert "1 skipped" in count


def test_it_fails_the_strict_run(run_without_programs):
    done = run_without_programs("--no-skips")
    assert done.returncode == 1
    assert "1 tests did not run here (refused by --no-skips)" in done.stdout


def test_it_fails_the_strict_run_of_two_workers(tmp_path):
    test = tmp_path / "test_signature.py"
    test.write_text(
        "from tests import services\n\ndef test_it(): services.needed(None, 'xmlsec1')\n"
    )
    plugins = ("-p", "tests.support.whole_runs", "-n", "2", "--no-skips")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-c", os.devnull, *plugins, test],
        env=os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'bin'}"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1, done.stdout
    assert "1 tests did not run here (refused by --no-skips)" in done.stdout
