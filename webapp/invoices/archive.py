"""A month's files, read page by page: whoever takes them may be slow, so no transaction stays open
between two pages, and no more than a page is in memory."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Engine, Row, Select

from webapp.invoices.queries import issued_after
from webapp.platform.transactions import only_reading

FILES_AT_ONCE = 1000


def read_apart(engine: Engine, query: Select[Any]) -> list[Row[Any]]:
    """In a transaction of its own."""
    with only_reading(), engine.connect() as connection:
        return list(connection.execute(query))


def pages_of_files(engine: Engine, files: Select[Any]) -> Iterator[list[Row[Any]]]:
    """The rows of `files_of`."""
    some = files.limit(FILES_AT_ONCE)
    while rows := read_apart(engine, some):
        yield rows
        some = files.where(issued_after(rows[-1].issued_at, rows[-1].id)).limit(FILES_AT_ONCE)
