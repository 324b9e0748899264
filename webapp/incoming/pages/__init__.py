"""Pages of what came in."""

from webapp.incoming.pages import notes
from webapp.incoming.pages.blueprint import bp

__all__ = ["bp", "notes"]
