"""Tables: read once, looked over row by row by the shapes of the forms, then taken."""

import io
import itertools
import json
from abc import abstractmethod
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from time import monotonic
from typing import Any, ClassVar, NamedTuple

from flask_babel import force_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select, update

from webapp.catalog.words import IMPORT
from webapp.http.localization import LOCALES
from webapp.imports.cells import Notation, Unread
from webapp.imports.fields import TableField
from webapp.imports.mapping import (
    Column,
    ColumnReader,
    doubled,
    guessed,
    header_of,
    known_columns,
    names_of,
    notations,
    plain,
)
from webapp.imports.models import Import, ImportRow, RowOutcome
from webapp.imports.storage import StoredFile, forget_file, keep, keep_rows, packed, stored_rows
from webapp.imports.tables import HEAD, NoTable, Row, refuse_bomb, rows_of
from webapp.imports.words import file_words
from webapp.imports.works import ImportWork, Sending
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.errors import FieldError, Invalid, Refusal
from webapp.platform.text import storable
from webapp.staff.access import Identity
from webapp.staff.queries import user_of
from webapp.store.price_rights import UNBOUND, PriceRights, price_rights_of

LONGEST_FILE_NAME, LONGEST_ROW_NAME, LONGEST_KEY = 200, 200, 60
Values = dict[str, Any]
# The column, and the words by language.
Problem = tuple[str, dict[str, str]]


class ReadTable(NamedTuple):
    """A file that was read: its columns, and its rows in parts; or why it cannot be."""

    columns: list[Column]
    parts: list[bytes]
    rows: int
    problem: dict[str, Any]


@dataclass
class CheckedRow:
    """`facts["said"]` are the values by field, as JSON has them, `facts["before"]` those of them
    that would change; `key` names what the row is about."""

    number: int
    line: int
    cells: list[Any]
    name: str = ""
    key: str = ""
    facts: Values = field(default_factory=lambda: {"said": {}})
    problems: list[Problem] = field(default_factory=list)
    is_known: bool = False

    @property
    def said(self) -> Values:
        return self.facts["said"]

    def is_told(self, column: str) -> bool:
        """Whether a problem is at that column already."""
        return bool(column) and any(its == column for its, _words in self.problems)

    @property
    def outcome(self) -> RowOutcome:
        if self.problems:
            return RowOutcome.REFUSED
        return RowOutcome.KNOWN if self.is_known else RowOutcome.ACCEPTED

    def row(self, import_id: int) -> ImportRow:
        # For whoever mends it outside, when the file is gone.
        kept = {"cells": self.cells}
        return ImportRow(
            import_id=import_id,
            number=self.number,
            line=self.line,
            name=self.name[:LONGEST_ROW_NAME],
            outcome=self.outcome,
            key=self.key[:LONGEST_KEY],
            facts=self.facts | kept,
            problems=self.problems,
        )


def in_each_language(column: str, message: object) -> Problem:
    """`message` is lazy, or makes its words when it is called."""
    words = {}
    for locale in LOCALES:
        with force_locale(locale):
            words[locale] = str(message() if callable(message) else message)
    return column, words


class TableImport(ImportWork["ReadTable | list[CheckedRow]", None]):
    """`key` is the field that names what a row is about; of each group in `needed` one column must
    be told."""

    role = "clerk"
    readers: ClassVar[tuple[str, ...]] = ("clerk",)
    fields: Sequence[TableField]
    key: str
    needed: Sequence[Sequence[str]]
    # Rows taken by one transaction.
    chunk = 500
    # Whether its cells are to be kept from who does not see documents.
    names_persons = False

    @cached_property
    def named(self) -> list[TableField]:
        """The fields, also known by what a person of each language calls them: as sample files and
        exports do."""
        labels: dict[str, list[str]] = {}
        for locale in LOCALES:
            with force_locale(locale):
                for each in self.fields:
                    labels.setdefault(each.name, []).append(plain(str(each.label)))
        own = {each.name: plain(each.name) for each in self.fields}
        return [
            each._replace(names=(own[each.name], *labels[each.name], *each.names))
            for each in self.fields
        ]

    # -- sent -------------------------------------------------------------------------------------

    def begin(self, sending: Sending) -> Import:
        files = [file for file in sending.files if file.filename]
        if len(files) + bool(sending.pasted.strip()) != 1:
            raise _refused("file", _("Choose one file, or paste the rows of a spreadsheet."))
        stream = files[0].stream if files else io.BytesIO(sending.pasted.encode())
        mapping = self._read_mapping(sending.mapping)
        try:
            refuse_bomb(stream)
        except NoTable as refused:
            raise _refused("file", file_words(refused.problem)) from None
        begun = Import(
            kind=self.kind,
            file_name=storable(files[0].filename or "")[:LONGEST_FILE_NAME]
            if files
            else _("Pasted rows"),
            mapping=mapping,
            notation={",": "br", ".": "en"}.get(sending.decimal, ""),
            asked_by=sending.asked_by,
        )
        begun.begin(utc_now())
        db.session.add(begun)
        db.session.flush()
        begun.size = keep(begun.id, stream)
        return begun

    def _read_mapping(self, written: str) -> dict[str, str]:
        """The field by the name of the column. Raises Invalid."""
        if not written.strip():
            return {}
        try:
            told = json.loads(written)
        except (ValueError, RecursionError):
            told = None
        if not isinstance(told, dict) or not all(isinstance(f, str) for f in told.values()):
            raise _refused("mapping", _('Send an object like {"column": "field"}.'))
        known = [each.name for each in self.fields]
        if all(name in known for name in told) and not all(name in known for name in told.values()):
            # Written the other way round.
            told = {column: name for name, column in told.items()}
        for name in told.values():
            if name and name not in known:
                message = _(
                    "There is no field “%(name)s”; there are: %(known)s.",
                    name=name[:40],
                    known=", ".join(known),
                )
                raise _refused("mapping", message)
        self.refuse_twice(told.values(), "mapping")
        return told

    def refuse_twice(self, told: Iterable[str], at: str) -> None:
        """Raises Invalid for a field that two columns are to tell."""
        seen: set[str] = set()
        for name in told:
            if name and name in seen:
                raise _refused(at, _("Two columns are to tell “%(name)s”.", name=self.label(name)))
            seen.add(name)

    def label(self, name: str) -> str:
        """What people call a field."""
        return next((str(each.label) for each in self.fields if each.name == name), name)

    # -- read -------------------------------------------------------------------------------------

    def look_over(self, row: Import, end: float) -> "ReadTable | list[CheckedRow]":
        if not row.is_read:
            return self._read(row)
        checked: list[CheckedRow] = []
        rights = rights_of(row.asked_by)
        while not checked or monotonic() < end:
            position = row.position + len(checked)
            if position >= row.rows:
                break
            rows = stored_rows(row.id, position)
            checked += self._check(row, position, rows, rights)
        db.session.rollback()
        return checked

    def _read(self, row: Import) -> ReadTable:
        try:
            with closing(io.BufferedReader(StoredFile(row.id, row.size), 2**20)) as file:
                return self._read_rows(row, rows_of(file))
        except NoTable as refused:
            return ReadTable([], [], 0, refused.problem)
        finally:
            db.session.rollback()

    def _read_rows(self, row: Import, rows: Iterable[Row]) -> ReadTable:
        """Raises NoTable."""
        iterator = iter(rows)
        head = list(itertools.islice(iterator, HEAD))
        if not head:
            raise NoTable("empty")
        place = header_of(head, self.named)
        readers = [ColumnReader(name) for name in names_of(head[place][1])]
        if len(readers) < 2:
            raise NoTable("no_table")
        count = 0

        def looked_at() -> Iterable[Row]:
            nonlocal count
            for line, cells in itertools.chain(head[place + 1 :], iterator):
                for reader, cell in zip(readers, cells, strict=False):
                    reader.look_at(cell)
                count += 1
                yield line, cells

        parts = list(packed(looked_at()))
        if not count:
            raise NoTable("no_rows")
        told = {plain(name): field for name, field in row.mapping.items()}
        columns = guessed(readers, self.named, told, known_columns(row.kind))
        names = {plain(column["name"]) for column in columns}
        if strange := next((name for name in row.mapping if plain(name) not in names), ""):
            raise NoTable("unknown_column", column=strange)
        return ReadTable(columns, parts, count, {})

    def lacking(self, columns: Sequence[Column]) -> dict[str, Any]:
        """What must be said of the columns before any row can be looked over."""
        told = {column["field"] for column in columns}
        for group in self.needed:
            if not told & {*group}:
                wanted = next(each for each in self.named if each.name == group[0])
                if twice := doubled(columns, wanted):
                    return {"code": "doubled", "column": twice, "field": wanted.name}
                return {"code": "no_column", "field": wanted.name}
        return {}

    def words(self, problem: dict[str, Any]) -> str:
        """What an import's `problem` says."""
        label = self.label(problem["field"]) if "field" in problem else ""
        return file_words(problem | {"field": label})

    # -- looked over ------------------------------------------------------------------------------

    def _check(
        self, row: Import, position: int, rows: Sequence[Row], rights: PriceRights
    ) -> list[CheckedRow]:
        by_place = {each.name: each for each in self.fields}
        used = [
            (place, by_place[column["field"]], column["name"], notation)
            for place, (column, notation) in enumerate(
                zip(row.columns, notations(row.columns, self.fields, row.notation), strict=True)
            )
            if column["field"]
        ]
        checked = []
        for number, (line, cells) in enumerate(rows, position + 1):
            each = CheckedRow(number, line, cells)
            for place, told, column, notation in used:
                cell = cells[place] if place < len(cells) else ""
                if cell != "":
                    _read_cell(each, told, column, cell, notation)
            checked.append(each)
        columns = {told.name: column for _place, told, column, _notation in used}
        self.judge(checked, columns, rights)
        return checked

    @abstractmethod
    def judge(
        self, rows: Sequence[CheckedRow], columns: dict[str, str], rights: PriceRights
    ) -> None:
        """Says of each row what it is about and what taking it would do; writes nothing."""

    def need(self, each: CheckedRow, name: str, column: str) -> bool:
        """Whether the row says it; that it does not is told, once."""
        if name not in each.said and not each.is_told(column):
            each.problems.append(in_each_language(column, _l("Fill this in.")))
        return name in each.said

    def judged(self, each: CheckedRow, refusing: Callable[[], Any], columns: dict[str, str]) -> Any:
        """What it answers. What is wrong with it is told beside what else is wrong with the row,
        but of a cell of which something is told already."""
        found, problems = self.refused(refusing, columns)
        each.problems += [problem for problem in problems if not each.is_told(problem[0])]
        return found

    def refused(
        self, refusing: Callable[[], Any], columns: dict[str, str]
    ) -> tuple[Any, list[Problem]]:
        """What it answers, or what is wrong with it, at its columns."""
        try:
            return refusing(), []
        except Refusal:
            pass
        words = {}
        for locale in LOCALES:
            with force_locale(locale):
                words[locale] = _errors_of(refusing)
        problems = [
            (self.column_of(error.field, columns), dict.fromkeys(LOCALES, ""))
            for error in next(iter(words.values()))
        ]
        for locale, errors in words.items():
            for (column, told), error in zip(problems, errors, strict=True):
                named = "" if column or not error.field else self.label(error.field)
                told[locale] = f"{named}: {error.message}" if named else str(error.message)
        return None, problems

    def column_of(self, name: str, columns: dict[str, str]) -> str:
        return columns.get(name, "")

    def told_of(self, row: ImportRow) -> str:
        """In words what taking a row that is fit for it does, beside what it changes."""
        return _("New") if row.facts.get("new") else ""

    # -- kept -------------------------------------------------------------------------------------

    def keep(self, row: Import, looked: "ReadTable | list[CheckedRow]") -> None:
        now = utc_now()
        if isinstance(looked, list):
            told = {column["field"]: column["name"] for column in row.columns}
            self.compare(row, looked, told.get(self.key, ""))
            for each in looked:
                row.refused += each.outcome is RowOutcome.REFUSED
                row.known += each.outcome is RowOutcome.KNOWN
                row.accepted += each.outcome is not RowOutcome.REFUSED
                db.session.add(each.row(row.id))
            row.go_on(len(looked), now)
        elif looked.problem:
            row.refuse_file(looked.problem, now)
            forget_file(row.id)
        else:
            keep_rows(row.id, looked.parts)
            row.read(looked.columns, looked.rows, now)
            if problem := self.lacking(looked.columns):
                row.ask(problem)

    def compare(self, row: Import, checked: Sequence[CheckedRow], column: str) -> None:
        """Rows of one key: those that do not go together with the first are refused, and so are all
        others of the key, each with another's line."""
        keys = {each.key for each in checked if each.key}
        of_import = ImportRow.import_id == row.id
        numbers = select(func.min(ImportRow.number)).where(of_import, ImportRow.key.in_(keys))
        firsts = ImportRow.number.in_(numbers.group_by(ImportRow.key))
        groups: dict[str, list[ImportRow | CheckedRow]] = {
            first.key: [first]
            for first in db.session.scalars(select(ImportRow).where(of_import, firsts))
        }
        split: dict[str, Problem] = {}
        for each in (each for each in checked if each.key):
            group = groups.setdefault(each.key, [])
            if not group:
                self.begin_group(each)
                group.append(each)
                continue
            first = group[0]
            if not first.facts.get("differ") and self.goes_with(first, each):
                group.append(each)
                continue
            each.problems.append(self.clash(column, first.line))
            if not first.facts.get("differ"):
                first.facts = first.facts | {"differ": True}
                split[each.key] = self.clash(column, each.line)
        # What was written before, and what is about to be, at once.
        written = select(ImportRow).where(of_import, ImportRow.key.in_(split))
        for known in db.session.scalars(written):
            if known is not groups[known.key][0]:
                groups[known.key].append(known)
        for key, problem in split.items():
            for other in groups[key]:
                _refuse_also(row, other, problem)

    def begin_group(self, first: CheckedRow) -> None:
        """What only the first row of a key must have."""

    def goes_with(self, first: ImportRow | CheckedRow, each: CheckedRow) -> bool:
        """One that says the same as the first is known by it; where they differ nobody knows which
        is meant."""
        if first.facts["said"] != each.said:
            return False
        each.is_known = True
        return True

    def clash(self, column: str, line: int) -> Problem:
        return in_each_language(
            column,
            lambda: _(
                "Line %(line)s is about the same one and says something else. Keep one of them.",
                line=line,
            ),
        )

    # -- taken ------------------------------------------------------------------------------------

    def take(self, row: Import, _fetched: None) -> int:
        query = select(ImportRow).where(
            ImportRow.import_id == row.id,
            ImportRow.outcome == RowOutcome.ACCEPTED,
            ImportRow.number > row.position,
        )
        found = list(db.session.scalars(query.order_by(ImportRow.number).limit(self.chunk)))
        columns = {column["field"]: column["name"] for column in row.columns if column["field"]}
        late = self.write(found, columns, rights_of(row.asked_by), f"{IMPORT}{row.file_name}")
        row.accepted, row.refused = row.accepted - late, row.refused + late
        return (found[-1].number if len(found) == self.chunk else row.rows) - row.position

    def end(self, row: Import) -> None:
        """Of persons no more is kept than in their own records; refused rows stay, to be mended."""
        super().end(row)
        if self.names_persons:
            taken = (ImportRow.import_id == row.id) & (ImportRow.outcome != RowOutcome.REFUSED)
            db.session.execute(update(ImportRow).where(taken).values(facts={}, name="", key=""))

    @abstractmethod
    def write(
        self,
        rows: Sequence[ImportRow],
        columns: dict[str, str],
        rights: PriceRights,
        reason: str,
    ) -> int:
        """Does what the rows' facts say, and refuses those that do not fit any more. Stock moves
        for the `reason`. Returns how many were refused."""


def _read_cell(
    each: CheckedRow, told: TableField, column: str, cell: Any, notation: Notation
) -> None:
    try:
        value = told.read(cell, notation)
    except Unread as refused:
        each.problems.append(in_each_language(column, refused.message))
        return
    if value != "":
        each.said[told.name] = f"{value.normalize():f}" if isinstance(value, Decimal) else value


def _errors_of(refusing: Callable[[], Any]) -> list[FieldError]:
    try:
        refusing()
    except Refusal as refused:
        found = refused.errors or [FieldError("", refused.message)]
        return [FieldError(error.field, str(error.message)) for error in found]
    return []


def _refuse_also(row: Import, twin: ImportRow | CheckedRow, problem: Problem) -> None:
    if isinstance(twin, CheckedRow):
        twin.problems.append(problem)
        return
    if twin.outcome is not RowOutcome.REFUSED:
        row.known -= twin.outcome is RowOutcome.KNOWN
        row.accepted, row.refused = row.accepted - 1, row.refused + 1
    twin.refuse([*twin.problems, problem])


def rights_of(asked_by: str) -> PriceRights:
    """The sender's, as they are by now; a program's token is bound by rules alone."""
    user = user_of(asked_by)
    if user is not None:
        return price_rights_of(Identity(user.email, user.role, user))
    return UNBOUND if asked_by.startswith("token ") else PriceRights(sets_prices=False)


def _refused(name: str, message: str) -> Invalid:
    return Invalid([FieldError(name, message)])
