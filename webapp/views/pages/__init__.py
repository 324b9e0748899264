"""Pages of lists: as files."""

from webapp.views.pages import exports
from webapp.views.pages.blueprint import bp

__all__ = ["bp", "exports"]
