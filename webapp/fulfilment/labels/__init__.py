"""Labels: what stands on a parcel, bought of a provider or our own, and how far the parcel is."""
