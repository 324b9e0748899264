"""Pages of what the rules bring about; each kind has a module of its own."""

from webapp.fulfilment import earnings, marked, memberships, slips, tasks
from webapp.fulfilment.blueprint import bp

__all__ = ["bp", "earnings", "marked", "memberships", "slips", "tasks"]
