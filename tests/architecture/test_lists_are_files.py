"""Every list that is shown page by page can be had as a file, or says here why not."""

import ast
import re
from pathlib import Path

from webapp.listings import LISTINGS
from webapp.views.forms import ExportQuery

ROOT = Path(__file__).parents[2]
TEMPLATES = "".join(path.read_text() for path in (ROOT / "templates").rglob("*.html"))
# Pages of lists that are no Listing of their own: where each is read, and the file that holds its
# rows, or why there is none.
PAGES = {
    ("catalog/pages.py", "_ledger"): "stock-movements",
    ("customers/pages.py", "_customer_page"): "customer-sales",
    ("fulfilment/memberships/pages.py", "_membership_page"): "membership-changes",
    ("imports/pages.py", "_context"): "import-rows",
    ("batches/pages.py", "_context"): "batch-rows",
    ("counting/pages.py", "_lines"): "count-lines",
    ("counting/pages.py", "sheet"): "products, to be counted: it is printed",
    ("notifications/pages.py", "index"): "what one person was told, and reads once",
    ("staff/pages/people.py", "_index_page"): "who may sign in, for which the password is asked",
    ("monitor/pages.py", "_work_page"): "what the clock began lately: kept for days",
    ("monitor/job_pages.py", "_context"): "attempts",
    ("monitor/cause_pages.py", "_context"): "jobs that wait this minute; their causes are a file",
}


def _calls(path: Path) -> set[str]:
    """Functions of the module that read a page of rows by themselves."""
    source = path.read_text()
    if not any(f"{name}(" in source for name in ("page_of", "paginate")):
        return set()
    return {
        function.name
        for function in ast.walk(ast.parse(source))
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("page_of", "paginate")
    }


def test_a_page_of_rows_is_that_of_a_file_or_says_why_not():
    webapp = ROOT / "webapp"
    mechanism = ("http/lists.py", "web/listings.py", "web/api.py")
    found = {
        (name, function)
        for path in webapp.rglob("*.py")
        if (name := str(path.relative_to(webapp))) not in mechanism and "api" not in path.stem
        for function in _calls(path)
    }
    assert found == PAGES.keys()
    files = {listing.name for listing in LISTINGS}
    assert {why for why in PAGES.values() if re.fullmatch(r"[a-z-]+", why)} <= files


def test_each_list_offers_its_file_where_it_is_shown():
    shown = set(re.findall(r'(?:tools\(|listing=)"([a-z-]+)"', TEMPLATES))
    assert {listing.name for listing in LISTINGS} - shown == {"commissions", "agent-commissions"}


def test_a_program_asks_for_a_file_by_every_filter_of_its_list():
    filters = {name for listing in LISTINGS for name in listing.filters}
    assert filters <= ExportQuery.model_fields.keys()
