"""Pages of the rules: those in force, the draft, the versions."""

from webapp.rules import drafts, overview, versions
from webapp.rules.blueprint import bp

__all__ = ["bp", "drafts", "overview", "versions"]
