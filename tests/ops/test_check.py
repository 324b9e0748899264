"""bin/check is silent about what is fine, shows what is not, and ends with a code that says so."""

import os
import sys

import _checks
import _setup
import pytest
import yaml
from _checks import Check

from tests.services import ROOT


@pytest.fixture
def check(monkeypatch, capsys):
    """Runs bin/check on two checks of these tests; returns its exit code and what it printed."""
    checks = {
        "quiet": Check(("python", "-c", "print('all is well')")),
        "loud": Check(("python", "-c", "import sys; sys.exit('line 7 is too long')")),
    }
    monkeypatch.setattr(_checks, "CHECKS", checks)
    monkeypatch.setattr(_checks, "ensure_packages", lambda requirements: None)

    def run(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["bin/check", *arguments])
        code = _checks.run()
        return code, capsys.readouterr().out

    return run


def test_what_is_fine_takes_one_line(check):
    code, output = check("quiet")
    assert code == 0
    assert output.startswith("quiet: fine (") and output.count("\n") == 1


def test_what_is_found_is_shown_under_its_name(check):
    code, output = check()
    assert code == 1
    assert "--- loud\nline 7 is too long\n" in output and "all is well" not in output
    assert output.splitlines()[-1].startswith("loud: see above")


def test_fix_mends_first(check, tmp_path, monkeypatch):
    file = tmp_path / "source"
    mends = Check(
        ("python", "-c", f"import sys, os; sys.exit(not os.path.exists({str(file)!r}))"),
        ("python", "-c", f"open({str(file)!r}, 'w')"),
    )
    monkeypatch.setitem(_checks.CHECKS, "mended", mends)
    assert check("mended")[0] == 1
    assert check("--fix", "mended")[0] == 0


def test_a_check_that_is_none(check):
    with pytest.raises(_setup.Failure, match="^no check is called types; there are: quiet, loud$"):
        check("types")


def test_a_commit_calls_it():
    (repository,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    (hook,) = repository["hooks"]
    assert (repository["repo"], hook["entry"]) == ("local", "bin/check")
    assert os.access(ROOT / hook["entry"], os.X_OK)
