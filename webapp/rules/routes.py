"""Pages of the rules: those in force, the draft, the versions; the editor; tests on past orders."""

from webapp.rules import drafts, fired_for, overview, versions
from webapp.rules.backtesting import pages as backtests
from webapp.rules.blueprint import bp
from webapp.rules.editing import exception_pages, help
from webapp.rules.editing import pages as editor

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
