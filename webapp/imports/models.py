"""An import: a file that somebody sent, looked over row by row, then taken."""

import datetime as dt
import enum
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext
from flask_babel.speaklater import LazyString
from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webapp.platform.columns import ActorText, EnumText, Timestamps, UtcDateTime
from webapp.platform.database import Model
from webapp.platform.owed import Owed
from webapp.platform.states import require_transition

# Of a file in the database.
PART = 2**20


class ImportKind(enum.StrEnum):
    """What the rows of a file are. `notes`: NF-e and their events, a file each; of all others the
    file is a table."""

    PRODUCTS = "products"
    STOCK = "stock"
    PRICES = "prices"
    CUSTOMERS = "customers"
    SALES = "sales"
    STATEMENT = "statement"
    NOTES = "notes"

    @property
    def label(self) -> LazyString:
        return KIND_LABELS[self]

    @property
    def is_table(self) -> bool:
        return self is not ImportKind.NOTES


KIND_LABELS = {
    ImportKind.PRODUCTS: _l("Products"),
    ImportKind.STOCK: _l("Stock"),
    ImportKind.PRICES: _l("Prices"),
    ImportKind.CUSTOMERS: _l("Customers"),
    ImportKind.SALES: _l("Orders"),
    ImportKind.STATEMENT: _l("Statement of payments"),
    ImportKind.NOTES: _l("NF-e"),
}


class ImportStatus(enum.StrEnum):
    CHECKING = "checking"
    READY = "ready"
    TAKING = "taking"
    DONE = "done"
    REFUSED = "refused"

    @property
    def label(self) -> LazyString:
        return IMPORT_LABELS[self][0]

    @property
    def tone(self) -> str:
        return IMPORT_LABELS[self][1]


IMPORT_LABELS = {
    ImportStatus.CHECKING: (_l("Being looked over"), "info"),
    ImportStatus.READY: (_l("Waits for you"), "warn"),
    ImportStatus.TAKING: (_l("Being taken in"), "info"),
    ImportStatus.DONE: (lazy_pgettext("an import", "Taken in"), "good"),
    ImportStatus.REFUSED: (lazy_pgettext("an import", "Not taken"), ""),
}
IMPORT_TRANSITIONS: dict[ImportStatus, set[ImportStatus]] = {
    ImportStatus.CHECKING: {ImportStatus.READY, ImportStatus.REFUSED},
    # A table is looked over again when somebody tells its columns anew.
    ImportStatus.READY: {ImportStatus.TAKING, ImportStatus.REFUSED, ImportStatus.CHECKING},
    ImportStatus.TAKING: {ImportStatus.DONE, ImportStatus.REFUSED},
    ImportStatus.DONE: set(),
    ImportStatus.REFUSED: set(),
}


class Import(Owed, Timestamps, Model):
    """A file that somebody sent: looked over row by row, then taken as a whole when a person says
    so. `position` is how many rows are behind it in what is done now; of all `rows`, `accepted` are
    fit to be taken (`known` of them are here already), `refused` are not.

    A table is first read: `columns` are its own, each with the `field` that it tells, `mapping`
    what a program said of them by their names, `notation` how its numbers are written (`br`, `en`,
    "" where each column tells). `problem` is what is wrong with the file as a whole.
    """

    __tablename__ = "imports"
    __table_args__ = (Index("ix_imports_status_due_at", "status", "due_at"),)
    live = "import"
    audited = ("kind", "file_name", "status", "accepted", "refused")

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[ImportKind] = mapped_column(EnumText(ImportKind))
    status: Mapped[ImportStatus] = mapped_column(EnumText(ImportStatus))
    file_name: Mapped[str] = mapped_column(String(200))
    # Of the stored file, in bytes.
    size: Mapped[int] = mapped_column(default=0)
    rows: Mapped[int] = mapped_column(default=0)
    position: Mapped[int] = mapped_column(default=0)
    accepted: Mapped[int] = mapped_column(default=0)
    known: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    # Products of the notes that the catalog has not: [gtin, code, name, notes].
    unmatched: Mapped[list] = mapped_column(JSON, default=list)
    columns: Mapped[list] = mapped_column(JSON, default=list)
    mapping: Mapped[dict] = mapped_column(JSON, default=dict)
    notation: Mapped[str] = mapped_column(String(2), default="")
    # A code of `imports.words.FILES`, with its values.
    problem: Mapped[dict] = mapped_column(JSON, default=dict)
    asked_by: Mapped[str] = mapped_column(ActorText)
    finished_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)

    @property
    def audit_name(self) -> str:
        return self.file_name[:120]

    @property
    def is_under_way(self) -> bool:
        return self.status in (ImportStatus.CHECKING, ImportStatus.TAKING)

    @property
    def is_at_end(self) -> bool:
        return self.position >= self.rows

    @property
    def is_read(self) -> bool:
        """Whether its rows are known; those of an archive are from the first."""
        return bool(self.columns) or not self.kind.is_table

    @property
    def fresh(self) -> int:
        """Rows that taking it would bring in."""
        return self.accepted - self.known

    def begin(self, now: dt.datetime) -> None:
        self.status = ImportStatus.CHECKING
        self.owe(now)

    def read(self, columns: list[dict[str, Any]], rows: int, now: dt.datetime) -> None:
        """The table's rows are known; they are looked over next."""
        self.columns, self.rows = columns, rows
        self.owe(now)

    def look_again(self, columns: list[dict[str, Any]], notation: str, now: dt.datetime) -> None:
        """By other columns; what was said of its rows is void."""
        self._enter(ImportStatus.CHECKING)
        self.columns, self.notation, self.problem = columns, notation, {}
        self.position = self.accepted = self.known = self.refused = 0
        self.owe(now)

    def ask(self, problem: dict[str, Any]) -> None:
        """A person says first what its columns are: no row can be looked over."""
        self.problem, self.refused, self.position = problem, self.rows, self.rows
        self._enter(ImportStatus.READY)
        self.clear_work()

    def refuse_file(self, problem: dict[str, Any], now: dt.datetime) -> None:
        """It is no table that can be read."""
        self.problem = problem
        self._end(ImportStatus.REFUSED, now)

    def go_on(self, rows: int, now: dt.datetime) -> None:
        """So many more rows are behind it."""
        self.position += rows
        if not self.is_at_end:
            self.owe(now)
        elif self.status is ImportStatus.CHECKING:
            self._enter(ImportStatus.READY)
            self.clear_work()
        else:
            self._end(ImportStatus.DONE, now)

    def take(self, now: dt.datetime) -> None:
        self._enter(ImportStatus.TAKING)
        self.position = 0
        self.owe(now)

    def discard(self, now: dt.datetime) -> None:
        self._end(ImportStatus.REFUSED, now)

    def fail(self, error: str, now: dt.datetime) -> None:
        self._end(ImportStatus.REFUSED, now)
        self.error = error[:300]

    def _end(self, status: ImportStatus, now: dt.datetime) -> None:
        self._enter(status)
        self.finished_at = now
        self.clear_work()

    def _enter(self, status: ImportStatus) -> None:
        require_transition(IMPORT_TRANSITIONS, self.status, status)
        self.status = status


class ImportPart(Model):
    """A piece of an import's file, for as long as it is needed."""

    __tablename__ = "import_parts"

    import_id: Mapped[int] = mapped_column(
        ForeignKey("imports.id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class RowOutcome(enum.StrEnum):
    ACCEPTED = "accepted"
    # It is here already, whole.
    KNOWN = "known"
    REFUSED = "refused"

    @property
    def label(self) -> LazyString:
        return OUTCOME_LABELS[self][0]

    @property
    def tone(self) -> str:
        return OUTCOME_LABELS[self][1]


OUTCOME_LABELS = {
    RowOutcome.ACCEPTED: (lazy_pgettext("a row", "Accepted"), "good"),
    RowOutcome.KNOWN: (lazy_pgettext("a row", "Here already"), ""),
    RowOutcome.REFUSED: (lazy_pgettext("a row", "Refused"), "bad"),
}


class ImportRow(Model):
    """A row of an import, numbered from 1; of notes, a file, named by `name`. `problem` is a code
    of `incoming.words.PROBLEMS`; `facts` are what was read of it. Of a table's row `problems` are
    [column, {locale: words}] each."""

    __tablename__ = "import_rows"
    __table_args__ = (
        UniqueConstraint("import_id", "number"),
        Index("ix_import_rows_import_id_outcome_number", "import_id", "outcome", "number"),
        Index("ix_import_rows_import_id_key", "import_id", "key"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("imports.id", ondelete="CASCADE"))
    number: Mapped[int]
    # Of a table: where the row stands in it, as a spreadsheet counts.
    line: Mapped[int] = mapped_column(default=0)
    name: Mapped[str] = mapped_column(String(200))
    outcome: Mapped[RowOutcome] = mapped_column(EnumText(RowOutcome))
    problem: Mapped[str] = mapped_column(String(40), default="")
    # The access key of a note, the id of an event.
    key: Mapped[str] = mapped_column(String(60), default="")
    facts: Mapped[dict] = mapped_column(JSON, default=dict)
    problems: Mapped[list] = mapped_column(JSON, default=list)

    def refuse(self, problems: list[Any]) -> None:
        self.outcome, self.problems = RowOutcome.REFUSED, problems


class KnownColumn(Model):
    """What a person said a column of this name tells, for the next file of the kind; `field` is
    empty where it tells nothing that is taken."""

    __tablename__ = "import_columns"
    __table_args__ = (UniqueConstraint("kind", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[ImportKind] = mapped_column(EnumText(ImportKind))
    # As `imports.mapping.plain` writes it.
    name: Mapped[str] = mapped_column(String(80))
    field: Mapped[str] = mapped_column(String(40))
