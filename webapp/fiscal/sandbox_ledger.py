"""What the sandbox authority remembers: notes it authorized, events it registered, numbers it
voided, and what waits for a company at the distribution."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Protocol

CANCELLATION = "110111"


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """An authorised note as the ledger keeps it."""

    access_key: str
    cnpj: str
    series: int
    number: int
    digest: str
    protocol: str
    received_at: datetime
    protnfe: bytes


@dataclass(frozen=True, slots=True)
class EventEntry:
    """A registered event; `code` is 135, 136 or 155, `proc_event` the procEventoNFe."""

    access_key: str
    kind: str
    sequence: int
    code: str
    protocol: str
    registered_at: datetime
    proc_event: bytes


@dataclass(frozen=True, slots=True)
class VoidingEntry:
    """Numbers from `first` to `last` that no note has nor will have."""

    cnpj: str
    series: int
    first: int
    last: int
    protocol: str
    received_at: datetime
    ret_void: bytes


@dataclass(frozen=True, slots=True)
class WaitingDocument:
    """A document issued against a company: the name of its schema (resNFe_v1.01.xsd …) and the
    XML."""

    nsu: int
    cnpj: str
    access_key: str
    schema: str
    content: bytes


class Ledger(Protocol):
    """Each `record` is atomic: False, and nothing kept, if what it would record is there."""

    def find_key(self, access_key: str) -> LedgerEntry | None: ...

    def find_number(self, cnpj: str, series: int, number: int) -> LedgerEntry | None: ...

    def find_numbers(self, cnpj: str, series: int, first: int, last: int) -> bool:
        """Whether any number of a range is a note's."""
        ...

    def record(self, entry: LedgerEntry) -> bool: ...

    def events_of(self, access_key: str) -> list[EventEntry]: ...

    def record_event(self, entry: EventEntry) -> bool: ...

    def voidings_of(self, cnpj: str, series: int, first: int, last: int) -> list[VoidingEntry]:
        """Those that have a number in common with a range."""
        ...

    def record_voiding(self, entry: VoidingEntry) -> bool: ...

    def waiting(self, cnpj: str, after_nsu: int, most: int) -> list[WaitingDocument]:
        """In the order of their NSU."""
        ...

    def highest_nsu(self, cnpj: str) -> int: ...

    def is_waiting(self, access_key: str) -> bool: ...


class MemoryLedger:
    """A ledger that lives as long as its process."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._keys: dict[str, LedgerEntry] = {}
        self._numbers: dict[tuple[str, int, int], LedgerEntry] = {}
        self._events: defaultdict[str, list[EventEntry]] = defaultdict(list)
        self._voidings: list[VoidingEntry] = []
        self.documents: list[WaitingDocument] = []

    def find_key(self, access_key: str) -> LedgerEntry | None:
        return self._keys.get(access_key)

    def find_number(self, cnpj: str, series: int, number: int) -> LedgerEntry | None:
        return self._numbers.get((cnpj, series, number))

    def find_numbers(self, cnpj: str, series: int, first: int, last: int) -> bool:
        return any(
            (cnpj, series) == place[:2] and first <= place[2] <= last for place in self._numbers
        )

    def record(self, entry: LedgerEntry) -> bool:
        place = (entry.cnpj, entry.series, entry.number)
        with self._lock:
            if entry.access_key in self._keys or place in self._numbers:
                return False
            self._keys[entry.access_key] = self._numbers[place] = entry
        return True

    def events_of(self, access_key: str) -> list[EventEntry]:
        return list(self._events.get(access_key, ()))

    def record_event(self, entry: EventEntry) -> bool:
        with self._lock:
            events = self._events[entry.access_key]
            if any((one.kind, one.sequence) == (entry.kind, entry.sequence) for one in events):
                return False
            events.append(entry)
        return True

    def voidings_of(self, cnpj: str, series: int, first: int, last: int) -> list[VoidingEntry]:
        return [
            one
            for one in self._voidings
            if (one.cnpj, one.series) == (cnpj, series) and one.first <= last and first <= one.last
        ]

    def record_voiding(self, entry: VoidingEntry) -> bool:
        with self._lock:
            if self.voidings_of(entry.cnpj, entry.series, entry.first, entry.last):
                return False
            self._voidings.append(entry)
        return True

    def waiting(self, cnpj: str, after_nsu: int, most: int) -> list[WaitingDocument]:
        found = [one for one in self.documents if one.cnpj == cnpj and one.nsu > after_nsu]
        return sorted(found, key=lambda one: one.nsu)[:most]

    def highest_nsu(self, cnpj: str) -> int:
        return max((one.nsu for one in self.documents if one.cnpj == cnpj), default=0)

    def is_waiting(self, access_key: str) -> bool:
        return any(one.access_key == access_key for one in self.documents)
