"""Imports: every file looked over, then what is fit taken in, slice by slice."""

import datetime as dt
from time import monotonic
from typing import NamedTuple

from sqlalchemy import select

from webapp.imports.models import Import, ImportRow, ImportStatus, RowOutcome
from webapp.incoming.archives import content_of, opened
from webapp.incoming.checking import (
    CheckedFile,
    ImportingShop,
    check_file,
    mark_known,
    with_unmatched,
)
from webapp.incoming.filing import Filed, file_events, file_notes
from webapp.incoming.importing import forget_file
from webapp.incoming.models import NoteStatus
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.processing.slicing import SLICE_SECONDS, SlicedStep

# Files that are written by one statement and kept in memory for it.
CHUNK = 250


class ImportGivenUp:
    """What is done with an import that fails again and again."""

    def give_up(self, row: Import, error: str) -> None:
        row.fail(error, utc_now())
        forget_file(row.id)


class CheckStep(ImportGivenUp, SlicedStep[Import, list[CheckedFile]]):
    model = Import
    status = ImportStatus.CHECKING

    def slice_of(self, row: Import) -> list[CheckedFile]:
        shop, end = ImportingShop.now(), monotonic() + SLICE_SECONDS
        checked: list[CheckedFile] = []
        with opened(row.id, row.size) as archive:
            entries = archive.infolist()[row.position :]
            for number, entry in enumerate(entries, row.position + 1):
                checked.append(check_file(archive, entry, number, shop))
                if monotonic() >= end:
                    break
        db.session.rollback()
        return checked

    def write_row(
        self, row: Import, shared: dict[int, list[CheckedFile]], now: dt.datetime
    ) -> None:
        checked = shared[row.id]
        mark_known(checked, row.id)
        row.unmatched = with_unmatched(row.unmatched, checked)
        for each in checked:
            row.refused += each.outcome is RowOutcome.REFUSED
            row.known += each.outcome is RowOutcome.KNOWN
            row.accepted += each.outcome is not RowOutcome.REFUSED
            db.session.add(each.row(row.id))
        row.go_on(len(checked), now)


class TakenSlice(NamedTuple):
    """`upto`: the rows up to this number are done with it."""

    upto: int
    notes: list[Filed]
    events: list[Filed]


class TakeStep(ImportGivenUp, SlicedStep[Import, TakenSlice]):
    model = Import
    status = ImportStatus.TAKING

    def slice_of(self, row: Import) -> TakenSlice:
        query = select(ImportRow.number, ImportRow.facts).where(
            ImportRow.import_id == row.id,
            ImportRow.outcome == RowOutcome.ACCEPTED,
            ImportRow.number > row.position,
        )
        found = db.session.execute(query.order_by(ImportRow.number).limit(CHUNK)).all()
        taken = TakenSlice(found[-1].number if len(found) == CHUNK else row.rows, [], [])
        with opened(row.id, row.size) as archive:
            entries = archive.infolist()
            for number, facts in found:
                filed = Filed(facts, content_of(archive, entries[number - 1]))
                (taken.events if "event_id" in facts else taken.notes).append(filed)
        db.session.rollback()
        return taken

    def write_row(self, row: Import, shared: dict[int, TakenSlice], now: dt.datetime) -> None:
        taken = shared[row.id]
        file_events(taken.events)
        file_notes(taken.notes, NoteStatus.KNOWN, row.id)
        row.go_on(taken.upto - row.position, now)
        if row.status is ImportStatus.DONE:
            forget_file(row.id)
