"""Where a row stands in a list, and what stands beside it."""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    ScalarSelect,
    Select,
    cast,
    func,
    null,
    select,
    union_all,
)

from webapp.http.cursors import cursor_of, decode_cursor
from webapp.http.lists import COUNT_LIMIT, Ordered, bounded, in_order
from webapp.platform.database import db


class Neighbour(NamedTuple):
    """A row of a list: its cursor, and its id."""

    cursor: str
    row_id: int


class Place(NamedTuple):
    """Where a row stands in a list: behind `ahead` of `rows`, itself among them while it
    `is_in`, as `bounded` counts. `left_behind`: the first row of the list that was not met, where
    there is none behind."""

    ahead: int
    rows: int
    is_in: bool
    before: Neighbour | None
    after: Neighbour | None
    left_behind: Neighbour | None


def first_in(ordered: Ordered) -> Neighbour | None:
    first = ordered.page(None, None, limit=1).items
    return next((_neighbour(row, ordered.keys) for row in first), None)


def place_in(ordered: Ordered, cursor: str, met: Collection[int] = ()) -> Place:
    """The place that `cursor` names, in one statement, whether its row is still there or not; rows
    that were `met` stand behind nobody, and of COUNT_LIMIT of them there may be more. Raises
    Invalid."""
    keys, row_id = ordered.keys, ordered.keys[-1]
    values, rows = decode_cursor(cursor, keys), ordered.every.with_only_columns(*keys)
    ahead, behind = (ordered.beside(values, back) for back in (True, False))
    unmet = row_id.not_in(met)
    from_first = ahead[::-1] if 0 < len(met) < COUNT_LIMIT else []
    place = select(
        bounded(_together(ahead, keys)).label("ahead"),
        bounded(rows).label("rows"),
        bounded(rows.where(row_id == values[-1])).label("is_in"),
        _first_id(ahead, keys, not ordered.down).label("before"),
        _first_id([rows.where(unmet) for rows in behind], keys, ordered.down).label("after"),
        _first_id([rows.where(unmet) for rows in from_first], keys, ordered.down).label("left"),
    ).subquery()
    is_beside = row_id.in_([place.c.before, place.c.after, place.c.left])
    query = select(*place.c, *keys).outerjoin_from(place, row_id.class_, is_beside)
    found = db.session.execute(query).all()
    at, beside = found[0], {row[-1]: _neighbour(row, keys) for row in found if row[-1] is not None}
    return Place(
        *(at.ahead, at.rows, bool(at.is_in), beside.get(at.before), beside.get(at.after)),
        left_behind=None if at.after else beside.get(at.left),
    )


def _neighbour(row: Any, keys: tuple) -> Neighbour:
    return Neighbour(cursor_of(row, keys), getattr(row, keys[-1].key))


def _together(stretches: Sequence[Select], keys: tuple) -> Select | CompoundSelect:
    parts = [rows.with_only_columns(*keys) for rows in stretches]
    return union_all(*parts) if len(parts) > 1 else parts[0]


def _first_id(stretches: Sequence[Select], keys: tuple, down: bool) -> ColumnElement[int | None]:
    """That of the first row; a stretch is asked where those before have none."""
    firsts: list[ScalarSelect] = [
        in_order(rows.with_only_columns(keys[-1]), keys, down).limit(1).scalar_subquery()
        for rows in stretches
    ]
    none = cast(null(), keys[-1].type)
    return func.coalesce(*firsts, none) if firsts else none
