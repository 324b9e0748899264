"""A sandbox that answers a code it is told, whatever it would say itself; what the code means has
happened by then, so that what is asked next fits it."""

from datetime import datetime

from webapp.fiscal.access_key import key_of, random_code
from webapp.fiscal.authority import (
    DUPLICATE_EVENT,
    Answer,
    Batch,
    EventAnswer,
    Meaning,
    VoidingAnswer,
    meaning_of,
)
from webapp.fiscal.digits import mod11
from webapp.fiscal.reading import named_by
from webapp.fiscal.sandbox import SandboxAuthority, entry_of
from webapp.fiscal.sandbox_events import protocol_of
from webapp.fiscal.sandbox_ledger import CANCELLATION, EventEntry, Ledger, LedgerEntry

OTHER_KEY, REPEATED_VOIDING = "539", "256"


class PlayedAuthority:
    """`judge` is the sandbox on the same `ledger`."""

    def __init__(self, judge: SandboxAuthority, ledger: Ledger, code: str, reason: str):
        self._judge, self._ledger, self._code, self._reason = judge, ledger, code, reason

    def authorize(self, signed: list[bytes]) -> list[Answer]:
        meaning = meaning_of(self._code)
        if meaning is Meaning.AUTHORIZED:
            return self._judge.granting(self._code, self._reason).authorize(signed)
        if self._code == OTHER_KEY:
            for document in signed:
                self._ledger.record(_another(key_of(document), self._judge.now()))
            return self._judge.authorize(signed)
        if meaning in (Meaning.DUPLICATE, Meaning.CANCELLED_ELSEWHERE):
            for answer in self._judge.authorize(signed):
                if answer.is_authorized and meaning is Meaning.CANCELLED_ELSEWHERE:
                    self._ledger.record_event(_cancelled(answer.access_key, self._judge.now()))
            if meaning is Meaning.DUPLICATE:
                return self._judge.authorize(signed)
        return self._named(signed)

    def query(self, access_keys: list[str]) -> list[Answer]:
        return [Answer(key, self._code, self._reason) for key in access_keys]

    def event(self, signed: list[bytes]) -> list[EventAnswer]:
        if self._code == DUPLICATE_EVENT:
            self._judge.event(signed)
            return self._judge.event(signed)
        return [EventAnswer(*named_by(one), self._code, self._reason) for one in signed]

    def void(self, signed: bytes) -> VoidingAnswer:
        if self._code == REPEATED_VOIDING:
            self._judge.void(signed)
            return self._judge.void(signed)
        return VoidingAnswer(self._code, self._reason)

    def distribution(self, state: str, cnpj: str, after_nsu: int) -> Batch:
        return Batch(self._code, self._reason, after_nsu, after_nsu)

    def _named(self, signed: list[bytes]) -> list[Answer]:
        return [Answer(key_of(one), self._code, self._reason) for one in signed]


def _another(key: str, now: datetime) -> LedgerEntry:
    """Another system's note under the number of this one."""
    body = key[:35] + random_code(int(key[25:34]))
    return entry_of(body + mod11(body), "AnotherSystemsDigest0000000=", now)


def _cancelled(key: str, now: datetime) -> EventEntry:
    """Registered by another system: its file is not here."""
    return EventEntry(key, CANCELLATION, 1, "135", protocol_of(key[:2], now), now, b"")
