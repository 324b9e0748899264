"""Pages of the rules: those in force, the draft, the versions."""

from webapp.rules import backtests, drafts, editor, exception_page, fired_for, help, overview, versions
from webapp.rules.blueprint import bp

__all__ = ["bp", "backtests", "drafts", "editor", "exception_page", "fired_for", "help", "overview", "versions"]
