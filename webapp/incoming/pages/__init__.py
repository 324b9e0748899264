"""Pages of what came in: imports of files, and the notes themselves."""

from webapp.incoming.pages import imports, notes
from webapp.incoming.pages.blueprint import bp

__all__ = ["bp", "imports", "notes"]
