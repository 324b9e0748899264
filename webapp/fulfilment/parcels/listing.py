"""The list of packing slips as a declaration."""

from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select

from webapp.fulfilment.parcels.models import PackingSlip, SlipStatus
from webapp.fulfilment.parcels.queries import packing_slips
from webapp.http.lists import Order, Orders
from webapp.http.periods import Period
from webapp.http.query import query_choice
from webapp.sales.finding import named_sales
from webapp.sales.leaving import Due
from webapp.sales.models import Sale
from webapp.web.listings import Asked, Cell, Listing

ORDERS = {
    # By the order's id, beside which the indexes of how far it is end.
    "when": Order((Sale.id.label("sale_id"),), down=True),
    "expected": Order((PackingSlip.expected_delivery, PackingSlip.id)),
}

# What must leave is read by when.
LEAVING = {"ship_by": Order((Sale.ship_by, Sale.id.label("sale_id")))} | ORDERS


# What a rule holds, by its own index: those are few of very many.
HELD_ORDERS = ORDERS | {"when": Order((PackingSlip.sale_id,), down=True)}


# What left on some days, by when it did.
SHIPPED_ORDERS = {
    "when": Order((PackingSlip.shipped_at, PackingSlip.id), down=True),
    "expected": ORDERS["expected"],
}


def shipped_in(asked: Asked) -> Period:
    """Raises WrongFilter."""
    return Period.asked(asked, "shipped_")


def _rows(asked: Asked) -> Select[Any]:
    status, due = query_choice("status", SlipStatus, asked), query_choice("due", Due, asked)
    found = packing_slips(status, asked.get("q", ""), due)
    period = shipped_in(asked)
    if period.begins:
        found = found.where(PackingSlip.shipped_at >= period.begins)
    if period.ends:
        found = found.where(PackingSlip.shipped_at < period.ends)
    return found


def _orders(asked: Asked) -> Orders:
    if asked.get("due"):
        return LEAVING
    if asked.get("status") == SlipStatus.HELD:
        return HELD_ORDERS
    period = shipped_in(asked)
    return SHIPPED_ORDERS if period.since or period.until else ORDERS


def _field(label: Any, name: str) -> Cell:
    return Cell(label, lambda slip: getattr(slip, name))


def _of_sale(label: Any, name: str) -> Cell:
    return Cell(label, lambda slip: getattr(slip.sale, name))


SLIPS = Listing(
    name="packing-slips",
    label=_l("Packing slips"),
    endpoint="parcels.index",
    rows=_rows,
    orders=_orders,
    named=named_sales,
    cells=(
        _of_sale(_l("Order"), "reference"),
        _of_sale(_l("Customer"), "customer_name"),
        Cell(_l("Status"), lambda slip: str(slip.status.label)),
        Cell(
            _l("Items"),
            lambda slip: ", ".join(f"{item['quantity']} × {item['sku']}" for item in slip.items),
        ),
        _field(_l("Weight (g)"), "weight_g"),
        _field(_l("Parcels"), "volumes"),
        _of_sale(_l("Postal code (CEP)"), "zip_code"),
        _of_sale(_l("City"), "city"),
        _of_sale(_l("State"), "state"),
        _field(_l("Ship by"), "ship_by"),
        _field(_l("Expected delivery"), "expected_delivery"),
        _of_sale(_l("Carrier"), "carrier"),
        _of_sale(_l("Tracking code"), "tracking_code"),
        _field(_l("Packed"), "packed_at"),
        _field(_l("Shipped"), "shipped_at"),
        _field(_l("Delivered"), "delivered_at"),
        _field(_l("Notes"), "notes"),
    ),
    filters=("q", "status", "due", "shipped_since", "shipped_until"),
)
