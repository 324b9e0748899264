"""Bulk acts are asked for: the orders are chosen once, whatever becomes of the list later."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import get_locale, ngettext
from flask_babel import gettext as _
from sqlalchemy import Select, func, insert, literal, select

from webapp.bulk.models import MOST_ORDERS, BulkAct, BulkOutcome, BulkRow
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.errors import Refusal
from webapp.sales.models import Sale

AT_ONCE = 1000


def begin_for_all(
    chosen: Select[Any], order: Sequence[Any], act: str, params: Mapping[str, Any], actor: str
) -> BulkAct:
    """For the orders that `chosen` finds now, in this order. Raises Refusal where it finds none, or
    too many."""
    begun = _begun(act, params, actor)
    place = func.row_number().over(order_by=list(order)).label("place")
    first = chosen.with_only_columns(Sale.id.label("id"), place).limit(MOST_ORDERS + 1).subquery()
    waiting = literal(str(BulkOutcome.WAITING))
    rows = select(literal(begun.id), first.c.place, first.c.id, literal(""), waiting, literal(""))
    columns = ("act_id", "place", "sale_id", "told", "outcome", "words")
    db.session.execute(insert(BulkRow).from_select(columns, rows))
    # PostgreSQL does not tell how many an INSERT from a SELECT took.
    count = select(func.count()).select_from(BulkRow).where(BulkRow.act_id == begun.id)
    return _owe(begun, db.session.scalar(count) or 0)


def begin_for_each(
    told: Mapping[int, str], act: str, params: Mapping[str, Any], actor: str
) -> BulkAct:
    """For orders by their id, in this order, each with what is said of it alone. Raises Refusal."""
    begun = _begun(act, params, actor)
    rows = [
        {"act_id": begun.id, "place": place, "sale_id": sale_id, "told": words}
        | {"outcome": BulkOutcome.WAITING, "words": ""}
        for place, (sale_id, words) in enumerate(told.items(), 1)
    ]
    for at in range(0, len(rows), AT_ONCE):
        db.session.execute(insert(BulkRow), rows[at : at + AT_ONCE])
    return _owe(begun, len(rows))


def _begun(act: str, params: Mapping[str, Any], actor: str) -> BulkAct:
    locale = str(get_locale() or "pt_BR")
    begun = BulkAct(act=act, params=dict(params), asked_by=actor, locale=locale)
    db.session.add(begun)
    db.session.flush()
    return begun


def _owe(begun: BulkAct, orders: int) -> BulkAct:
    if not orders:
        raise Refusal(_("No order fits; there is nothing to do."))
    if orders > MOST_ORDERS:
        raise Refusal(
            ngettext(
                "At most %(num)s order at once; narrow the list.",
                "At most %(num)s orders at once; narrow the list.",
                MOST_ORDERS,
            )
        )
    begun.total = begun.upto = orders
    begun.owe(utc_now())
    return begun
