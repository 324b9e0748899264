"""A parcel is handed to its carrier, who may download its NF-e from then on."""

import datetime as dt

from webapp.fulfilment.parcels.models import PackingSlip
from webapp.invoices.queries import invoice_of
from webapp.processing.note_events import carrier_facts, let_carrier_download
from webapp.processing.triggers import note_shipped


def ship(slip: PackingSlip, carrier: str, tracking_code: str, now: dt.datetime) -> bool:
    """Whether it changed anything. The caller holds the sale's lock. Raises Refusal."""
    changed = slip.ship(carrier, tracking_code, now)
    if changed:
        note_shipped(slip.sale)
    _tell_carrier(slip)
    return changed


def correct_shipment(slip: PackingSlip, carrier: str, tracking_code: str) -> None:
    """Another carrier has it than was said. Raises Refusal."""
    slip.correct_shipment(carrier, tracking_code)
    _tell_carrier(slip)


def _tell_carrier(slip: PackingSlip) -> None:
    facts = carrier_facts(slip.sale)
    invoice = invoice_of(slip.sale_id) if facts else None
    if invoice:
        let_carrier_download(invoice, facts)
