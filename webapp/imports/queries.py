"""Questions about imports and their rows."""

from collections.abc import Collection, Iterator, Sequence

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, select

from webapp.imports.models import Import, ImportKind, ImportRow, RowOutcome
from webapp.platform.database import db
from webapp.platform.rows import row_by_id

# Of an import's refused rows a call tells these; its page has them all.
MOST_PROBLEMS = 200
# Read at once for a file.
PIECE = 500


def imports(kinds: Collection[ImportKind]) -> Select[Import]:
    return select(Import).where(Import.kind.in_(kinds))


def import_by_id(import_id: int, lock: bool = False) -> Import:
    """Raises NotFound."""
    return row_by_id(Import, import_id, _l("There is no such import."), lock)


def rows_of(import_id: int, outcome: RowOutcome | None = None) -> Select[ImportRow]:
    query = select(ImportRow).where(ImportRow.import_id == import_id)
    return query.where(ImportRow.outcome == outcome) if outcome else query


def refused_rows(import_id: int) -> Sequence[ImportRow]:
    """The first of them."""
    query = rows_of(import_id, RowOutcome.REFUSED).order_by(ImportRow.number)
    return db.session.scalars(query.limit(MOST_PROBLEMS)).all()


def all_refused(import_id: int) -> Iterator[ImportRow]:
    """Piece by piece; between two of them no transaction is open."""
    number = 0
    while True:
        query = rows_of(import_id, RowOutcome.REFUSED).where(ImportRow.number > number)
        found = db.session.scalars(query.order_by(ImportRow.number).limit(PIECE)).all()
        db.session.expunge_all()
        db.session.rollback()
        yield from found
        if len(found) < PIECE:
            return
        number = found[-1].number
