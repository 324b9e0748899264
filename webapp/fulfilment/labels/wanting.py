"""A label is asked for: from here on it is bought in the background, once."""

import datetime as dt
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError

from webapp.fulfilment.labels.forms import LabelIn
from webapp.fulfilment.labels.models import Label
from webapp.fulfilment.labels.queries import numbers_without
from webapp.fulfilment.parcels.models import PackingSlip, SlipStatus
from webapp.platform.database import db
from webapp.platform.errors import Refusal
from webapp.platform.money import ZERO
from webapp.store.models import MELHOR_ENVIO, Partner
from webapp.store.queries import the_shop

# Of a slip that a label may be bought for: what may leave and has not.
LEAVES = (SlipStatus.TO_PACK, SlipStatus.PACKED)


def want_label(slip: PackingSlip, wanted: LabelIn, actor: str, now: dt.datetime) -> Label:
    """The caller holds the sale's lock. Raises Refusal."""
    refuse_unless_leaves(slip)
    if wanted.number > slip.volumes:
        raise Refusal(_("The slip has fewer parcels: mend their number first."), "number")
    return _want(slip, wanted.model_dump(), actor, now)


def _want(slip: PackingSlip, facts: dict[str, Any], actor: str, now: dt.datetime) -> Label:
    label = Label(slip=slip, provider=MELHOR_ENVIO, asked_by=actor, **facts)
    label.begin(now)
    db.session.add(label)
    try:
        db.session.flush()
    except IntegrityError:
        raise Refusal(_("This parcel has a label already."), "number") from None
    return label


def want_labels(slip: PackingSlip, carrier: Partner, actor: str, now: dt.datetime) -> bool:
    """One for each parcel that has none, of the carrier's own service, in the shop's usual box;
    whether any was left. Raises Refusal."""
    refuse_unless_leaves(slip)
    shop, numbers = the_shop(), numbers_without(slip)
    facts = {
        "height_cm": shop.box_height_cm,
        "width_cm": shop.box_width_cm,
        "length_cm": shop.box_length_cm,
        "service": carrier.label_service,
        "service_name": "",
        "carrier": carrier.name,
        # Told when it is put.
        "price": ZERO,
    }
    for number in numbers:
        own = {"number": number, "weight_g": slip.weight_of_volume(number)}
        _want(slip, facts | own, actor, now)
    return bool(numbers)


def refuse_unless_leaves(slip: PackingSlip) -> None:
    if slip.status not in LEAVES:
        raise Refusal(
            _(
                "A label is bought for what may leave; this slip is in the state “%(state)s”.",
                state=slip.status.label,
            )
        )
    if slip.sale.country != "BR":
        raise Refusal(_("Melhor Envio carries inside Brazil alone."))
