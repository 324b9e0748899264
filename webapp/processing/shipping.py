"""A parcel is handed to its carrier, who may download its NF-e from then on; the customer is told
its tracking code."""

import datetime as dt

from webapp.fulfilment.parcels.models import PackingSlip
from webapp.invoices.queries import invoice_of
from webapp.messages.queries import compose, latest_message
from webapp.messages.words import SHIPPED
from webapp.processing.note_events import carrier_facts, let_carrier_download
from webapp.processing.triggers import note_shipped
from webapp.sales.models import Sale, Shipping
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
    """Once for each tracking code, and never before there is one. What of another code did not go
    out yet never does. The caller holds the sale's lock."""
    sale = slip.sale
    code = sale.tracking_code
    if not (code and sale.customer_email and sale.shipping is Shipping.SHIPPED):
        return
    last = latest_message(sale.id, SHIPPED)
    if last and last.params["tracking_code"] == code:
        return
    if last:
        last.cancel()
    compose(sale, SHIPPED, _shipment_facts(sale, corrected=last is not None), now)


def _shipment_facts(sale: Sale, corrected: bool) -> dict[str, object]:
    return {
        "tracking_code": sale.tracking_code,
        "carrier": sale.carrier,
        "tracking_url": tracking_url(sale.carrier, sale.tracking_code),
        "corrected": corrected,
    }


def _tell_carrier(slip: PackingSlip) -> None:
    facts = carrier_facts(slip.sale)
    invoice = invoice_of(slip.sale_id) if facts else None
    if invoice:
        let_carrier_download(invoice, facts)
