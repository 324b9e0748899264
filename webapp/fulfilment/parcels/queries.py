"""Packing slips as lists and one by one."""

from collections.abc import Sequence

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, and_, select, true
from sqlalchemy.orm import contains_eager, selectinload

from webapp.fulfilment.parcels.models import (
    MAY_LEAVE,
    PackingSlip,
    Parcel,
    SlipStatus,
)
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.errors import NotFound
from webapp.sales.finding import found_sales
from webapp.sales.leaving import Due, is_due
from webapp.sales.models import GOODS_UNDER_WAY, IS_TO_SHIP, TO_SHIP, Sale, Shipping, Status

MOST_BEING_PACKED = 20
_HELD = select(PackingSlip.sale_id).where(PackingSlip.released_at.is_(None)).correlate(None)
_LINES = contains_eager(PackingSlip.sale).selectinload(Sale.lines)


def _slip_is(status: SlipStatus) -> ColumnElement[bool]:
    """`PackingSlip.status` as a condition on slips joined with their sales."""
    if status is SlipStatus.CANCELLED:
        return (Sale.status == Status.CANCELLED) | (Sale.shipping == Shipping.NONE)
    ships = Sale.shipping != Shipping.NONE
    if status is SlipStatus.HELD:
        return PackingSlip.released_at.is_(None) & (Sale.status != Status.CANCELLED) & ships
    if status is SlipStatus.AWAITING_NFE:
        # All that are held as one list: of most under way, which they are, no slip is read.
        return and_(Sale.id.not_in(_HELD), GOODS_UNDER_WAY)
    released = PackingSlip.released_at.is_not(None)
    return released & Sale.status.in_(MAY_LEAVE) & (Sale.shipping == Shipping(status))


def slip_ids(status: SlipStatus | None = None, due: Due | None = None) -> Select:
    """To be counted: by an index that is not in the order of a list."""
    query = _narrowed(select(PackingSlip.id).join(PackingSlip.sale), status, due)
    return query.where(IS_TO_SHIP) if status in (SlipStatus.TO_PACK, SlipStatus.PACKED) else query


def _narrowed(query: Select, status: SlipStatus | None, due: Due | None) -> Select:
    if status is not None:
        query = query.where(_slip_is(status))
    return query if due is None else query.where(is_due(due, utc_now()))


def packing_slips(status: SlipStatus | None = None, q: str = "", due: Due | None = None) -> Select:
    """Slips with their sales; `q` finds by order, customer or document."""
    query = select(PackingSlip).join(PackingSlip.sale).options(contains_eager(PackingSlip.sale))
    return _narrowed(query, status, due).where(found_sales(q) if q.strip() else true())


def slips_by_ids(ids: Sequence[int]) -> list[PackingSlip]:
    """With their sales and lines, in the order asked for; ids of none are passed over."""
    query = packing_slips().where(PackingSlip.id.in_(ids))
    found = {slip.id: slip for slip in db.session.scalars(query.options(_LINES))}
    return [found[slip_id] for slip_id in dict.fromkeys(ids) if slip_id in found]


def slips_of(sale_ids: Sequence[int]) -> dict[int, PackingSlip]:
    """By the sale's id, of sales that are at hand."""
    query = select(PackingSlip).where(PackingSlip.sale_id.in_(sale_ids))
    return {slip.sale_id: slip for slip in db.session.scalars(query)}


def packing_slip(slip_id: int) -> PackingSlip:
    """With its sale and lines. Raises NotFound."""
    found = slips_by_ids([slip_id])
    if not found:
        raise NotFound(_("There is no such packing slip."))
    return found[0]


def slip_to_change(slip_id: int) -> PackingSlip:
    """It and its sale, locked: of two people the second finds what the first left. Raises
    NotFound."""
    slip = db.session.scalar(_locked(packing_slips().where(PackingSlip.id == slip_id)))
    if slip is None:
        raise NotFound(_("There is no such packing slip."))
    return slip


def slips_to_change(slip_ids: Sequence[int]) -> dict[int, PackingSlip]:
    """Slips and their sales, locked in one order whoever asks, by slip's id."""
    query = _locked(packing_slips().where(PackingSlip.id.in_(slip_ids)))
    return {slip.id: slip for slip in db.session.scalars(query.order_by(PackingSlip.sale_id))}


def slips_of_sales(sale_ids: Sequence[int]) -> dict[int, PackingSlip]:
    """Slips and their sales, locked in one order whoever asks, by sale's id."""
    query = _locked(packing_slips().where(PackingSlip.sale_id.in_(sale_ids)))
    return {slip.sale_id: slip for slip in db.session.scalars(query.order_by(PackingSlip.sale_id))}


def slip_of_sale(sale_id: int, lock: bool = False) -> PackingSlip | None:
    query = packing_slips().where(PackingSlip.sale_id == sale_id)
    return db.session.scalar(_locked(query) if lock else query)


def parcel_by_id(parcel_id: int, lock: bool = False) -> Parcel:
    """With its slip, the slip's other parcels and the sale, locked by the sale's row if asked.
    Raises NotFound."""
    slip_id = select(Parcel.slip_id).where(Parcel.id == parcel_id).scalar_subquery()
    query = packing_slips().where(PackingSlip.id == slip_id)
    slip = db.session.scalar(_locked(query) if lock else query)
    if slip is None:
        raise NotFound(_("There is no such parcel."))
    return next(parcel for parcel in slip.parcel_rows if parcel.id == parcel_id)


def read_parcels(slips: Sequence[PackingSlip]) -> None:
    """Of all of them in one statement."""
    ids = [slip.id for slip in slips]
    query = select(PackingSlip).where(PackingSlip.id.in_(ids))
    db.session.scalars(query.options(selectinload(PackingSlip.parcel_rows))).all()


def parcels_being_packed() -> list[Parcel]:
    """Those begun last, with their slips and sales."""
    query = select(Parcel).join(Parcel.slip).join(PackingSlip.sale)
    query = query.options(
        contains_eager(Parcel.slip).contains_eager(PackingSlip.sale),
        contains_eager(Parcel.slip).selectinload(PackingSlip.parcel_rows),
    )
    query = query.where(Parcel.opened_at.is_not(None), Parcel.closed_at.is_(None))
    query = query.order_by(Parcel.opened_at.desc(), Parcel.id.desc())
    return list(db.session.scalars(query.limit(MOST_BEING_PACKED)))


def _locked(query: Select) -> Select:
    """By the sale's row, as everybody else who changes what a sale comes to; with the parcels."""
    query = query.options(selectinload(PackingSlip.parcel_rows))
    return query.with_for_update(of=Sale).execution_options(populate_existing=True)


def sales_to_ship() -> Select:
    """Ids of the sales whose goods may leave and have not left."""
    return select(Sale.id).where(TO_SHIP)
