"""What hangs off orders, of several kinds at once."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Select, literal, select, union_all

from webapp.platform.database import db

# Models with a `sale_id`, and which of their rows.
HangingKinds = Sequence[tuple[type[Any], Any]]


def rows_of_sales(kinds: HangingKinds, sale_ids: Collection[int]) -> dict[int, list[Any]]:
    """By the order's id, of each kind the oldest first, in one statement."""
    found: dict[int, list[Any]] = {}
    if sale_ids:
        for sale_id, _name, *rows in db.session.execute(_named_and_read(kinds, sale_ids)):
            found.setdefault(sale_id, []).extend(row for row in rows if row is not None)
    return found


def _named_and_read(kinds: HangingKinds, sale_ids: Collection[int]) -> Select[Any]:
    """Each kind's few rows by their indexes, then each row by its id."""
    parts = [
        select(
            model.sale_id.label("sale_id"),
            literal(model.__name__).label("model"),
            model.id.label("id"),
        ).where(model.sale_id.in_(sale_ids), condition)
        for model, condition in kinds
    ]
    named = union_all(*parts).subquery()
    models = [model for model, _condition in kinds]
    query: Select[Any] = select(named.c.sale_id, named.c.model, *models).select_from(named)
    for model in models:
        is_it = (named.c.model == model.__name__) & (model.id == named.c.id)
        query = query.outerjoin(model, is_it)
    return query.order_by(named.c.sale_id, named.c.model, named.c.id)
