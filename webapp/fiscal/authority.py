"""Who authorises a note and takes what follows it: the real authority or the sandbox, behind one
protocol.

Sources: MOC 7.0 with its annexes; technical notes 2014.002 (distribution) and 2011.006 (events).
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Meaning(StrEnum):
    """What an answer to a note means for us."""

    AUTHORIZED = "authorized"
    # Ask again later, with the same bytes; query the key first.
    WAIT = "wait"
    # Asked too often: leave the service alone for an hour.
    REST = "rest"
    # This very key is authorised already: query it.
    DUPLICATE = "duplicate"
    # Another key has the number, which the reason names; or the number was voided.
    OTHER_NOTE = "other_note"
    CANCELLED_ELSEWHERE = "cancelled_elsewhere"
    # The key never arrived: send it.
    UNKNOWN = "unknown"
    # A person mends it.
    REFUSED = "refused"


DUPLICATE = "204"
# Our own, of three digits like the authority's: of several that were sent at once this one got no
# answer; the register is asked nowhere.
NOT_ANSWERED = "000"
# By cStat; every other code is a refusal.
MEANINGS = {
    **dict.fromkeys(("100", "120", "150"), Meaning.AUTHORIZED),
    **dict.fromkeys(("103", "105", "108", "109", "113", "114", "999", NOT_ANSWERED), Meaning.WAIT),
    "656": Meaning.REST,
    DUPLICATE: Meaning.DUPLICATE,
    **dict.fromkeys(("206", "539"), Meaning.OTHER_NOTE),
    **dict.fromkeys(("101", "151", "155", "218"), Meaning.CANCELLED_ELSEWHERE),
    "217": Meaning.UNKNOWN,
}
REGISTERED_EVENT = {"135", "136", "155"}
DUPLICATE_EVENT = "573"
VOIDED = "102"
UP = "107"
DOCUMENTS_FOUND, NO_DOCUMENTS = "138", "137"
ONE_REGISTRATION, SEVERAL_REGISTRATIONS = "111", "112"


def meaning_of(code: str) -> Meaning:
    return MEANINGS.get(code, Meaning.REFUSED)


class Service(StrEnum):
    """One kind of call; each may be away, or told to rest, by itself."""

    AUTHORIZATION = "authorization"
    QUERY = "query"
    STATUS = "status"
    EVENT = "event"
    VOIDING = "voiding"
    REGISTER = "register"
    DISTRIBUTION = "distribution"


class AuthorityAway(Exception):
    """It could not be asked, or its answer was lost: nothing is known of what was sent. `cause` is
    a message for people, to be translated; `retry_at` when it is worth another try, if that is
    known; `was_sent` is False where there was no connection to send anything over."""

    def __init__(
        self,
        service: Service,
        cause: str,
        retry_at: datetime | None = None,
        was_sent: bool = True,
    ):
        super().__init__(f"{service}: {cause}")
        self.service, self.cause, self.retry_at = service, cause, retry_at
        self.was_sent = was_sent


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer for one note. `protocol`, `received_at` and `protnfe` (the bytes to keep) come
    with an authorisation, also of a note that was cancelled since; `events` (each a procEventoNFe)
    with a query."""

    access_key: str
    code: str
    reason: str
    protocol: str | None = None
    received_at: datetime | None = None
    protnfe: bytes | None = None
    events: tuple[bytes, ...] = field(default=(), compare=False)

    @property
    def meaning(self) -> Meaning:
        return meaning_of(self.code)

    @property
    def is_authorized(self) -> bool:
        return self.meaning is Meaning.AUTHORIZED

    @property
    def is_duplicate(self) -> bool:
        """The very key is authorised already: query it instead of mending anything."""
        return self.meaning is Meaning.DUPLICATE


@dataclass(frozen=True, slots=True)
class EventAnswer:
    """The answer for one event of `kind` (tpEvento). `ret_event` is the retEvento to keep."""

    access_key: str
    kind: str
    sequence: int
    code: str
    reason: str
    protocol: str | None = None
    registered_at: datetime | None = None
    ret_event: bytes | None = None

    @property
    def is_registered(self) -> bool:
        return self.code in REGISTERED_EVENT

    @property
    def is_duplicate(self) -> bool:
        """This very event is registered already: query the note and keep that one."""
        return self.code == DUPLICATE_EVENT


@dataclass(frozen=True, slots=True)
class VoidingAnswer:
    """`ret_void` is the retInutNFe to keep."""

    code: str
    reason: str
    protocol: str | None = None
    received_at: datetime | None = None
    ret_void: bytes | None = None

    @property
    def is_done(self) -> bool:
        return self.code == VOIDED


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    code: str
    reason: str

    @property
    def is_up(self) -> bool:
        return self.code == UP


@dataclass(frozen=True, slots=True)
class Registration:
    """A company as a state's register of contributors has it."""

    state: str
    document: str
    state_registration: str
    is_active: bool
    name: str


@dataclass(frozen=True, slots=True)
class RegistrationAnswer:
    code: str
    reason: str
    entries: tuple[Registration, ...] = ()

    @property
    def is_asked(self) -> bool:
        """Whether a register was asked at all: the sandbox has none, nor has every state."""
        return self.code != NOT_ANSWERED


@dataclass(frozen=True, slots=True)
class Batch:
    """Documents of the distribution, each its NSU, the name of its schema and the unpacked XML.
    Those after `last_nsu` are asked for next, up to `highest_nsu`."""

    code: str
    reason: str
    last_nsu: int
    highest_nsu: int
    documents: tuple[tuple[int, str, bytes], ...] = ()


class Authority(Protocol):
    """Calls on several answer in the order of what they were given. Each raises AuthorityAway."""

    def authorize(self, signed: list[bytes]) -> list[Answer]: ...

    def query(self, access_keys: list[str]) -> list[Answer]: ...

    def event(self, signed: list[bytes]) -> list[EventAnswer]: ...

    def void(self, signed: bytes) -> VoidingAnswer: ...

    def status(self, contingency: bool = False) -> ServiceStatus:
        """Of the state's own service, or of the one that stands in for it (SVC)."""
        ...

    def register(self, state: str, cnpj: str) -> RegistrationAnswer:
        """What the state's register of contributors has of a company."""
        ...

    def distribution(self, state: str, cnpj: str, after_nsu: int) -> Batch:
        """The next documents that others issued against the company."""
        ...
