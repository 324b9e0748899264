"""Copies of a model row with all that hangs off it, under new ids, names and dates."""

import datetime as dt
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Column, Connection, Date, Table, select

from webapp.audit.models import AuditEntry
from webapp.demo.bulk import Raw, moment_of, raw_of
from webapp.http.localization import time_zone
from webapp.platform.columns import UtcDateTime
from webapp.platform.database import Base
from webapp.platform.text import bare, fold

Row = dict[str, Any]
Rows = dict[Table, list[Row]]
AUDIT: Table = AuditEntry.__table__


@dataclass(slots=True)
class Copy:
    """What one copy has of its own: when it began, the ids of its first rows by table, what stands
    for each of the model's texts, the ids of rows beside it by those of the model's, its NF-e's
    number, the stock of products, its moments as they are written."""

    at: dt.datetime
    first: dict[Table, int]
    texts: dict[str, str]
    others: dict[tuple[str, int], int] = field(default_factory=dict)
    number: int = 0
    stock: dict[int, int] = field(default_factory=dict)
    moments: dict[dt.timedelta, Any] = field(default_factory=dict)


Edit = Callable[[Copy], Any]
Form = Callable[[str], str]
# What a column of the copy says: of the copy and the model's row.
Counted = Mapping[str, Callable[[Copy, Row], Any]]


def hanging_off(connection: Connection, root: Table, row_id: int, tables: Iterable[Table]) -> Rows:
    """The row, those of `tables` that refer to it or to one of these, and the audit entries of
    all."""
    found: Rows = {root: read(connection, root, root.c.id == row_id)}
    for table in (table for table in Base.metadata.sorted_tables if table in set(tables)):
        for column in table.columns:
            for key in column.foreign_keys:
                parents = [row["id"] for row in found.get(key.column.table, ()) if "id" in row]
                if table not in found and parents and key.column.name == "id":
                    rows = read(connection, table, column.in_(parents))
                    if rows:
                        found[table] = rows
    entries: list[Row] = []
    for table, rows in found.items():
        ids = [str(row["id"]) for row in rows if "id" in row]
        entries += read(
            connection, AUDIT, (AUDIT.c.subject == table.name) & AUDIT.c.subject_id.in_(ids)
        )
    found[AUDIT] = sorted(entries, key=lambda entry: entry["id"])
    return found


def read(connection: Connection, table: Table, which: Any) -> list[Row]:
    query = select(table).where(which)
    if "id" in table.c:
        query = query.order_by(table.c.id)
    return [dict(row) for row in connection.execute(query).mappings()]


class Model:
    """Rows that are copied. `texts` are those of its texts for which each copy has its own;
    `counted` makes what is none of these, by column ("invoices.number")."""

    def __init__(
        self,
        rows: Rows,
        began: dt.datetime,
        texts: Iterable[str] = (),
        counted: Counted = MappingProxyType({}),
    ):
        self.rows, self.began = rows, began
        self._texts = sorted((text for text in texts if text), key=len, reverse=True)
        self._counted = counted
        self.sizes = {table: len(found) for table, found in rows.items() if "id" in table.c}
        self._places = {
            (table.name, row["id"]): (table, place)
            for table, found in rows.items()
            for place, row in enumerate(found)
            if "id" in row
        }
        self._plans: dict[Table, list[tuple[Raw, list[tuple[int, Edit]]]]] = {}

    def compile(self, is_sqlite: bool) -> "Model":
        for table, found in self.rows.items():
            readers = [raw_of(column, is_sqlite) for column in table.columns]
            self._plans[table] = [self._plan(table, row, readers, is_sqlite) for row in found]
        return self

    def copy(self, copy: Copy, into: Mapping[Table, list[Raw]]) -> None:
        for table, plans in self._plans.items():
            rows = into[table]
            for base, edits in plans:
                row = base.copy()
                for place, edit in edits:
                    row[place] = edit(copy)
                rows.append(row)

    def _plan(
        self, table: Table, row: Row, readers: list[Callable[[Any], Any]], is_sqlite: bool
    ) -> tuple[Raw, list[tuple[int, Edit]]]:
        base = [
            None if row[column.name] is None else read(row[column.name])
            for column, read in zip(table.columns, readers, strict=True)
        ]
        edits = []
        for place, column in enumerate(table.columns):
            edit = self._edit(table, column, row, base[place], is_sqlite)
            if edit:
                edits.append((place, edit))
        return base, edits

    def _edit(
        self, table: Table, column: Column[Any], row: Row, raw: Any, is_sqlite: bool
    ) -> Edit | None:
        name, value = f"{table.name}.{column.name}", row[column.name]
        if value is None:
            return None
        if name in self._counted:
            count = self._counted[name]
            return lambda copy: count(copy, row)
        if column.name == "id":
            return self._id((table.name, value))
        if name == "audit_entries.subject_id":
            identify = self._id((row["subject"], int(value)))
            return lambda copy: str(identify(copy))
        for key in column.foreign_keys:
            target = (key.column.table.name, value)
            if key.column.name == "id":
                return self._id(target) if target in self._places else _of_others(target)
        if isinstance(column.type, UtcDateTime):
            return _moment(value - self.began, is_sqlite)
        if isinstance(column.type, Date):
            days = (value - self.began.date()).days
            return _day_after(days, is_sqlite)
        if column.name == "month":
            zone = ZoneInfo(time_zone())
            return lambda copy: f"{copy.at.astimezone(zone):%Y-%m}"
        return self._text(raw)

    def _id(self, target: tuple[str, int]) -> Edit:
        table, place = self._places[target]
        return lambda copy: copy.first[table] + place

    def _text(self, raw: Any) -> Edit | None:
        """The copy's texts in the place of the model's, in each form in which one is kept."""
        if not isinstance(raw, str | bytes):
            return None
        is_bytes = isinstance(raw, bytes)
        whole = raw.decode() if isinstance(raw, bytes) else raw
        swaps = {
            written: (text, form)
            for text in self._texts
            for form in reversed(FORMS)
            if (written := form(text)) and written in whole
        }
        return _spliced(whole, swaps, is_bytes) if swaps else None


def _of_others(target: tuple[str, int]) -> Edit | None:
    return lambda copy: copy.others.get(target, target[1])


def _day_after(days: int, is_sqlite: bool) -> Edit:
    after = dt.timedelta(days)
    if is_sqlite:
        return lambda copy: (copy.at.date() + after).isoformat()
    return lambda copy: copy.at.date() + after


@lru_cache(1000)
def _in_json(text: str) -> str:
    return json.dumps(text)[1:-1]


@lru_cache(1000)
def _bare(text: str) -> str:
    return fold(bare(text))


FORMS: tuple[Form, ...] = (str, _in_json, lru_cache(1000)(fold), _bare)


def _moment(after: dt.timedelta, is_sqlite: bool) -> Edit:
    """To the second: what a copy says of one is written once."""
    after, written = dt.timedelta(seconds=round(after.total_seconds())), moment_of(is_sqlite)

    def edit(copy: Copy) -> Any:
        known = copy.moments.get(after)
        if known is None:
            known = copy.moments[after] = written(copy.at + after)
        return known

    return edit


def _spliced(whole: str, swaps: Mapping[str, tuple[str, Form]], is_bytes: bool) -> Edit:
    """`whole` cut once at each text that is another's in a copy."""
    longest_first = sorted(swaps, key=len, reverse=True)
    parts = re.split(f"({'|'.join(map(re.escape, longest_first))})", whole)
    places = [(at, *swaps[part]) for at, part in enumerate(parts) if at % 2]

    def edit(copy: Copy) -> str | bytes:
        filled = parts.copy()
        for at, told, form in places:
            filled[at] = form(copy.texts[told])
        text = "".join(filled)
        return text.encode() if is_bytes else text

    return edit
