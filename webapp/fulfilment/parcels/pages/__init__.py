"""Pages of packing slips: the list, one slip, slips on paper, and many slips at once."""

from webapp.fulfilment.parcels.pages import bulk, slips

__all__ = ["bulk", "slips"]
