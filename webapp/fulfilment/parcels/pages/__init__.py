"""Pages of packing slips: the list, one slip, slips on paper, and many slips at once."""

from webapp.fulfilment.parcels.pages import bulk, slips
from webapp.fulfilment.parcels.pages.blueprint import bp

__all__ = ["bp", "bulk", "slips"]
