"""Pages of packing slips: the list, one slip, slips on paper, many slips at once, pick
lists, and packing by scan."""

from webapp.fulfilment.parcels.pages import bulk, packing, picking, slips
from webapp.fulfilment.parcels.pages.blueprint import bp

__all__ = ["bp", "bulk", "packing", "picking", "slips"]
