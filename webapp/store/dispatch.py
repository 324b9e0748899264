"""The shop's terms of dispatch: until which hour of which days an order counts, how long it is
prepared, and when parcels leave."""

from typing import NamedTuple

from webapp.store.models import Shop


class DispatchTerms(NamedTuple):
    """As the shop's row keeps them. `dispatch_weekdays`: digits, 1 is Monday; `days_off`: days like
    2026-12-24, a blank between two."""

    cut_off: str
    pick_up: str
    preparation_days: int
    dispatch_weekdays: str
    days_off: str
    state: str
    time_zone: str


TERMS = tuple(getattr(Shop, name) for name in DispatchTerms._fields)


def terms_of(shop: Shop) -> DispatchTerms:
    return DispatchTerms(*(getattr(shop, name) for name in DispatchTerms._fields))
