"""A parcel is handed to its carrier, who may download its NF-e from then on; the customer is told
its tracking code."""

import datetime as dt

from webapp.fulfilment.parcels.models import PackingSlip, ParcelCode
from webapp.invoices.queries import invoice_of
from webapp.messages.models import Message
from webapp.messages.queries import compose, latest_message
from webapp.messages.words import SHIPPED
from webapp.processing.note_events import carrier_facts, let_carrier_download
from webapp.processing.triggers import note_shipped
from webapp.sales.models import Shipping, Status
from webapp.store.partners.queries import tracking_url


def ship(slip: PackingSlip, carrier: str, tracking_code: str, now: dt.datetime) -> bool:
    """Whether it changed anything. The caller holds the sale's lock. Raises Refusal."""
    changed = slip.ship(carrier, tracking_code, now)
    if changed:
        note_shipped(slip.sale)
    _tell_carrier(slip)
    tell_customer(slip, now)
    return changed


def correct_shipment(slip: PackingSlip, carrier: str, tracking_code: str, now: dt.datetime) -> None:
    """Another carrier has it than was said, or another code. Raises Refusal."""
    slip.correct_shipment(carrier, tracking_code)
    _tell_carrier(slip)
    tell_customer(slip, now)


def tell_customer(slip: PackingSlip, now: dt.datetime) -> None:
    """All codes of the order, once, never before there is one, and again when they are others. What
    did not go out yet with former ones never does. The caller holds the sale's lock."""
    sale, codes = slip.sale, slip.codes()
    if not (codes and sale.customer_email and sale.shipping is Shipping.SHIPPED):
        return
    last = latest_message(sale.id, SHIPPED)
    if last and _codes_told(last) == {each.code for each in codes}:
        return
    if last:
        last.cancel()
    first, *others = (_code_facts(each) for each in codes)
    facts = {**first, "others": others, "corrected": last is not None}
    compose(sale, SHIPPED, facts, now)


def _codes_told(message: Message) -> set[str]:
    params = message.params
    return {each["tracking_code"] for each in (params, *params.get("others", ()))}


def _code_facts(told: ParcelCode) -> dict[str, object]:
    return {
        "tracking_code": told.code,
        "carrier": told.carrier,
        "tracking_url": tracking_url(told.carrier, told.code),
    }


def take_code(slip: PackingSlip, told: ParcelCode, before: str, now: dt.datetime) -> None:
    """A volume has its own code, or another than `before`; who was told the former is told it. The
    caller holds the sale's lock."""
    sale = slip.sale
    if not told.code or not slip.track(told, before):
        return
    if not slip.has_left or sale.status is Status.CANCELLED:
        return
    if sale.tracking_code in ("", before):
        correct_shipment(slip, sale.carrier, told.code, now)
    else:
        tell_customer(slip, now)


def _tell_carrier(slip: PackingSlip) -> None:
    facts = carrier_facts(slip.sale)
    invoice = invoice_of(slip.sale_id) if facts else None
    if invoice:
        let_carrier_download(invoice, facts)
