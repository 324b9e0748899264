"""The parts of the tests that pytest itself asks."""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bin"))
pytest_plugins = [
    "tests.support.whole_runs",
    "tests.support.made_once",
    "tests.support.live_shop",
    "tests.support.browsers",
]


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config):
    """Whoever hands the tests out runs none, and need not read the shop before the workers may."""
    told = early_config.known_args_namespace
    if told.numprocesses and "PYTEST_XDIST_WORKER" not in os.environ:
        told.noconftest = True
