"""Packing slips for tests of their way out of the house."""

from collections.abc import Sequence

from tests.factories import make_product, make_sale, open_shop, work_off
from tests.support import worlds
from tests.support.processed_sales import PLACE
from webapp.fulfilment.parcels.models import PackingSlip, Parcel
from webapp.platform.database import db
from webapp.processing.effects.packing_slip import slip_item
from webapp.sales.models import Sale, Shipping


def slip_of(sale_id: int) -> PackingSlip:
    return db.session.scalars(db.select(PackingSlip).where(PackingSlip.sale_id == sale_id)).one()


def slips(*references: str) -> list[PackingSlip]:
    """One for each reference, its NF-e authorized, to be packed."""
    return [slip_of(sale_id) for sale_id in _sold(references)]


@worlds.scene
def _sold(references: Sequence[str]) -> tuple[int, ...]:
    open_shop()
    sku = make_product(stock=500).sku
    sales = [make_sale(sku=sku, address=PLACE, reference=reference) for reference in references]
    ids = tuple(sale.id for sale in sales)
    work_off()
    return ids


def awaiting(reference: str = "") -> PackingSlip:
    """A slip whose NF-e was refused by our checks: its product has no NCM."""
    return slip_of(_sold_without_ncm(reference))


@worlds.scene
def _sold_without_ncm(reference: str) -> int:
    sale_id = make_sale(sku=make_product(ncm="").sku, address=PLACE, reference=reference).id
    work_off()
    return sale_id


def shipping_of(slip: PackingSlip) -> Shipping:
    return db.session.get_one(Sale, slip.sale_id).shipping


def shipped(
    slip: PackingSlip, carrier: str = "Correios", tracking_code: str = "AA123456785BR"
) -> PackingSlip:
    slip.ship(carrier, tracking_code, slip.created_at)
    db.session.commit()
    return slip


def to_pack(*skus: str, reference: str = "", quantity: int = 1) -> PackingSlip:
    """A slip that may be packed, without the way on which the rules make it."""
    lines = [{"sku": sku, "quantity": quantity} for sku in skus]
    sale = make_sale(reference=reference, lines=lines)
    items = [slip_item(line) for line in sale.lines]
    slip = PackingSlip(
        sale=sale,
        items=items,
        weight_g=sum(item["weight_g"] for item in items),
        expected_delivery=sale.created_at.date(),
        released_at=sale.created_at,
        parcel_rows=[Parcel()],
    )
    sale.move_parcel(Shipping.TO_PACK)
    db.session.add(slip)
    db.session.commit()
    return slip


def kit_and_mugs(reference: str = "") -> PackingSlip:
    """A kit of a pen and two cups, 300 g, and two mugs of 350 g each, to be packed."""
    make_product(sku="PEN")
    make_product(sku="CUP")
    parts = [{"sku": "PEN", "quantity": 1}, {"sku": "CUP", "quantity": 2}]
    make_product(sku="KIT", ncm="73239300", stock=None, weight_g=300, parts=parts)
    make_product(sku="MUG", weight_g=350)
    return to_pack("KIT", "MUG", "MUG", reference=reference)
