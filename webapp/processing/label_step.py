"""Labels are bought: put, paid and printed, each in a turn of its own, so that what dies in between
is looked up again and never paid twice."""

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from webapp.fulfilment.labels.choosing import label_provider
from webapp.fulfilment.labels.composition import order_of
from webapp.fulfilment.labels.models import Label, LabelStatus
from webapp.fulfilment.labels.provider import LabelProvider, Put, SellerAway, SellerRefused
from webapp.fulfilment.labels.words import CALLED_OFF
from webapp.fulfilment.parcels.models import PackingSlip, SlipStatus
from webapp.invoices.models import InvoiceStatus
from webapp.invoices.queries import invoices_of
from webapp.platform.database import db
from webapp.platform.notices import tell_pages
from webapp.platform.transactions import only_reading
from webapp.processing.claims import Step, backoff, was_tried_before
from webapp.processing.shipping import take_code
from webapp.sales.models import Sale
from webapp.store.queries import the_shop

# How long a failing provider is left alone at the most.
LONGEST = dt.timedelta(minutes=5)


class Made(NamedTuple):
    file: bytes
    code: str


# What it is there after the first turn, True after the second, the label after the third; None
# where its order was called off before it was paid.
Outcome = Put | bool | Made | SellerAway | SellerRefused | None
Outcomes = dict[int, Outcome]


def lock_sales_of(label_ids: Sequence[int]) -> None:
    slips = select(PackingSlip.sale_id).join(Label, Label.slip_id == PackingSlip.id)
    sales = select(Sale.id).where(Sale.id.in_(slips.where(Label.id.in_(label_ids))))
    db.session.execute(sales.order_by(Sale.id).with_for_update())


def wait_for_provider(row: Label, now: dt.datetime, away: SellerAway) -> None:
    wait = backoff(1) if str(away) == "making" else dt.timedelta(seconds=2 ** min(row.tries, 9))
    row.try_later(now + min(wait, LONGEST), str(away))


class LabelStep(Step[Label, Outcomes, Outcomes]):
    model = Label
    status = LabelStatus.WANTED
    # Each may take as long as a provider that does not answer.
    batch = 5
    lease_seconds = 180
    external_load = (
        joinedload(Label.slip).joinedload(PackingSlip.sale).selectinload(Sale.lines),
        joinedload(Label.slip).selectinload(PackingSlip.parcel_rows),
    )
    write_load = (
        joinedload(Label.slip).joinedload(PackingSlip.sale),
        joinedload(Label.slip).selectinload(PackingSlip.parcel_rows),
    )

    def lock_before(self, ids: Sequence[int]) -> None:
        lock_sales_of(ids)

    def call_external(self, rows: list[Label]) -> Outcomes:
        with only_reading():
            provider, shop = label_provider(), the_shop()
            invoices = invoices_of([row.slip.sale_id for row in rows])
            keys = {
                sale_id: invoice.access_key or ""
                for sale_id, invoice in invoices.items()
                if invoice.status is InvoiceStatus.AUTHORIZED
            }
            orders = {row.id: order_of(row, keys.get(row.slip.sale_id, ""), shop) for row in rows}
            db.session.rollback()
        if provider is None:
            return dict.fromkeys(orders, SellerAway("off"))
        return {row.id: _turn(provider, row, orders[row.id]) for row in rows}

    def write_row(self, row: Label, shared: Outcomes, now: dt.datetime) -> None:
        outcome = shared[row.id]
        if isinstance(outcome, SellerAway):
            wait_for_provider(row, now, outcome)
            return
        if outcome is None:
            row.refuse("", CALLED_OFF)
        elif isinstance(outcome, SellerRefused):
            row.refuse(str(outcome))
        elif isinstance(outcome, Put):
            row.put(outcome.provider_id, outcome.price, now)
        elif isinstance(outcome, Made):
            row.take_file(outcome.file, outcome.code, now)
            take_code(row.slip, row.code, "", now)
        else:
            row.buy(now)
        tell_pages(db.session, row.slip.sale)

    def give_up(self, row: Label, error: str) -> None:
        row.refuse("", error)


def _turn(provider: LabelProvider, row: Label, order: dict[str, object]) -> Outcome:
    if not row.is_paid and row.slip.status is SlipStatus.CANCELLED:
        return None
    try:
        if not row.provider_id:
            known = provider.find(row.reference) if was_tried_before(row) else None
            return known or provider.put(order)
        if not row.is_paid:
            provider.buy(row.provider_id)
            return True
        file = provider.make(row.provider_id)
        standing = provider.standings([row.provider_id]).get(row.provider_id)
        return Made(file, standing.code if standing else "")
    except (SellerAway, SellerRefused) as answer:
        return answer
