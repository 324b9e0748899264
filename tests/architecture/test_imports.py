"""Who may import whom: the contracts in pyproject.toml."""

from importlinter.cli import lint_imports


def test_the_import_contracts_hold(capfd):
    exit_code = lint_imports(no_cache=True)
    assert exit_code == 0, capfd.readouterr().out
