"""Parcels are asked for at who sold their labels: what was handed over is shipped by itself, what
arrived is delivered."""

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from webapp.fulfilment.labels.choosing import label_provider
from webapp.fulfilment.labels.models import FOLLOWED_EACH, Label, LabelStatus, TrackingKind
from webapp.fulfilment.labels.provider import ParcelStanding, SellerAway, SellerRefused
from webapp.fulfilment.labels.queries import COUNTING
from webapp.fulfilment.labels.wanting import LEAVES
from webapp.fulfilment.parcels.models import PackingSlip, ParcelCode
from webapp.platform.database import db
from webapp.platform.notices import tell_pages
from webapp.platform.transactions import only_reading
from webapp.processing.claims import Step
from webapp.processing.label_step import lock_sales_of, wait_for_provider
from webapp.processing.shipping import ship, take_code
from webapp.sales.models import Shipping

Told = dict[str, ParcelStanding] | SellerAway


class TrackingStep(Step[Label, Told, Told]):
    model = Label
    status = LabelStatus.READY
    batch = 50
    lease_seconds = 60
    most_alone = None
    write_load = (
        joinedload(Label.slip).joinedload(PackingSlip.sale),
        joinedload(Label.slip).selectinload(PackingSlip.parcel_rows),
        selectinload(Label.events),
    )

    def tries_left(self, row: Label) -> int:
        """Never used up: there are always another two hours."""
        return 1

    def lock_before(self, ids: Sequence[int]) -> None:
        lock_sales_of(ids)

    def call_external(self, rows: list[Label]) -> Told:
        with only_reading():
            provider = label_provider()
            db.session.rollback()
        if provider is None:
            return SellerAway("off")
        try:
            return provider.standings([row.provider_id for row in rows])
        except SellerAway as away:
            return away
        except SellerRefused:
            return SellerAway("garbage")

    def write_row(self, row: Label, shared: Told, now: dt.datetime) -> None:
        if isinstance(shared, SellerAway):
            wait_for_provider(row, now, shared)
            return
        row.follow(now + FOLLOWED_EACH)
        standing = shared.get(row.provider_id)
        if standing is None:
            return
        known = len(row.events)
        for kind, at in standing.events.items():
            row.hear(kind, at)
        _take_code(row, standing.code, now)
        _move(row, standing, now)
        if len(row.events) != known:
            tell_pages(db.session, row.slip.sale)


def _take_code(row: Label, code: str, now: dt.datetime) -> None:
    """The carrier's own comes later than the provider's."""
    before = row.tracking_code
    if code and code != before:
        row.tracking_code = code
        take_code(row.slip, row.code, before, now)


def _move(row: Label, standing: ParcelStanding, now: dt.datetime) -> None:
    slip = row.slip
    is_out = TrackingKind.POSTED in standing.events or TrackingKind.DELIVERED in standing.events
    if is_out and slip.status in LEAVES:
        known = next((each.carrier for each in slip.codes()), "")
        ship(slip, known or row.carrier or row.service_name, "", now)
    if standing.is_cancelled:
        row.cancel()
        slip.track(ParcelCode(row.number, "", ""), row.tracking_code)
    elif TrackingKind.DELIVERED in standing.events:
        row.deliver()
        if slip.sale.shipping is Shipping.SHIPPED and not _others_under_way(row):
            slip.deliver(now)


def _others_under_way(row: Label) -> bool:
    """Whether other parcels of the slip have not arrived yet."""
    others = select(Label.id).where(
        Label.slip_id == row.slip_id,
        Label.id != row.id,
        Label.status.in_(COUNTING),
        Label.status != LabelStatus.DELIVERED,
    )
    return db.session.scalar(others.limit(1)) is not None
