"""One place for one thing: what a page or a call has a helper for is written nowhere else."""

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = [
    path
    for path in sorted((ROOT / "webapp").rglob("*.py"))
    if "migrations" not in path.relative_to(ROOT).parts
]
# Who ends a transaction, beside the request itself.
COMMITS = {
    "http/transactions.py": "the request's transaction, and the few that stand apart from it",
    "platform/transactions.py": "what is read before a writing transaction takes its lock",
    "processing/claims.py": "the workers' batches",
    "processing/sweeping.py": "the sweeper's round",
    "cli.py": "a command is its own transaction",
    "demo/load.py": "a command is its own transaction",
    "demo/stories.py": "the orders of a command, one after the other as in life",
    "invoices/authorities.py": "the sandbox authority, which stands for one outside of the shop",
}
# Text of digits that is no number: it is kept as text, or is a name of ours.
DIGITS = {
    "addresses/providers.py": "a provider's postal code",
    "fiscal/digits.py": "check digits of a document",
    "fiscal/text.py": "codes of the note",
    "http/formatting.py": "a phone as it is kept",
    "http/forms.py": "the rows of a form by their places",
    "platform/settings.py": "the environment, below the addresses",
    "store/forms.py": "a phone or registration without its punctuation",
}


@cache
def calls() -> list[tuple[str, str, list[str]]]:
    """Every call of a method in webapp: (module, method, its arguments that are text)."""
    return [
        (str(path.relative_to(ROOT / "webapp")), node.func.attr, texts(node))
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    ]


def texts(call: ast.Call) -> list[str]:
    return [
        node.value
        for node in call.args
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]


def callers(*methods: str, text: str = "") -> set[str]:
    """The modules that call one of `methods`, with `text` in an argument."""
    return {
        module
        for module, method, said in calls()
        if method in methods and (not text or any(text in argument for argument in said))
    }


def test_a_request_is_one_transaction():
    assert callers("commit") <= COMMITS.keys()


def test_numbers_from_outside_are_read_by_one_function():
    assert callers("isdigit", "isdecimal", "isnumeric") <= DIGITS.keys()


def test_htmx_is_asked_by_its_library():
    assert callers("get", text="HX-") == set()


@pytest.mark.parametrize("method", ["route", "get", "post", "put", "patch", "delete"])
def test_ids_in_addresses_are_bounded(method):
    """`<int:…>` takes numbers that no column holds, which PostgreSQL answers with an error."""
    assert callers(method, text="<int:") == set()


@pytest.mark.parametrize("listed", [COMMITS, DIGITS], ids=["commits", "digits"])
def test_what_is_excepted_is_there(listed):
    assert [name for name in listed if not (ROOT / "webapp" / name).exists()] == []
