"""One place for one thing: what a page or a call has a helper for is written nowhere else."""

import ast
import re
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
    "processing/signing_holds.py": "a part of the sweeper's round",
    "processing/tax_holds.py": "a part of the sweeper's round",
    "processing/ship_by.py": "a slice of orders, in a sweeper's pass",
    "processing/archive_upkeep.py": "a part of the sweeper's round",
    "processing/recurring.py": "a part of the sweeper's round",
    "alerts/looking.py": "a part of the sweeper's round",
    "processing/failing_work.py": "a part of the sweeper's round",
    "sums/keeping.py": "a part of the sweeper's round",
    "monitor/history.py": "a part of the sweeper's round",
    "cli.py": "a command is its own transaction",
    "demo/load.py": "a command is its own transaction",
    "demo/stories.py": "the orders of a command, one after the other as in life",
    "authority/sandbox.py": "the sandbox authority, which stands for one outside of the shop",
    "authority/scenarios.py": "the same, where it is told what to answer",
    "authority/service_states.py": "how a service answered, whatever becomes of the work",
}
# Text of digits that is no number: it is kept as text, or is a name of ours.
DIGITS = {
    "addresses/providers.py": "a provider's postal code",
    "fiscal/registrations.py": "check digits of a document",
    "fiscal/text.py": "codes of the note",
    "http/formatting.py": "a phone as it is kept",
    "platform/settings.py": "the environment, below the addresses",
    "store/forms.py": "a phone or registration without its punctuation",
}
# What `int` is given there is no text from outside, or a pattern has bounded it; the rest is read
# by `whole_number`.
INTEGERS = {
    "addresses/number_range.py": "numbers of a pattern",
    "attention/queries.py": "an amount",
    "catalog/forms.py": "the digits of an ISBN's pattern",
    "catalog/pages.py": "a yes or no",
    "closings/files.py": "parts of an access key",
    "closings/letters.py": "a moment",
    "reordering/letters.py": "a moment",
    "customers/models.py": "a moment",
    "dashboard/charts.py": "a moment",
    "sums/queries.py": "a count, and an amount",
    "demo": "our own",
    "fiscal": "codes that are checked to be digits",
    "fulfilment/commissions/queries.py": "a count",
    "fulfilment/royalties/queries.py": "a count",
    "http/formatting.py": "seconds",
    "http/forms.py": "a number of a pattern; a yes or no",
    "http/cursors.py": "an amount",
    "http/query.py": "an id or a month of a pattern",
    "authority/sandbox.py": "parts of an access key",
    "incoming/stock_entry.py": "a quantity that is whole",
    "imports/cells.py": "a number of a spreadsheet's own, or one that is read",
    "imports/sheets.py": "a number of a spreadsheet's own",
    "messages/composition.py": "a moment",
    "monitor/charts.py": "a moment",
    "monitor/history.py": "a moment, and what our own table keeps",
    "monitor/queries.py": "seconds",
    "monitor/registries.py": "what Redis keeps; another's is shown as unreadable",
    "platform/living.py": "what the system tells of a process",
    "platform/cep.py": "eight digits",
    "platform/codes.py": "digits of a pattern",
    "platform/columns.py": "an amount",
    "platform/live.py": "what Redis keeps, or a cursor of a pattern",
    "platform/money.py": "an amount",
    "platform/queue.py": "the time",
    "platform/settings.py": "the environment, below the addresses",
    "platform/whole.py": "this is the reader",
    "processing/claims.py": "a lease of our own",
    "rules/core": "facts that are checked to be numbers",
    "rules/drafting.py": "a place of our own",
    "rules/editing/edits.py": "places of a pattern",
    "rules/editing/input_format.py": "a day of a pattern; a number that is read",
    "rules/editing/posted.py": "places of a pattern",
    "rules/forms.py": "one of a few words",
    "rules/linting": "numbers of a rule",
    "rules/pages/editor.py": "places of a pattern",
    "rules/queries.py": "a count",
    "sale_pages/order_form.py": "a line of a pattern; a quantity that is read",
    "serving/bridge.py": "the status of our own answer",
    "staff/pages/people.py": "a yes or no",
}


@cache
def source_of(path: Path) -> str:
    return path.read_text()


def calls(source: str) -> list[tuple[str, list[str]]]:
    """Every call of a method: the method, its arguments that are text."""
    return [
        (node.func.attr, texts(node))
        for node in ast.walk(ast.parse(source))
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
    # Those alone are parsed in which the words stand at all.
    named = re.compile(rf"\.(?:{'|'.join(methods)})\b")
    return {
        str(path.relative_to(ROOT / "webapp"))
        for path in MODULES
        if text in (source := source_of(path)) and named.search(source)
        for method, said in calls(source)
        if method in methods and (not text or any(text in argument for argument in said))
    }


# Another day than the shop's is meant.
MACHINE_CLOCK = {
    "webapp/platform/clock.py": "this is the clock",
    "tests/staff/test_tokens.py": "a migration asks the machine's",
    "tests/support/authority_server.py": "TLS is judged by the machine's",
    "tests/ops/test_test_command.py": "what the command makes of it",
}


def test_the_time_is_the_clock_s():
    asks = re.compile(r"\bdatetime\.(?:now|utcnow|today)\(|\bdate\.today\(")
    files = [
        *MODULES,
        *(path for part in ("jobs", "tests") for path in (ROOT / part).rglob("*.py")),
    ]
    found = {str(path.relative_to(ROOT)) for path in files if asks.search(source_of(path))}
    assert found <= MACHINE_CLOCK.keys()


def test_a_request_is_one_transaction():
    assert callers("commit") <= COMMITS.keys()


def test_numbers_from_outside_are_read_by_one_function():
    assert callers("isdigit", "isdecimal", "isnumeric") <= DIGITS.keys()
    readers = {str(path.relative_to(ROOT / "webapp")) for path in MODULES if calls_int(path)}
    listed = {reader for reader in readers if any(reader.startswith(known) for known in INTEGERS)}
    assert readers - listed == set(), "read it with webapp.platform.whole.whole_number"


def calls_int(path: Path) -> bool:
    """Whether it gives anything to `int`, itself or by another function such as `map`."""
    source = source_of(path)
    return bool(re.search(r"\bint\b", source)) and any(
        isinstance(node, ast.Call)
        and any(isinstance(part, ast.Name) and part.id == "int" for part in given(node))
        for node in ast.walk(ast.parse(source))
    )


def given(call: ast.Call) -> list[ast.expr]:
    asks_the_type = isinstance(call.func, ast.Name) and call.func.id == "isinstance"
    keys = [keyword.value for keyword in call.keywords if keyword.arg == "key"]
    return [] if asks_the_type else [call.func, *call.args, *keys]


def test_htmx_is_asked_by_its_library():
    assert callers("get", text="HX-") == set()


@pytest.mark.parametrize("method", ["route", "get", "post", "put", "patch", "delete"])
def test_ids_in_addresses_are_bounded(method):
    """`<int:…>` takes numbers that no column holds, which PostgreSQL answers with an error."""
    assert callers(method, text="<int:") == set()


@pytest.mark.parametrize("listed", [COMMITS, DIGITS], ids=["commits", "digits"])
def test_what_is_excepted_is_there(listed):
    assert [name for name in listed if not (ROOT / "webapp" / name).exists()] == []
