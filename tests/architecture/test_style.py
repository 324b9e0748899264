"""The code reads as one hand's: the linter finds nothing."""

import subprocess
import sys

from tests.services import ROOT


def test_the_linter_finds_nothing():
    found = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--output-format", "concise", "."],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert found.returncode == 0, found.stdout
