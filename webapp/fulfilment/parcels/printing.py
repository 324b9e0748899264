"""A packing slip as it is printed: with its NF-e, its bar codes and the royalty department's
copy."""

from collections.abc import Sequence
from dataclasses import dataclass

from webapp.fulfilment.parcels.barcode import BarCode, bar_code
from webapp.fulfilment.parcels.models import PackingSlip, to_pick
from webapp.fulfilment.royalties.models import RoyaltySlip
from webapp.fulfilment.royalties.queries import royalties_of
from webapp.invoices.models import Invoice, InvoiceStatus
from webapp.invoices.queries import invoices_of
from webapp.sales.models import Sale


@dataclass(frozen=True)
class PrintedSlip:
    """`invoice` is the authorized NF-e, None before; `royalties` is empty where the department gets
    no copy."""

    slip: PackingSlip
    invoice: Invoice | None
    royalties: list[RoyaltySlip]

    @property
    def sale(self) -> Sale:
        return self.slip.sale

    @property
    def gifts(self) -> set[int]:
        """The numbers of the lines that are gifts."""
        return {line.position for line in self.sale.lines if line.gift}

    def to_pick(self, item: dict) -> list[dict]:
        """The parts of an item that is a kit."""
        return to_pick(item)

    @property
    def reference_code(self) -> BarCode | None:
        return bar_code(self.sale.reference)

    @property
    def key_code(self) -> BarCode | None:
        key = self.invoice and self.invoice.access_key
        return bar_code(key) if key else None


def printed_slips(slips: Sequence[PackingSlip]) -> list[PrintedSlip]:
    """In a number of queries that does not grow with the slips."""
    invoices = invoices_of([slip.sale_id for slip in slips])
    royalties = royalties_of([slip.sale_id for slip in slips if slip.royalty_copy])

    return [
        PrintedSlip(slip, _authorized(invoices.get(slip.sale_id)), royalties.get(slip.sale_id, []))
        for slip in slips
    ]


def _authorized(invoice: Invoice | None) -> Invoice | None:
    return invoice if invoice and invoice.status is InvoiceStatus.AUTHORIZED else None
