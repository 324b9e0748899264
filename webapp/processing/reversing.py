"""A sale's effects are undone, as far as its units came back. Driven by what they have recorded,
never by today's rules; each undoing is an effect of its own, a twin that names the one it
`reverses`."""

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType

from sqlalchemy import func, select

from webapp.platform.database import db
from webapp.processing.effects import in_order, kind_of
from webapp.processing.effects.reversal import Reversal, refund_event
from webapp.rules.models import EffectStatus
from webapp.sales.models import Refund, Sale


def reverse(
    sale: Sale,
    event: str,
    now: dt.datetime,
    units: dict[int, int],
    here: Mapping[int, int] = MappingProxyType({}),
) -> Counter[int]:
    """`units` come back by line's position: what the lines' `refunded` count already or, cancelled,
    all that is left. `here`: those that have shipped and come back already. Returns the units with
    those of the gifts that come back with them."""
    reversal = Reversal(sale, event, now, units, here)
    # Gifts first, since slips and e-mails are about their lines too; then the last one done first.
    for effect in in_order(reversal.effects):
        if effect.is_unfinished and reversal.is_back(effect):
            reversal.drop(effect)
        elif effect.status is EffectStatus.DONE:
            kind_of(effect).undo(reversal, effect)
    return reversal.units


def catch_up(sale: Sale, now: dt.datetime) -> None:
    """An effect that came late is reversed as far as units were refunded before it."""
    if any(line.refunded for line in sale.lines):
        last = select(func.max(Refund.number)).where(Refund.sale_id == sale.id)
        reverse(sale, refund_event(db.session.scalars(last).one()), now, {})
