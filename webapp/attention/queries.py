"""The queue: the first of every kind, each by its own index, merged into one order."""

import enum
import operator
from collections.abc import Callable, Collection, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select, true, union_all
from sqlalchemy.orm import joinedload, selectinload

from webapp.attention.items import QueueItem
from webapp.attention.kinds import KINDS, NO_AMOUNT, WaitingKind, kinds_open_to
from webapp.http.cursors import decode_cursor, encode_cursor
from webapp.http.lists import COUNT_LIMIT, bounded_counts
from webapp.payments.models import Finding
from webapp.platform.columns import Hundredths
from webapp.platform.database import db
from webapp.processing.wait_facts import open_charges_of, surroundings_of
from webapp.sales.models import Sale
from webapp.staff.models import Role

# What a cursor names, by the types of these columns.
BY_AGE, BY_AMOUNT = (Sale.waits_since, Sale.id, Sale.id), (Sale.total, Sale.id, Sale.id)


class QueueOrder(enum.StrEnum):
    """The longest waiting first, or the most money."""

    AGE = "age"
    AMOUNT = "amount"


class Queue(NamedTuple):
    items: list[QueueItem]
    next_cursor: str | None


Beyond = Callable[[Any, Any], ColumnElement[bool]]


def queue(
    kinds: Sequence[WaitingKind] = KINDS,
    order: QueueOrder = QueueOrder.AGE,
    cursor: str | None = None,
    limit: int = 50,
) -> Queue:
    """One page of the queue, of these kinds. Raises Invalid for a cursor that is none."""
    if not kinds:
        return Queue([], None)
    by_age = order is QueueOrder.AGE
    place = decode_cursor(cursor, BY_AGE if by_age else BY_AMOUNT) if cursor else None
    rows = db.session.execute(_merged(kinds, place, by_age, limit + 1)).all()
    more, rows = len(rows) > limit, rows[:limit]
    last = rows[-1] if rows else None
    edge = last and [last.since if by_age else last.amount, last.rank, last.id]
    return Queue(_items(rows), encode_cursor(edge) if edge and more else None)


def _merged(kinds: Sequence[WaitingKind], place: Any, by_age: bool, most: int) -> Select[Any]:
    parts = []
    for kind in kinds:
        rank = KINDS.index(kind)
        rows = _of_kind(kind, rank, place, by_age, most).subquery().c
        parts.append(select(literal(rank).label("rank"), *rows))
    every = union_all(*parts).subquery().c
    amount = func.coalesce(every.amount, Sale.total, type_=Hundredths()).label("amount")
    found = select(every.rank, every.id, every.sale_id, every.since, amount).outerjoin(
        Sale, Sale.id == every.sale_id
    )
    if by_age:
        return found.order_by(every.since, every.rank, every.id).limit(most)
    if place:
        edge, rank, row_id = place
        same = and_(amount == edge, or_(every.rank > rank, _after(every, rank, row_id)))
        found = found.where(or_(amount < edge, same))
    return found.order_by(amount.desc(), every.rank, every.id).limit(most)


def _of_kind(kind: WaitingKind, rank: int, place: Any, by_age: bool, most: int) -> Select[Any]:
    if by_age:
        return kind.rows(most, _beyond(rank, place, operator.gt) if place else _anywhere)
    return kind.dearest(most, _beyond(rank, place, operator.lt) if place else _anywhere)


def _after(every: Any, rank: int, row_id: int) -> ColumnElement[bool]:
    return and_(every.rank == rank, every.id > row_id)


def _anywhere(_since: Any, _row_id: Any) -> ColumnElement[bool]:
    return true()


def _beyond(rank: int, place: Sequence[Any], further: Callable[[Any, Any], Any]) -> Beyond:
    """Of a kind that stands at `rank` among them: its rows behind a place of the whole queue, as
    later moments are `further`, or smaller amounts."""
    edge, at_rank, at_id = place
    if rank < at_rank:
        return lambda column, _row_id: further(column, edge)
    if rank > at_rank:
        return lambda column, _row_id: or_(further(column, edge), column == edge)
    return lambda column, row_id: or_(further(column, edge), and_(column == edge, row_id > at_id))


def item_of(kind: WaitingKind, row_id: int) -> QueueItem | None:
    """One of the kind that waits still, its order locked; None where somebody has dealt with
    it."""
    if kind.is_one:
        return None
    model = kind.model
    sale_id = model.id if model is Sale else model.sale_id
    found = db.session.scalar(select(sale_id).where(model.id == row_id))
    if found is not None:
        db.session.execute(select(Sale.id).where(Sale.id == found).with_for_update())
    waits = select(
        literal(KINDS.index(kind)).label("rank"),
        model.id,
        sale_id.label("sale_id"),
        kind.since.label("since"),
        NO_AMOUNT.label("amount"),
    ).where(kind.condition(), model.id == row_id)
    return next(iter(_items(db.session.execute(waits).all())), None)


def counts(kinds: Sequence[WaitingKind] = KINDS) -> dict[str, int]:
    """How many of each kind wait, by its name, exact up to a thousand."""
    found = bounded_counts([kind.ids() for kind in kinds])
    return {
        kind.name: min(count, 1) if kind.is_one else count
        for kind, count in zip(kinds, found, strict=True)
    }


def waiting_ids() -> Select[int]:
    """All that waits and everybody is told of, to be counted; money is counted by its own page."""
    parts = (
        kind.ids().limit(1 if kind.is_one else COUNT_LIMIT + 1).subquery()
        for kind in kinds_open_to(Role.CLERK)
    )
    every = union_all(*(select(part.c.id) for part in parts)).subquery()
    return select(every.c.id)


# -- reading them ---------------------------------------------------------------------------------


def _items(rows: Sequence[Any]) -> list[QueueItem]:
    """With all that is told of them: one statement for each kind of row."""
    sales = _sales({row.sale_id for row in rows if row.sale_id})
    read = {
        model: _by_id(model, [row.id for row in rows if _model(row) is model])
        for model in {_model(row) for row in rows}
        if model not in (Sale, None)
    }
    found = [_about(row, sales, read) for row in rows]
    charges = open_charges_of(about for about in found if isinstance(about, Sale))
    surroundings = surroundings_of([*filter(None, found), *charges.values()])
    return [
        QueueItem(
            _kind(row).name,
            row.id,
            about,
            sales.get(row.sale_id),
            row.since,
            row.amount,
            surroundings,
            charges.get(about.id) if isinstance(about, Sale) else None,
        )
        for row, about in zip(rows, found, strict=True)
    ]


def _about(row: Any, sales: dict[int, Sale], read: dict[Any, dict[int, Any]]) -> Any:
    model = _model(row)
    if model is None:
        return None
    return sales[row.sale_id] if model is Sale else read[model][row.id]


def _model(row: Any) -> type[Any] | None:
    """Of the row that waits; None where all of a kind is one thing."""
    kind = _kind(row)
    return None if kind.is_one else kind.model


def _kind(row: Any) -> WaitingKind:
    return KINDS[row.rank]


def _sales(ids: Collection[int]) -> dict[int, Sale]:
    """With their lines and customers, which issues and warnings name."""
    if not ids:
        return {}
    query = select(Sale).where(Sale.id.in_(ids))
    query = query.options(selectinload(Sale.lines), joinedload(Sale.customer))
    return {sale.id: sale for sale in db.session.scalars(query)}


def _by_id(model: Any, ids: Collection[int]) -> dict[int, Any]:
    query = select(model).where(model.id.in_(ids))
    if model is Finding:
        query = query.options(joinedload(Finding.receipt))
    return {row.id: row for row in db.session.scalars(query)}
