"""Packing slips for tests of their way out of the house."""

from tests.factories import make_product, make_sale, open_shop, work_off
from tests.support.processed_sales import PLACE
from webapp.fulfilment.parcels.models import PackingSlip
from webapp.platform.database import db
from webapp.sales.models import Sale, Shipping


def slip_of(sale_id: int) -> PackingSlip:
    return db.session.scalars(db.select(PackingSlip).where(PackingSlip.sale_id == sale_id)).one()


def slips(*references: str) -> list[PackingSlip]:
    """One for each reference, its NF-e authorized, to be packed."""
    open_shop()
    sku = make_product(stock=500).sku
    ids = [make_sale(sku=sku, address=PLACE, reference=reference).id for reference in references]
    work_off()
    return [slip_of(sale_id) for sale_id in ids]


def awaiting(reference: str = "") -> PackingSlip:
    """A slip whose NF-e was refused by our checks: its product has no NCM."""
    sale_id = make_sale(sku=make_product(ncm="").sku, address=PLACE, reference=reference).id
    work_off()
    return slip_of(sale_id)


def shipping_of(slip: PackingSlip) -> Shipping:
    return db.session.get_one(Sale, slip.sale_id).shipping


def shipped(
    slip: PackingSlip, carrier: str = "Correios", tracking_code: str = "AA123456785BR"
) -> PackingSlip:
    slip.ship(carrier, tracking_code, slip.created_at)
    db.session.commit()
    return slip
