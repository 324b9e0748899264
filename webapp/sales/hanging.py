"""What hangs off orders, of several kinds at once."""

from collections.abc import Collection
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Select, bindparam, literal, select, union_all

from webapp.platform.columns import written_out
from webapp.platform.database import db

# Models with a `sale_id`, and which of their rows; a constant of the module that asks.
HangingKinds = tuple[tuple[type[Any], Any], ...]


def rows_of_sales(kinds: HangingKinds, sale_ids: Collection[int]) -> dict[int, list[Any]]:
    """By the order's id, of each kind the oldest first, in one statement."""
    found: dict[int, list[Any]] = {}
    if sale_ids:
        asked = {"sale_ids": list(sale_ids)}
        for sale_id, _name, *rows in db.session.execute(_named_and_read(kinds), asked):
            found.setdefault(sale_id, []).extend(row for row in rows if row is not None)
    return found


@cache
def _named_and_read(kinds: HangingKinds) -> Select[Any]:
    """Each kind's few rows by their indexes, then each row by its id; built once."""
    of_these: BindParameter[Any] = bindparam("sale_ids", expanding=True)
    parts = [
        select(
            model.sale_id.label("sale_id"),
            literal(model.__name__).label("model"),
            model.id.label("id"),
        ).where(model.sale_id.in_(of_these), written_out(condition))
        for model, condition in kinds
    ]
    named = union_all(*parts).subquery()
    models = [model for model, _condition in kinds]
    query: Select[Any] = select(named.c.sale_id, named.c.model, *models).select_from(named)
    for model in models:
        is_it = (named.c.model == model.__name__) & (model.id == named.c.id)
        query = query.outerjoin(model, is_it)
    return query.order_by(named.c.sale_id, named.c.model, named.c.id)
