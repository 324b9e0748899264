"""Long reads, such as a month's files, page by page: whoever takes them may be slow, so no
transaction stays open between two pages, and no more than a page is in memory."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Engine, Row, Select, literal, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from webapp.platform.transactions import only_reading

ROWS_AT_ONCE = 1000


def read_apart(engine: Engine, query: Select[Any]) -> list[Row[Any]]:
    """In a transaction of its own."""
    with only_reading(), engine.connect() as connection:
        return list(connection.execute(query))


def pages_of(
    engine: Engine, query: Select[Any], keys: Sequence[InstrumentedAttribute[Any]]
) -> Iterator[list[Row[Any]]]:
    """All rows of `query`, in the order of `keys`, which are among its columns, the last one
    unique."""
    query = query.order_by(None).order_by(*keys).limit(ROWS_AT_ONCE)
    some = query
    while rows := read_apart(engine, some):
        yield rows
        edge = [literal(getattr(rows[-1], key.key), key.type) for key in keys]
        some = query.where(tuple_(*keys) > tuple_(*edge))
