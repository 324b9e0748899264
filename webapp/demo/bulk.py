"""Rows written by the thousand, in the driver's own way: plain tuples past the unit of work, which
no audit and no open page is told of. For a database that nobody works in yet."""

import datetime as dt
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import JSON, Column, Connection, Table, func, select, text

from webapp.platform.columns import UtcDateTime
from webapp.platform.database import Base, db

Raw = list[Any]
# On SQLite, so that the keys of a big index are not written page by page.
KEPT_KIB = 400_000


def raw_of(column: Column[Any], is_sqlite: bool) -> Callable[[Any], Any]:
    """How a column's values become those of the driver."""
    if isinstance(column.type, JSON):
        return json.dumps
    if isinstance(column.type, UtcDateTime):
        return moment_of(is_sqlite)
    if column.type.python_type is bytes:
        return bytes
    process = column.type.dialect_impl(db.engine.dialect).bind_processor(db.engine.dialect)
    return process or (lambda value: value)


def moment_of(is_sqlite: bool) -> Callable[[dt.datetime | None], Any]:
    if not is_sqlite:
        return lambda moment: moment
    return lambda moment: moment and moment.replace(tzinfo=None).isoformat(" ", "microseconds")


def write(connection: Connection, rows: Mapping[Table, Sequence[Sequence[Any]]]) -> None:
    """Rows with all columns in their order, tables after those that they refer to."""
    cursor = connection.connection.cursor()
    for table in Base.metadata.sorted_tables:
        if table in rows:
            names = ", ".join(f'"{column.name}"' for column in table.columns)
            if connection.dialect.name == "sqlite":
                marks = ", ".join("?" for _column in table.columns)
                statement = f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})'
                cursor.executemany(statement, rows[table])
            else:
                with cursor.copy(f'COPY "{table.name}" ({names}) FROM STDIN') as copy:
                    for row in rows[table]:
                        copy.write_row(row)
    cursor.close()


def make_room(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA cache_size = -{KEPT_KIB}")


def settle(connection: Connection, tables: Iterable[Table]) -> None:
    """New rows are numbered on from those written, and the planner knows how many there are."""
    if connection.dialect.name != "sqlite":
        for table in tables:
            if "id" in table.c:
                sequence = func.pg_get_serial_sequence(table.name, "id")
                most = select(func.coalesce(func.max(table.c.id), 1)).scalar_subquery()
                connection.execute(select(func.setval(sequence, most)))
    connection.execute(text("ANALYZE"))
