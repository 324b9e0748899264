"""Pages of what the rules bring about; each kind has a module of its own."""

from webapp.fulfilment import bulk_pages as marked
from webapp.fulfilment import earnings_pages as earnings
from webapp.fulfilment import membership_pages as memberships
from webapp.fulfilment import parcel_pages as slips
from webapp.fulfilment import task_pages as tasks
from webapp.fulfilment.blueprint import bp

__all__ = ["bp", "earnings", "marked", "memberships", "slips", "tasks"]
