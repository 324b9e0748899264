"""Which column of a table tells what: as somebody said before of a column of that name, else by the
names that other programs give it."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select

from webapp.imports.cells import Evidence, Notation, Unread, notation_of
from webapp.imports.fields import TableField
from webapp.imports.models import ImportKind, KnownColumn
from webapp.imports.tables import Cell, Row
from webapp.platform.database import db
from webapp.platform.text import fold

LONGEST_NAME, SAMPLES = 80, 3
_SIGNS = re.compile(r"[^a-z0-9%]+")
# A column of a file: its name, the field that it tells ("": none), some of its cells as they stand,
# and how many of its numbers are in either notation.
Column = dict[str, Any]


def plain(name: str) -> str:
    """A column's name however it is written."""
    return _SIGNS.sub(" ", fold(name)).strip()[:LONGEST_NAME]


def header_of(head: Sequence[Row], fields: Iterable[TableField]) -> int:
    """Which of the first rows has the columns' names: the one with the most that are known, else
    the first of more than one cell."""
    known = {name for field in fields for name in field.names}
    scores = [sum(plain(str(cell)) in known for cell in cells) for _line, cells in head]
    if scores and max(scores) > 0:
        return scores.index(max(scores))
    return next((place for place, (_line, cells) in enumerate(head) if len(cells) > 1), 0)


def names_of(cells: Sequence[Cell]) -> list[str]:
    """Each once: of several alike the later ones are numbered."""
    seen: Counter[str] = Counter()
    names = []
    for number, cell in enumerate(cells, 1):
        name = " ".join(str(cell if not isinstance(cell, dict) else "").split())
        name = name[: LONGEST_NAME - 6] or f"#{number}"
        seen[plain(name)] += 1
        times = seen[plain(name)]
        names.append(name if times == 1 else f"{name} ({times})")
    return names


class ColumnReader:
    """What is gathered of a column while the file is read."""

    def __init__(self, name: str) -> None:
        self.name, self.evidence = name, Evidence()
        self.samples: list[str] = []

    def look_at(self, cell: Cell) -> None:
        if cell == "":
            return
        self.evidence.look_at(cell)
        if len(self.samples) < SAMPLES:
            shown = str(next(iter(cell.values()))) if isinstance(cell, dict) else str(cell)
            if shown[:40] not in self.samples:
                self.samples.append(shown[:40])

    def told(self, field: str) -> Column:
        return {
            "name": self.name,
            "field": field,
            "samples": self.samples,
            "br": self.evidence.br,
            "en": self.evidence.en,
        }


def guessed(
    readers: Sequence[ColumnReader], fields: Sequence[TableField], *said: Mapping[str, str]
) -> list[Column]:
    """The columns with what each tells: as was `said` by their names, the surest first, else by the
    names that others give them. Of two of one name neither does by itself, and no field is told
    twice."""
    by_name = {plain(reader.name): place for place, reader in enumerate(readers)}
    known, told = {"", *(field.name for field in fields)}, dict[int, str]()
    for name, field_name in (each for names in said for each in names.items()):
        place = by_name.get(name)
        if place is not None and place not in told and field_name in known:
            told[place] = field_name if field_name not in told.values() else ""
    twice = _twice(by_name)
    for field in fields:
        if field.name in told.values():
            continue
        places = (by_name[name] for name in field.names if name in by_name and name not in twice)
        free = (place for place in places if place not in told)
        found = next((place for place in free if _fits(field, readers[place].samples)), None)
        if found is not None:
            told[found] = field.name
    return [reader.told(told.get(place, "")) for place, reader in enumerate(readers)]


def _twice(names: Iterable[str]) -> set[str]:
    return {name.removesuffix(" 2") for name in names if name.endswith(" 2")} & {*names}


def _fits(field: TableField, samples: Iterable[str]) -> bool:
    """A column called type may tell anything."""
    try:
        return not field.is_doubtful or all(field.read(sample, "br") for sample in samples)
    except Unread:
        return False


def doubled(columns: Sequence[Column], field: TableField) -> str:
    """The name of columns that are there twice and could tell the field."""
    names = {plain(column["name"]): column["name"] for column in columns}
    return next((names[name] for name in field.names if name in _twice(names)), "")


def known_columns(kind: ImportKind) -> dict[str, str]:
    query = select(KnownColumn.name, KnownColumn.field).where(KnownColumn.kind == kind)
    return {name: field for name, field in db.session.execute(query)}


def remember(kind: ImportKind, columns: Sequence[Column]) -> None:
    """For the next file of the kind."""
    told = {plain(column["name"]): column["field"] for column in columns if plain(column["name"])}
    query = select(KnownColumn).where(KnownColumn.kind == kind, KnownColumn.name.in_(told))
    for known in db.session.scalars(query.with_for_update()):
        known.field = told.pop(known.name)
    for name, field in told.items():
        db.session.add(KnownColumn(kind=kind, name=name, field=field))


def notations(
    columns: Sequence[Column], fields: Sequence[TableField], said: Notation
) -> list[Notation]:
    """How each column writes its numbers: as a person said, else by the column itself, else by the
    others of the file that tell numbers."""
    of_numbers = {field.name for field in fields if field.is_number}
    evidence = [Evidence(column["br"], column["en"]) for column in columns]
    all_of_them = [
        each
        for each, column in zip(evidence, columns, strict=True)
        if column["field"] in of_numbers
    ]
    return [said or notation_of(each, all_of_them) for each in evidence]
