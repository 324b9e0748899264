"""bin/test: all tests side by side, a part in one process, and coverage when asked for."""

import pytest
from _testing import ALL, compiling, options


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


def test_what_was_compiled_is_kept():
    assert compiling({"PYTHONDONTWRITEBYTECODE": "1", "LANG": "C"}) == {"LANG": "C"}
