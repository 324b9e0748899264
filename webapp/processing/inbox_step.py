"""Documents issued against the shop, fetched from the authority by their running number (NSU)."""

import datetime as dt
import logging
from typing import NamedTuple

from webapp.authority.choosing import authority
from webapp.fiscal.authority import (
    DOCUMENTS_FOUND,
    NO_DOCUMENTS,
    AuthorityAway,
    Batch,
)
from webapp.fiscal.foreign import (
    ForeignEvent,
    Summary,
    Unreadable,
    party_document,
    read,
    read_summary,
)
from webapp.incoming.checking import ImportingShop, problem_of, problem_of_event
from webapp.incoming.filing import (
    Filed,
    event_facts,
    file_events,
    file_notes,
    file_summaries,
    note_facts,
)
from webapp.incoming.manifesting import DAYS, ask_manifestation
from webapp.incoming.models import REST, Inbox, InboxStatus, NoteStatus, Stance
from webapp.platform.database import db
from webapp.platform.transactions import only_reading
from webapp.processing.claims import Step
from webapp.processing.papers import asks_for_patience, wait_for_authority
from webapp.store.queries import the_shop

log = logging.getLogger(__name__)
ACTOR = "inbox"


class Fetched(NamedTuple):
    """What a look brought, read."""

    batch: Batch | AuthorityAway
    notes: list[Filed]
    summaries: list[Summary]
    events: list[Filed]
    unread: int


class InboxStep(Step[Inbox, dict[int, Fetched], dict[int, Fetched]]):
    """Fifty documents a turn. After the last of them the authority is left alone for an hour; asked
    too often, for another."""

    model = Inbox
    status = InboxStatus.OPEN
    batch = 1
    lease_seconds = 60
    most_alone = None

    def tries_left(self, row: Inbox) -> int:
        """Never used up: there is always another hour."""
        return 1

    def call_external(self, rows: list[Inbox]) -> dict[int, Fetched]:
        return {row.id: _fetch(row) for row in rows}

    def write_row(self, row: Inbox, shared: dict[int, Fetched], now: dt.datetime) -> None:
        batch, notes, summaries, events, unread = shared[row.id]
        if isinstance(batch, AuthorityAway):
            wait_for_authority(row, now, batch)
            return
        row.heard(batch.code, batch.reason, now)
        if asks_for_patience(batch.code):
            wait_for_authority(row, now, batch.code)
            return
        if batch.code not in (DOCUMENTS_FOUND, NO_DOCUMENTS):
            row.try_later(now + REST, f"{batch.code} {batch.reason}")
            return
        row.unread += unread
        file_events(events)
        file_notes(notes, NoteStatus.UNKNOWN)
        for note in file_summaries(summaries):
            if now - note.issued_at < dt.timedelta(days=DAYS[Stance.AWARENESS]):
                ask_manifestation(note, Stance.AWARENESS, "", ACTOR)
        row.read_to(batch.last_nsu, batch.highest_nsu, now)


def _fetch(row: Inbox) -> Fetched:
    with only_reading():
        state, shop = the_shop().state, ImportingShop.now()
        db.session.rollback()
    try:
        batch = authority().distribution(state, row.cnpj, row.last_nsu)
    except AuthorityAway as away:
        return Fetched(away, [], [], [], 0)
    fetched, unread = Fetched(batch, [], [], [], 0), 0
    for nsu, schema, content in batch.documents:
        try:
            _sort(schema, content, shop, fetched)
        except Unreadable as refused:
            unread += 1
            log.warning("document %s (%s) is not read: %s", nsu, schema, refused.code)
        except Exception:
            # A fault of ours with one of them, after which the next ones come all the same.
            unread += 1
            log.exception("document %s (%s) is not read", nsu, schema)
    return fetched._replace(unread=unread)


def _sort(schema: str, content: bytes, shop: ImportingShop, fetched: Fetched) -> None:
    """Raises Unreadable."""
    is_summary = schema.startswith("res")
    found = read_summary(content) if is_summary else read(content, shop.book)
    if isinstance(found, ForeignEvent):
        if not is_summary and (problem := problem_of_event(found)):
            raise Unreadable(problem)
        fetched.events.append(Filed(event_facts(found), content))
    elif isinstance(found, Summary):
        fetched.summaries.append(found)
    elif not shop.is_own(party_document(found.issuer)):
        if problem := problem_of(found, shop):
            raise Unreadable(problem)
        fetched.notes.append(Filed(note_facts(found, is_own=False), content))
