"""An import from when it was looked over to its end: told anew, taken, or put away."""

from collections.abc import Mapping

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import delete

from webapp.imports.cells import Notation
from webapp.imports.kinds import TableImport
from webapp.imports.mapping import remember
from webapp.imports.models import Import, ImportRow, ImportStatus
from webapp.imports.storage import forget_file
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.errors import FieldError, Invalid, Refusal


def take_import(found: Import, skip_refused: bool) -> None:
    """All that is fit to be taken is, by a job; nothing is where some are refused and nobody said
    to leave them out. Said twice, it is taken once. Raises Refusal."""
    if found.status in (ImportStatus.TAKING, ImportStatus.DONE):
        return
    if found.status is ImportStatus.CHECKING:
        raise Refusal(_("It is still being looked over; wait for the end of it."))
    if found.status is ImportStatus.REFUSED:
        raise Refusal(_("This import was put away; send the file again."))
    if found.problem:
        raise Refusal(_("Nothing of it can be taken before its columns are told."))
    if found.refused and not skip_refused:
        raise Refusal(
            ngettext(
                "%(num)s row is refused. Take the others without it, or put it all away.",
                "%(num)s rows are refused. Take the others without them, or put it all away.",
                found.refused,
            )
            if found.kind.is_table
            else ngettext(
                "%(num)s file is refused. Take the others without it, or put it all away.",
                "%(num)s files are refused. Take the others without them, or put it all away.",
                found.refused,
            )
        )
    found.take(utc_now())


def discard_import(found: Import) -> None:
    """Nothing of it is taken. Said twice, it is put away once. Raises Refusal."""
    if found.status is ImportStatus.REFUSED:
        return
    if found.status in (ImportStatus.TAKING, ImportStatus.DONE):
        raise Refusal(_("It is being taken in already, or is; nothing was changed."))
    found.discard(utc_now())
    forget_file(found.id)


def tell_columns(
    found: Import, work: TableImport, told: Mapping[int, str], notation: Notation
) -> None:
    """What each column tells, by its place; it is remembered for the next file of the kind, and the
    rows are looked over again. Raises Refusal, Invalid."""
    if found.status is not ImportStatus.READY:
        raise Refusal(
            _("Its columns can be told once the rows were looked over, before they are taken.")
        )
    known = {"", *(field.name for field in work.fields)}
    work.refuse_twice(told.values(), "columns")
    columns = [
        column | {"field": told.get(place, column["field"])}
        for place, column in enumerate(found.columns)
    ]
    if any(column["field"] not in known for column in columns):
        raise Invalid([FieldError("columns", _("There is no field of this name."))])
    remember(found.kind, columns)
    db.session.execute(delete(ImportRow).where(ImportRow.import_id == found.id))
    found.look_again(columns, notation, utc_now())
    if problem := work.lacking(columns):
        found.ask(problem)
