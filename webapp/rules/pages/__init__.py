"""Pages of the rules: those in force, the draft, the versions; the editor; tests on past orders."""

from webapp.rules.pages import backtests, drafts, editor, help, overview, versions
from webapp.rules.pages import exceptions as exception_pages
from webapp.rules.pages import rule_orders as fired_for
from webapp.rules.pages.blueprint import bp

__all__ = [
    "bp",
    "backtests",
    "drafts",
    "editor",
    "exception_pages",
    "fired_for",
    "help",
    "overview",
    "versions",
]
