"""Pages of the settings."""

from webapp.store.pages import numbering, official, settings
from webapp.store.pages.blueprint import bp

__all__ = ["bp", "numbering", "official", "settings"]
