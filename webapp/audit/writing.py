"""Rows written by plain statements, past the unit of work, which costs several times as much.

All that a flush brings comes with them: ids, defaults, the keys of the rows they stand to,
versions, audit entries, live events and doorbells.
"""

import functools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, Insert, Update, bindparam, insert, inspect, update
from sqlalchemy.orm import MANYTOONE, Mapper, make_transient_to_detached
from sqlalchemy.orm.attributes import instance_state, set_committed_value
from sqlalchemy.orm.exc import StaleDataError

from webapp.audit.tracking import gather, tell
from webapp.platform.database import Base

Values = dict[str, Any]


def insert_now(session, *rows) -> None:
    """Writes new rows at once, one after the other. Others in their relationships are not written.
    Raises IntegrityError."""
    gather(session, rows)
    connection = session.connection()
    for row in rows:
        table = _table(row)
        table.take_keys(row)
        result = connection.execute(table.insert, table.values_of(row))
        new_id = {"id": result.inserted_primary_key[0]}
        said = result.last_inserted_params() | row.__dict__ | new_id
        # What nobody said is NULL: it need not be read back.
        row.__dict__.update(dict.fromkeys(table.columns) | said)
        make_transient_to_detached(row)
        session.add(row)
    tell(session)


def write_all(session) -> None:
    """Writes all that is new or changed, the rows of a model that say the same columns by one
    statement, and empties the session: for the end of a batch. Nothing of it may be deleted. Raises
    IntegrityError, and StaleDataError where a row is not any more as it was read."""
    assert not session.deleted
    with session.no_autoflush:
        new, changed = list(session.new), list(session.dirty)
        gather(session, new, changed)
        connection = session.connection()
        new_by_table, changed_by_table = _by_table(new), _by_table(changed)
        for table in sorted({*new_by_table, *changed_by_table}, key=lambda table: table.place):
            table.write_changes(connection, changed_by_table.get(table, []))
            table.write_new(connection, new_by_table.get(table, []))
        tell(session)
        session.expunge_all()


def _by_table(rows: Iterable[Any]) -> dict["Table", list[Any]]:
    found: dict[Table, list[Any]] = {}
    for row in rows:
        found.setdefault(_table(row), []).append(row)
    return found


@dataclass(frozen=True, eq=False)
class Table:
    """How the rows of one model are written.

    place   after those of the tables that it refers to
    columns those that an object of the model holds
    parents (relationship, own column, the other row's column) of the rows that it stands to
    version the column that counts its changes
    is_named whether the audit, open pages or other tables name its rows: only then are their ids
             read back, for which SQLite is asked row by row
    """

    mapper: Mapper
    place: int
    columns: frozenset[str]
    parents: tuple[tuple[str, str, str], ...]
    version: str | None
    is_named: bool
    insert: Insert
    insert_many: Insert
    update: Update

    def values_of(self, row: Any) -> Values:
        facts = row.__dict__
        return {name: facts[name] for name in self.columns & facts.keys()}

    def write_new(self, connection: Connection, rows: list[Any]) -> None:
        for row in rows:
            self.mapper.dispatch.before_insert(self.mapper, connection, instance_state(row))
            self.take_keys(row)
        said = ((row, self.values_of(row)) for row in rows)
        for alike in _alike(said):
            values = [values for _row, values in alike]
            if not self.is_named:
                connection.execute(self.insert, values)
                continue
            ids = connection.execute(self.insert_many, values).scalars()
            for (row, _values), row_id in zip(alike, ids, strict=True):
                set_committed_value(row, "id", row_id)

    def write_changes(self, connection: Connection, rows: list[Any]) -> None:
        """In the order of their ids, as everybody locks them."""
        said = ((row, self._changes(connection, row)) for row in sorted(rows, key=_id))
        for alike in _alike((row, values) for row, values in said if values):
            met = connection.execute(self.update, [values for _row, values in alike]).rowcount
            if met != len(alike):
                raise StaleDataError(f"{len(alike)} rows of {self.update.table} changed, {met} met")

    def _changes(self, connection: Connection, row: Any) -> Values:
        """What an UPDATE of the row takes; nothing where nothing of it changed."""
        state, facts = instance_state(row), row.__dict__
        self.mapper.dispatch.before_update(self.mapper, connection, state)
        self.take_keys(row)
        before = state.committed_state
        values: Values = {
            name: facts[name]
            for name in self.columns & before.keys() & facts.keys()
            if facts[name] != before[name]
        }
        if values:
            values["row_id"] = row.id
            if self.version:
                read = facts[self.version]
                values |= {"row_version": read, self.version: read + 1}
        return values

    def take_keys(self, row: Any) -> None:
        facts = row.__dict__
        for relationship, own, theirs in self.parents:
            parent = facts.get(relationship)
            if parent is not None and facts.get(own) != getattr(parent, theirs):
                setattr(row, own, getattr(parent, theirs))


def _alike(said: Iterable[tuple[Any, Values]]) -> Iterator[list[tuple[Any, Values]]]:
    """Rows with their values, those together that say the same columns."""
    found: dict[frozenset[str], list[tuple[Any, Values]]] = {}
    for row, values in said:
        found.setdefault(frozenset(values), []).append((row, values))
    return iter(found.values())


def _id(row: Any) -> int:
    return row.id


def _table(row: Any) -> Table:
    model: Any = type(row)
    return _table_of(model)


@functools.cache
def _referred_to() -> frozenset[Any]:
    """The tables that others name rows of."""
    tables = Base.metadata.sorted_tables
    return frozenset(key.column.table for table in tables for key in table.foreign_keys)


@functools.cache
def _table_of(model: Any) -> Table:
    mapper: Any = inspect(model)
    table, version = mapper.local_table, mapper.version_id_col
    row_met = table.c.id == bindparam("row_id")
    if version is not None:
        row_met &= version == bindparam("row_version")
    return Table(
        mapper,
        Base.metadata.sorted_tables.index(table),
        frozenset(
            attribute.key
            for attribute in mapper.column_attrs
            if isinstance(attribute.columns[0], Column)
        ),
        tuple(
            (relationship.key, own.key, theirs.key)
            for relationship in mapper.relationships
            if relationship.direction is MANYTOONE
            for own, theirs in relationship.local_remote_pairs
        ),
        version.key if version is not None else None,
        hasattr(model, "audited") or hasattr(model, "live") or table in _referred_to(),
        insert(table),
        insert(table).returning(table.c.id, sort_by_parameter_order=True),
        update(table).where(row_met),
    )
