"""Labels by slip and by id."""

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, select, type_coerce
from sqlalchemy.orm import joinedload, selectinload, undefer

from webapp.fulfilment.labels.models import Label, LabelStatus
from webapp.fulfilment.parcels.models import PackingSlip
from webapp.platform.columns import Hundredths
from webapp.platform.database import db
from webapp.platform.errors import NotFound
from webapp.sales.models import Sale

# That a parcel leaves with.
COUNTING = (LabelStatus.WANTED, LabelStatus.READY, LabelStatus.DELIVERED)
PRINTABLE = (LabelStatus.READY, LabelStatus.DELIVERED)
IS_PAID = Label.bought_at.is_not(None) & (Label.status != LabelStatus.CANCELLED)


def labels_of(slip_id: int) -> list[Label]:
    """The latest first, with what was told of each."""
    query = select(Label).where(Label.slip_id == slip_id).options(selectinload(Label.events))
    return list(db.session.scalars(query.order_by(Label.id.desc())))


def shipped_with(labels: Sequence[Label]) -> Label | None:
    """Of a slip's labels the bought one of its first parcel that has one: who carries it, and its
    code."""
    bought = [label for label in labels if label.status in PRINTABLE]
    return min(bought, key=lambda label: label.number, default=None)


def numbers_without(slip: PackingSlip) -> list[int]:
    """Of the slip's parcels those that have no label yet."""
    query = select(Label.number).where(Label.slip_id == slip.id, Label.status.in_(COUNTING))
    taken = set(db.session.scalars(query))
    return [number for number in range(1, slip.volumes + 1) if number not in taken]


def files_of(slip_ids: Sequence[int]) -> dict[int, dict[int, bytes]]:
    """Of each slip the bought labels by the number of the parcel."""
    found: dict[int, dict[int, bytes]] = {}
    query = select(Label.slip_id, Label.number, Label.file).where(
        Label.slip_id.in_(slip_ids), Label.status.in_(PRINTABLE)
    )
    for slip_id, number, file in db.session.execute(query.order_by(Label.number)):
        found.setdefault(slip_id, {})[number] = file or b""
    return found


def freight_paid() -> Any:
    """Of an order, `Sale` in the statement: what its labels cost that were paid and not cancelled;
    NULL where none was."""
    query = select(func.sum(Label.price)).join(Label.slip)
    query = query.where(PackingSlip.sale_id == Sale.id, IS_PAID)
    return type_coerce(query.correlate(Sale).scalar_subquery(), Hundredths)


def label_by_id(label_id: int) -> Label:
    """With its file. Raises NotFound."""
    query = select(Label).where(Label.id == label_id).options(undefer(Label.file))
    return _found(db.session.scalar(query))


def label_to_change(label_id: int) -> Label:
    """Locked, with its slip and sale. Raises NotFound."""
    slip = joinedload(Label.slip).joinedload(PackingSlip.sale)
    query = select(Label).where(Label.id == label_id).options(slip).with_for_update(of=Label)
    return _found(db.session.scalar(query.execution_options(populate_existing=True)))


def _found(label: Label | None) -> Label:
    if label is None:
        raise NotFound(_("There is no such label."))
    return label
