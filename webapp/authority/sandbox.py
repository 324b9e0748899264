"""The sandbox authority with its memory in the database."""

import contextlib
import re
from collections.abc import Sequence
from dataclasses import fields
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, CompoundSelect, false, func, or_, select, union

from webapp.authority.models import SandboxDocument, SandboxEvent, SandboxNote, SandboxVoiding
from webapp.authority.scenarios import SCENARIOS, played, stands_still
from webapp.fiscal.access_key import emission_of, key_of
from webapp.fiscal.authority import (
    Answer,
    Batch,
    EventAnswer,
    RegistrationAnswer,
    Service,
    ServiceStatus,
    VoidingAnswer,
)
from webapp.fiscal.sandbox import MOST_DOCUMENTS, SandboxAuthority
from webapp.fiscal.sandbox_ledger import (
    EventEntry,
    LedgerEntry,
    MemoryLedger,
    VoidingEntry,
    WaitingDocument,
)
from webapp.fiscal.sandbox_played import PlayedAuthority
from webapp.fiscal.standby import STANDBY_NAMES
from webapp.fiscal.tax_book import EXAMPLE_BOOK, TaxBook
from webapp.platform.database import Model, db
from webapp.platform.transactions import only_reading
from webapp.taxation.book import the_tax_book

_EVENT_KEY = re.compile(rb"<chNFe>([0-9A-Z]{44})</chNFe>")
_RANGE = re.compile(
    rb"<CNPJ>([0-9A-Z]{14})</CNPJ>.*<serie>([0-9]{1,3})</serie>"
    rb"<nNFIni>([0-9]{1,9})</nNFIni><nNFFin>([0-9]{1,9})</nNFFin>",
    re.DOTALL,
)
TABLES: dict[type, type[Model]] = {
    LedgerEntry: SandboxNote,
    EventEntry: SandboxEvent,
    VoidingEntry: SandboxVoiding,
    WaitingDocument: SandboxDocument,
}


class Sandbox:
    """Each call is a transaction of its own, and the judging is done outside of any: only the
    writing of what was authorized, registered or voided takes the lock."""

    def authorize(self, signed: list[bytes]) -> list[Answer]:
        keys = [key_of(document) for document in signed]
        with _played(Service.AUTHORIZATION, keys) as code:
            ledger, book = remembered(keys)
            answers = _judge(ledger, code, book).authorize(signed)
            _keep(ledger)
        return answers

    def query(self, access_keys: list[str]) -> list[Answer]:
        with _played(Service.QUERY, access_keys) as code:
            ledger, _book = remembered(access_keys)
            return _judge(ledger, code).query(access_keys)

    def event(self, signed: list[bytes]) -> list[EventAnswer]:
        found = [_EVENT_KEY.search(document) for document in signed]
        keys = [one[1].decode() for one in found if one]
        with _played(Service.EVENT, keys) as code:
            ledger = _of_events(keys)
            answers = _judge(ledger, code).event(signed)
            _keep(ledger)
        return answers

    def void(self, signed: bytes) -> VoidingAnswer:
        with played(Service.VOIDING) as code:
            ledger = _of_range(signed)
            answer = _judge(ledger, code).void(signed)
            _keep(ledger)
        return answer

    def status(self, contingency: bool = False) -> ServiceStatus:
        if not contingency and (code := stands_still()):
            return ServiceStatus(code, SCENARIOS[code].reason)
        return SandboxAuthority(MemoryLedger()).status(contingency)

    def register(self, state: str, cnpj: str) -> RegistrationAnswer:
        return SandboxAuthority(MemoryLedger()).register(state, cnpj)

    def distribution(self, state: str, cnpj: str, after_nsu: int) -> Batch:
        ledger = MemoryLedger()
        with only_reading():
            own, nsu = SandboxDocument.cnpj == cnpj, SandboxDocument.nsu
            found = _entries(WaitingDocument, own & (nsu > after_nsu), nsu, most=MOST_DOCUMENTS)
            highest = nsu == select(func.max(nsu)).where(own).scalar_subquery()
            last = [one for one in _entries(WaitingDocument, highest) if one not in found]
            ledger.documents = found + last
            db.session.rollback()
        with played(Service.DISTRIBUTION) as code:
            return _judge(ledger, code).distribution(state, cnpj, after_nsu)


def _played(service: Service, access_keys: list[str]) -> contextlib.AbstractContextManager[str]:
    """What is played is the state's own service: notes that go to the one in its stead, and what
    follows them, are judged."""
    if any(emission_of(key) in STANDBY_NAMES for key in access_keys):
        return contextlib.nullcontext("")
    return played(service)


def _judge(
    ledger: MemoryLedger, code: str, book: TaxBook = EXAMPLE_BOOK
) -> SandboxAuthority | PlayedAuthority:
    judge = SandboxAuthority(ledger, book=book)
    return PlayedAuthority(judge, ledger, code, SCENARIOS[code].reason) if code else judge


class DatabaseLedger(MemoryLedger):
    """What the sandbox remembers of some keys and numbers, and what it learned since."""

    def __init__(self) -> None:
        super().__init__()
        self.new: list[LedgerEntry | EventEntry | VoidingEntry] = []

    def knows(
        self,
        notes: Sequence[LedgerEntry] = (),
        events: Sequence[EventEntry] = (),
        voidings: Sequence[VoidingEntry] = (),
        documents: Sequence[WaitingDocument] = (),
    ) -> "DatabaseLedger":
        for note in notes:
            super().record(note)
        for event in events:
            super().record_event(event)
        for voiding in voidings:
            super().record_voiding(voiding)
        self.documents = list(documents)
        return self

    def record(self, entry: LedgerEntry) -> bool:
        return super().record(entry) and self._learned(entry)

    def record_event(self, entry: EventEntry) -> bool:
        return super().record_event(entry) and self._learned(entry)

    def record_voiding(self, entry: VoidingEntry) -> bool:
        return super().record_voiding(entry) and self._learned(entry)

    def _learned(self, entry: LedgerEntry | EventEntry | VoidingEntry) -> bool:
        self.new.append(entry)
        return True


def _keep(ledger: DatabaseLedger) -> None:
    if not ledger.new:
        return
    for kind in dict.fromkeys(map(type, ledger.new)):
        names = [field.name for field in fields(kind)]
        rows = [
            {name: getattr(entry, name) for name in names}
            for entry in ledger.new
            if type(entry) is kind
        ]
        db.session.execute(TABLES[kind].__table__.insert(), rows)
    db.session.commit()


def remembered(access_keys: list[str]) -> tuple[DatabaseLedger, TaxBook]:
    """What the database knows of these keys and of the numbers they bear (issuer, series and number
    are in a key), and of the rates and schemas by which a note is judged."""
    with only_reading():
        ledger = DatabaseLedger().knows(
            notes=[LedgerEntry(*row) for row in db.session.execute(notes_like(access_keys))],
            events=_entries(EventEntry, SandboxEvent.access_key.in_(access_keys)),
            voidings=_entries(VoidingEntry, _voids_one_of(access_keys)),
        )
        book = the_tax_book()
        db.session.rollback()
    return ledger, book


def _of_events(access_keys: list[str]) -> DatabaseLedger:
    """What the database knows of the notes that events are about."""
    with only_reading():
        ledger = DatabaseLedger().knows(
            notes=_entries(LedgerEntry, SandboxNote.access_key.in_(access_keys)),
            events=_entries(EventEntry, SandboxEvent.access_key.in_(access_keys)),
            documents=_entries(WaitingDocument, SandboxDocument.access_key.in_(access_keys)),
        )
        db.session.rollback()
    return ledger


def _of_range(signed: bytes) -> DatabaseLedger:
    """What the database knows of the numbers that are to be voided."""
    ledger, found = DatabaseLedger(), _RANGE.search(signed)
    if not found:
        return ledger
    cnpj, (series, first, last) = found[1].decode(), map(int, found.groups()[1:])
    of_series = (SandboxNote.cnpj == cnpj) & (SandboxNote.series == series)
    used = of_series & SandboxNote.number.between(first, last)
    with only_reading():
        ledger.knows(
            notes=_entries(LedgerEntry, used, SandboxNote.number, most=1),
            voidings=_entries(VoidingEntry, _voids(cnpj, series, first, last)),
        )
        db.session.rollback()
    return ledger


Entry = TypeVar("Entry")


def _entries(
    kind: type[Entry], condition: ColumnElement[bool], *order: Any, most: int | None = None
) -> list[Entry]:
    query = select(*_columns(kind)).where(condition).order_by(*order).limit(most)
    return [kind(*row) for row in db.session.execute(query)]


def _columns(kind: type) -> list[Any]:
    return [getattr(TABLES[kind], field.name) for field in fields(kind)]


def _voids(cnpj: str, series: int, first: int, last: int) -> ColumnElement[bool]:
    of_series = (SandboxVoiding.cnpj == cnpj) & (SandboxVoiding.series == series)
    return of_series & (SandboxVoiding.first <= last) & (SandboxVoiding.last >= first)


def _voids_one_of(access_keys: list[str]) -> ColumnElement[bool]:
    places = _numbers(access_keys).items()
    return or_(
        false(), *(_voids(*series, min(numbers), max(numbers)) for series, numbers in places)
    )


def _numbers(access_keys: list[str]) -> dict[tuple[str, int], list[int]]:
    """The numbers that keys bear, by issuer and series."""
    numbers: dict[tuple[str, int], list[int]] = {}
    for key in access_keys:
        numbers.setdefault((key[6:20], int(key[22:25])), []).append(int(key[25:34]))
    return numbers


def notes_like(access_keys: list[str]) -> CompoundSelect[Any]:
    """Each part by an index of its own: of parts joined by OR, or of whole places in one list,
    SQLite walks through all notes."""
    parts: list[ColumnElement[bool]] = [SandboxNote.access_key.in_(access_keys)]
    for (cnpj, series), some in _numbers(access_keys).items():
        of_series = (SandboxNote.cnpj == cnpj) & (SandboxNote.series == series)
        parts.append(of_series & SandboxNote.number.in_(some))
    return union(*(select(*_columns(LedgerEntry)).where(part) for part in parts))
