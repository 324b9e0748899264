"""Who authorises a note: the real authority or the sandbox, behind one protocol."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

AUTHORIZED = {"100", "150"}
DUPLICATE = "204"


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer for one note. `protocol`, `received_at` and `protnfe` (the bytes to keep) come
    with an authorisation."""

    access_key: str
    code: str
    reason: str
    protocol: str | None = None
    received_at: datetime | None = None
    protnfe: bytes | None = None

    @property
    def is_authorized(self) -> bool:
        return self.code in AUTHORIZED

    @property
    def is_duplicate(self) -> bool:
        """The very key is authorised already: query it instead of mending anything."""
        return self.code == DUPLICATE


class Authority(Protocol):
    """Both calls answer in the order of what they were given; a lost answer is an exception of the
    transport."""

    def authorize(self, signed: list[bytes]) -> list[Answer]: ...

    def query(self, access_keys: list[str]) -> list[Answer]: ...
