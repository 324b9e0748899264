"""An import from its file to its end: begun, taken, or put away."""

from collections.abc import Sequence

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import delete
from werkzeug.datastructures import FileStorage

from webapp.imports.models import Import, ImportKind, ImportPart, ImportStatus
from webapp.incoming.archives import LONGEST_NAME, as_archive, keep, look_over
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.errors import FieldError, Invalid, Refusal
from webapp.platform.text import storable


def begin_import(kind: ImportKind, sent: Sequence[FileStorage], asked_by: str) -> Import:
    """Looks the files over and keeps them; a job checks each. Raises Invalid."""
    files = [file for file in sent if file.filename]
    if not files:
        raise Invalid([FieldError("file", _("Choose a file."))])
    with as_archive(files) as archive:
        names = look_over(archive)
        begun = Import(
            kind=kind,
            file_name=_name_of(files)[:LONGEST_NAME],
            rows=len(names),
            asked_by=asked_by,
        )
        begun.begin(utc_now())
        db.session.add(begun)
        db.session.flush()
        begun.size = keep(begun.id, archive)
    return begun


def _name_of(files: Sequence[FileStorage]) -> str:
    if len(files) == 1:
        return storable(files[0].filename or "")
    return ngettext("%(num)s file", "%(num)s files", len(files))


def take_import(found: Import, skip_refused: bool) -> None:
    """All that is fit to be taken is, by a job; nothing is where some are refused and nobody said
    to leave them out. Said twice, it is taken once. Raises Refusal."""
    if found.status in (ImportStatus.TAKING, ImportStatus.DONE):
        return
    if found.status is ImportStatus.CHECKING:
        raise Refusal(_("The files are still being looked over; wait for the end of it."))
    if found.status is ImportStatus.REFUSED:
        raise Refusal(_("This import was put away; send the files again."))
    if found.refused and not skip_refused:
        raise Refusal(
            ngettext(
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


def forget_file(import_id: int) -> None:
    db.session.execute(delete(ImportPart).where(ImportPart.import_id == import_id))
