"""Which earlier row a reversal takes back: a commission's or royalty slip's negative twin."""

from collections.abc import Iterable

from sqlalchemy import select

from webapp.fulfilment.commissions.models import Commission
from webapp.fulfilment.royalties.models import RoyaltySlip
from webapp.platform.database import db


def months_reversed(
    model: type[Commission] | type[RoyaltySlip], rows: Iterable[Commission | RoyaltySlip]
) -> dict[int, str]:
    """For those of `rows` that are reversals, by their ids: the month of what they take back."""
    reversed_by = {row.effect.reverses: row.id for row in rows if row.effect.reverses}
    if not reversed_by:
        return {}
    found = db.session.execute(
        select(model.effect_id, model.month).where(model.effect_id.in_(reversed_by))
    )
    return {reversed_by[effect_id]: month for effect_id, month in found}
