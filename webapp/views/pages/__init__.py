"""Pages of views and exports: lists as files, under names, and on schedules."""

from webapp.views.pages import exports, kept, schedules
from webapp.views.pages.blueprint import bp

__all__ = ["bp", "exports", "kept", "schedules"]
