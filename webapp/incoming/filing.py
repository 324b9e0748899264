"""Notes and events into the shop's own records; whatever comes twice is there once."""

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import asdict
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import select

from webapp.fiscal.foreign import (
    ForeignEvent,
    ForeignNote,
    Protocol,
    Signed,
    Summary,
    party_document,
)
from webapp.incoming.models import IncomingEvent, IncomingNote, NoteStatus
from webapp.invoices.models import Invoice, InvoiceStatus
from webapp.platform.database import db
from webapp.platform.text import searchable
from webapp.platform.whole import whole_number
from webapp.store.models import Shop
from webapp.store.queries import the_shop

Facts = dict[str, Any]
# Events by which an issuer takes its note back.
CANCELLING = ("110111", "110112")


class Filed(NamedTuple):
    """What was read of a file, as JSON, with the file itself."""

    facts: Facts
    content: bytes


def note_facts(note: ForeignNote, is_own: bool) -> Facts:
    issuer, recipient = note.issuer, note.recipient
    return {
        "access_key": note.access_key,
        "is_own": is_own,
        "series": note.series,
        "number": note.number,
        "issuer_document": party_document(issuer),
        "issuer_name": issuer.get("xNome", "")[:60],
        "recipient_document": party_document(recipient),
        "recipient_name": recipient.get("xNome", "")[:60],
        "issued_at": note.issued_at.isoformat(),
        "total": str(note.total),
        "protocol": note.protocol,
        "verdicts": note.verdicts.to_json(),
    }


def event_facts(event: ForeignEvent) -> Facts:
    facts = asdict(event) | {"at": event.at.isoformat()}
    del facts["signature"]
    return facts


def keys_here(keys: Collection[str]) -> set[str]:
    """Of these access keys those whose whole note is here: it came in, or is an NF-e of a sale."""
    came = select(IncomingNote.access_key).where(
        IncomingNote.access_key.in_(keys), IncomingNote.is_whole
    )
    issued = select(Invoice.access_key).where(
        Invoice.access_key.in_(keys),
        Invoice.status.in_([InvoiceStatus.AUTHORIZED, InvoiceStatus.CANCELLED]),
    )
    return {*db.session.scalars(came), *db.session.scalars(issued)}


def events_here(event_ids: Collection[str]) -> set[str]:
    query = select(IncomingEvent.event_id).where(IncomingEvent.event_id.in_(event_ids))
    return set(db.session.scalars(query))


def file_notes(
    found: Iterable[Filed], status: NoteStatus, import_id: int | None = None
) -> list[IncomingNote]:
    """New notes in `status`; those of which there is but a summary, or a worse copy, get the file.
    An import's are known: a person chose them."""
    by_key = {each.facts["access_key"]: each for each in found}
    query = select(IncomingNote).where(IncomingNote.access_key.in_(by_key)).with_for_update()
    here = {note.access_key: note for note in db.session.scalars(query)}
    issued = keys_here(by_key) - here.keys()
    cancelled = _cancelled(by_key)
    notes = []
    for key, each in by_key.items():
        if key in issued:
            continue
        note = here.get(key)
        if note is None:
            note = IncomingNote(status=status, has_content=False, is_whole=False, verdicts={})
            db.session.add(note)
        if _is_better(each.facts, note):
            _fill(note, each, import_id)
        if status is NoteStatus.KNOWN:
            note.know()
        if key in cancelled:
            note.cancel()
        notes.append(note)
    return notes


def file_summaries(found: Iterable[Summary]) -> list[IncomingNote]:
    """The new ones among them, of which no more is known yet."""
    by_key = {each.access_key: each for each in found}
    query = select(IncomingNote).where(IncomingNote.access_key.in_(by_key)).with_for_update()
    here = {note.access_key: note for note in db.session.scalars(query)}
    shop, cancelled, new = the_shop(), _cancelled(by_key), []
    for key, each in by_key.items():
        note = here.get(key)
        if note is None:
            note = _summed_up(each, shop)
            db.session.add(note)
            new.append(note)
        if each.is_cancelled or key in cancelled:
            note.cancel()
    db.session.flush()
    return [note for note in new if note.status is NoteStatus.UNKNOWN]


def _summed_up(told: Summary, shop: Shop) -> IncomingNote:
    key = told.access_key
    return IncomingNote(
        access_key=key,
        status=NoteStatus.UNKNOWN,
        is_own=False,
        series=whole_number(key[22:25]) or 0,
        number=whole_number(key[25:34]) or 0,
        issuer_document=told.issuer_document,
        issuer_name=told.issuer_name,
        recipient_document=shop.cnpj,
        recipient_name=shop.name[:60],
        issued_at=told.issued_at,
        total=told.total,
        protocol=told.protocol,
        verdicts={},
        has_content=False,
        is_whole=False,
        search_text=searchable(key, key[25:34].lstrip("0"), told.issuer_name, told.issuer_document),
    )


def _cancelled(keys: Collection[str]) -> set[str]:
    query = select(IncomingEvent.access_key).where(
        IncomingEvent.access_key.in_(keys), IncomingEvent.kind.in_(CANCELLING)
    )
    return set(db.session.scalars(query))


def _is_better(facts: Facts, note: IncomingNote) -> bool:
    """Whether the file tells more for sure than what is here."""
    return not note.has_content or _worth(facts["verdicts"]) > _worth(note.verdicts)


def _worth(verdicts: Facts) -> tuple[bool, bool]:
    return verdicts["signature"] == Signed.VERIFIED, verdicts["protocol"] == Protocol.EQUAL


def _fill(note: IncomingNote, found: Filed, import_id: int | None) -> None:
    facts = found.facts
    for name, value in facts.items():
        setattr(note, name, value)
    note.issued_at = dt.datetime.fromisoformat(facts["issued_at"])
    note.total = Decimal(facts["total"])
    note.content, note.has_content, note.import_id = found.content, True, import_id
    note.is_whole = all(_worth(note.verdicts))
    note.search_text = searchable(
        facts["access_key"],
        str(facts["number"]),
        facts["issuer_name"],
        facts["issuer_document"],
        facts["recipient_name"],
        facts["recipient_document"],
    )


def file_events(found: Iterable[Filed]) -> None:
    """Once each; a note that its issuer took back is so from then on."""
    by_id = {each.facts["event_id"]: each for each in found}
    here = events_here(by_id)
    for event_id, each in by_id.items():
        if event_id not in here:
            at = dt.datetime.fromisoformat(each.facts["at"])
            db.session.add(IncomingEvent(**each.facts | {"at": at}, content=each.content))
    keys = {each.facts["access_key"] for each in by_id.values() if each.facts["kind"] in CANCELLING}
    query = select(IncomingNote).where(IncomingNote.access_key.in_(keys)).with_for_update()
    for note in db.session.scalars(query):
        note.cancel()
