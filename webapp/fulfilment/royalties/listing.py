"""A month's royalty slips as a declaration."""

from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select

from webapp.fulfilment import months
from webapp.fulfilment.royalties.models import RoyaltySlip
from webapp.fulfilment.royalties.queries import royalty_slips
from webapp.http.lists import newest_first
from webapp.web.listings import Asked, Cell, Listing


def _rows(asked: Asked) -> Select[Any]:
    return royalty_slips(months.month_of(asked.get("month")), asked.get("author"))


def _field(label: Any, name: str) -> Cell:
    return Cell(label, lambda slip: getattr(slip, name))


ROYALTIES = Listing(
    name="royalties",
    label=_l("Royalties"),
    endpoint="royalties.index",
    rows=_rows,
    orders=newest_first(RoyaltySlip.id),
    cells=(
        _field(_l("Author"), "author"),
        _field(_l("Month"), "month"),
        Cell(_l("Order"), lambda slip: slip.sale.reference),
        _field(_l("SKU"), "sku"),
        _field(_l("Book"), "name"),
        _field(_l("Copies"), "copies"),
        _field(_l("Sold"), "base"),
        _field(_l("Percentage"), "percent"),
        _field(_l("Royalty"), "amount"),
    ),
    filters=("month", "author"),
)
