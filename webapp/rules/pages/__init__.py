"""Pages of the rules: those in force, the draft, the versions; the editor; tests on past orders.

Each module adds its routes to the blueprint when it is imported.
"""

from webapp.rules.pages import (
    backtests,
    drafts,
    editor,
    exceptions,
    help,
    overview,
    rule_orders,
    versions,
)
from webapp.rules.pages.blueprint import bp

__all__ = [
    "backtests",
    "bp",
    "drafts",
    "editor",
    "exceptions",
    "help",
    "overview",
    "rule_orders",
    "versions",
]
