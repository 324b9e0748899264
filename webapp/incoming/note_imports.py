"""Files of NF-e and their events: looked over one by one, then taken in."""

from time import monotonic
from typing import NamedTuple

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select

from webapp.imports.models import Import, ImportKind, ImportRow, RowOutcome
from webapp.imports.storage import keep
from webapp.imports.works import ImportWork, Sending
from webapp.incoming.archives import LONGEST_NAME, as_archive, content_of, look_over, opened
from webapp.incoming.checking import (
    CheckedFile,
    ImportingShop,
    check_file,
    mark_known,
    with_unmatched,
)
from webapp.incoming.filing import Filed, file_events, file_notes
from webapp.incoming.models import NoteStatus
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.errors import FieldError, Invalid
from webapp.platform.text import storable

# Files that are written by one statement and kept in memory for it.
CHUNK = 250


class FetchedNotes(NamedTuple):
    """`upto`: the rows up to this number are done with it."""

    upto: int
    notes: list[Filed]
    events: list[Filed]


class NotesImport(ImportWork[list[CheckedFile], FetchedNotes]):
    kind = ImportKind.NOTES
    role = "manager"
    readers = ("manager", "accountant")

    def begin(self, sending: Sending) -> Import:
        files = [file for file in sending.files if file.filename]
        if not files:
            raise Invalid([FieldError("file", _("Choose a file."))])
        name = storable(files[0].filename or "")
        if len(files) > 1:
            name = ngettext("%(num)s file", "%(num)s files", len(files))
        with as_archive(files) as archive:
            names = look_over(archive)
            begun = Import(
                kind=self.kind,
                file_name=name[:LONGEST_NAME],
                rows=len(names),
                asked_by=sending.asked_by,
            )
            begun.begin(utc_now())
            db.session.add(begun)
            db.session.flush()
            begun.size = keep(begun.id, archive)
        return begun

    def look_over(self, row: Import, end: float) -> list[CheckedFile]:
        shop = ImportingShop.now()
        checked: list[CheckedFile] = []
        with opened(row.id, row.size) as archive:
            entries = archive.infolist()[row.position :]
            for number, entry in enumerate(entries, row.position + 1):
                checked.append(check_file(archive, entry, number, shop))
                if monotonic() >= end:
                    break
        db.session.rollback()
        return checked

    def keep(self, row: Import, looked: list[CheckedFile]) -> None:
        mark_known(looked, row.id)
        row.unmatched = with_unmatched(row.unmatched, looked)
        for each in looked:
            row.refused += each.outcome is RowOutcome.REFUSED
            row.known += each.outcome is RowOutcome.KNOWN
            row.accepted += each.outcome is not RowOutcome.REFUSED
            db.session.add(each.row(row.id))
        row.go_on(len(looked), utc_now())

    def fetch(self, row: Import) -> FetchedNotes:
        query = select(ImportRow.number, ImportRow.facts).where(
            ImportRow.import_id == row.id,
            ImportRow.outcome == RowOutcome.ACCEPTED,
            ImportRow.number > row.position,
        )
        found = db.session.execute(query.order_by(ImportRow.number).limit(CHUNK)).all()
        fetched = FetchedNotes(found[-1].number if len(found) == CHUNK else row.rows, [], [])
        with opened(row.id, row.size) as archive:
            entries = archive.infolist()
            for number, facts in found:
                filed = Filed(facts, content_of(archive, entries[number - 1]))
                (fetched.events if "event_id" in facts else fetched.notes).append(filed)
        db.session.rollback()
        return fetched

    def take(self, row: Import, fetched: FetchedNotes) -> int:
        file_events(fetched.events)
        file_notes(fetched.notes, NoteStatus.KNOWN, row.id)
        return fetched.upto - row.position
