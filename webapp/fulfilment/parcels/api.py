"""JSON calls of packing slips."""

import datetime as dt

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.fulfilment.parcels import queries
from webapp.fulfilment.parcels.forms import ScanIn, ShipmentIn
from webapp.fulfilment.parcels.models import PackingSlip, by_sku, to_pick
from webapp.fulfilment.parcels.scanning import Scan, scan_item
from webapp.fulfilment.parcels.shapes import PackingSlipOut, ScanOut
from webapp.platform.cep import format_cep
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.errors import NotFound, Refusal
from webapp.processing.shipping import ship
from webapp.sale_pages.api import sale_answer
from webapp.sale_pages.shapes import SaleOut
from webapp.sales.queries import NO_SALE, sale_of
from webapp.staff.access import told_document
from webapp.store.queries import the_shop
from webapp.web.api import api_blueprint, endpoint, identity_scope

bp = api_blueprint("parcels")


@endpoint(
    bp,
    "GET",
    "/sales/<id:sale_id>/packing-slip",
    "clerk",
    "accountant",
    answer=PackingSlipOut,
    refusals={404: _l("There is no such order, or it has no packing slip.")},
    summary=_l(
        "The packing slip, once the rules have made one; `released` is false while the "
        "sale is held."
    ),
)
def get_packing_slip(sale_id: int) -> dict[str, object]:
    sale = sale_of(sale_id)
    slip = queries.slip_of_sale(sale.id)
    if slip is None:
        raise NotFound(_("This order has no packing slip."))
    return _slip(slip)


def _slip(slip: PackingSlip) -> dict[str, object]:
    sale = slip.sale
    return {
        "sale_id": sale.id,
        "reference": sale.reference,
        "released": slip.released_at is not None,
        "status": slip.status,
        "parcel": slip.parcel.id,
        "sender": _sender(),
        "recipient": {
            "name": sale.customer_name,
            "document": told_document(sale.customer_document),
            "phone": sale.customer_phone,
            "address": sale.address_parts,
        },
        "items": [item | {"parts": to_pick(item)} for item in slip.items],
        "weight_g": slip.weight_g,
        "volumes": slip.volumes,
        "carrier": sale.carrier,
        "tracking_code": sale.tracking_code,
        "ship_by": _moment(slip.ship_by),
        "expected_delivery": slip.expected_delivery.isoformat(),
        "payment": {
            "method": sale.payment_method,
            "total": str(sale.total),
            "paid_at": _moment(sale.paid_at),
        },
        "notes": slip.notes,
        "royalty_copy": slip.royalty_copy,
        "packed_at": _moment(slip.packed_at),
        "shipped_at": _moment(slip.shipped_at),
        "delivered_at": _moment(slip.delivered_at),
    }


def _sender() -> dict[str, object]:
    shop = the_shop()
    parts = ("street", "number", "complement", "neighborhood", "city", "state")
    address = {part: getattr(shop, part) for part in parts}
    return {
        "name": shop.trade_name,
        "document": shop.cnpj,
        "phone": shop.phone,
        "address": address | {"zip_code": format_cep(shop.zip_code)},
    }


def _moment(moment: dt.datetime | None) -> str | None:
    return moment.isoformat() if moment else None


@endpoint(
    bp,
    "POST",
    "/sales/<id:sale_id>/shipment",
    "clerk",
    body=ShipmentIn,
    answer=SaleOut,
    refusals={
        404: NO_SALE,
        409: _l("Its NF-e is not authorized yet, or it was shipped otherwise already."),
    },
    summary=_l(
        "Marks a sale as shipped. The same again changes nothing; a tracking code that "
        "was left out may follow."
    ),
)
def ship_sale(wanted: ShipmentIn, sale_id: int) -> dict[str, object]:
    sale = sale_of(sale_id)
    slip = queries.slip_of_sale(sale_id, lock=True)
    if slip is None:
        raise Refusal(_("This order has no packing slip."))
    ship(slip, wanted.carrier, wanted.tracking_code, utc_now())
    # The answer bears the sale's new version.
    db.session.flush()
    return sale_answer(sale)


@endpoint(
    bp,
    "POST",
    "/parcels/<id:parcel_id>/scans",
    "clerk",
    body=ScanIn,
    answer=ScanOut,
    refusals={404: _l("There is no such parcel.")},
    summary=_l(
        "Puts one of an order's goods into a parcel by its SKU, GTIN or ISBN. What does not fit is "
        "refused in words and changes nothing; the last of the order closes the parcel."
    ),
)
def scan(wanted: ScanIn, parcel_id: int) -> dict[str, object]:
    parcel = queries.parcel_by_id(parcel_id, lock=True)
    answer = scan_item(parcel, Scan(wanted.code, identity_scope(), wanted.key))
    left = by_sku(parcel.slip.missing())
    return {
        "ok": answer.ok,
        "message": answer.message,
        "left": [{"sku": sku, "quantity": many} for sku, many in left.items()],
        "closed": parcel.closed_at is not None,
    }
