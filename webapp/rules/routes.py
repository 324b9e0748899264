"""Pages of the rules: those in force, the draft, the versions."""

from webapp.rules import drafts, editor, fired_for, overview, versions
from webapp.rules.blueprint import bp

__all__ = ["bp", "drafts", "editor", "fired_for", "overview", "versions"]
