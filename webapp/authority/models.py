"""The certificate that the shop signs with, how the authority's services are, and what the sandbox
remembers, which the shop's own code never reads."""

import datetime as dt
import enum
import statistics

from sqlalchemy import JSON, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.fiscal.authority import Service
from webapp.platform.columns import EnumText, UtcDateTime
from webapp.platform.database import Model
from webapp.platform.owed import Owed, due_index

# Times of answers that are kept of a service.
KEPT = 15
# After a question in vain everybody leaves a service alone for so long; after 656, an hour.
SHORT_REST, LONG_REST = dt.timedelta(seconds=5), dt.timedelta(hours=1)
# So long after it went away it is asked for the first time whether it is back.
FIRST_QUESTION = dt.timedelta(seconds=30)


class SandboxNote(Model):
    """A note it has authorized."""

    __tablename__ = "sandbox_notes"
    __table_args__ = (UniqueConstraint("cnpj", "series", "number"),)

    access_key: Mapped[str] = mapped_column(String(44), primary_key=True)
    cnpj: Mapped[str] = mapped_column(String(14))
    series: Mapped[int]
    number: Mapped[int]
    digest: Mapped[str] = mapped_column(String(40))
    protocol: Mapped[str] = mapped_column(String(20))
    received_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    protnfe: Mapped[bytes] = mapped_column(LargeBinary)


class SandboxEvent(Model):
    """An event it has registered."""

    __tablename__ = "sandbox_events"

    access_key: Mapped[str] = mapped_column(String(44), primary_key=True)
    kind: Mapped[str] = mapped_column(String(6), primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(4))
    protocol: Mapped[str] = mapped_column(String(20))
    registered_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    proc_event: Mapped[bytes] = mapped_column(LargeBinary)


class SandboxVoiding(Model):
    """Numbers it has voided."""

    __tablename__ = "sandbox_voidings"

    cnpj: Mapped[str] = mapped_column(String(14), primary_key=True)
    series: Mapped[int] = mapped_column(primary_key=True)
    first: Mapped[int] = mapped_column(primary_key=True)
    last: Mapped[int]
    protocol: Mapped[str] = mapped_column(String(20))
    received_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    ret_void: Mapped[bytes] = mapped_column(LargeBinary)


class SandboxDocument(Model):
    """A document that waits for a company at the distribution."""

    __tablename__ = "sandbox_documents"
    __table_args__ = (Index("ix_sandbox_documents_cnpj", "cnpj", "nsu"),)

    nsu: Mapped[int] = mapped_column(primary_key=True)
    cnpj: Mapped[str] = mapped_column(String(14))
    access_key: Mapped[str] = mapped_column(String(44), index=True)
    schema: Mapped[str] = mapped_column(String(40))
    content: Mapped[bytes] = mapped_column(LargeBinary)


class SandboxScenario(Model):
    """What it answers next: `code` to as many calls, of those that it fits, as `times` says."""

    __tablename__ = "sandbox_scenario"
    audited = ("code", "times")

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(10), default="")
    times: Mapped[int] = mapped_column(default=0)


class StoredCertificate(Model):
    """One row, or none: the A1 certificate that was taken on the settings page. Its key is sealed;
    nothing else of it is a secret."""

    __tablename__ = "certificates"
    audited = ("holder", "fingerprint", "expires_at")

    id: Mapped[int] = mapped_column(primary_key=True)
    der: Mapped[bytes] = mapped_column(LargeBinary)
    # The certificates that came with it, as PEM.
    chain: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_key: Mapped[bytes] = mapped_column(LargeBinary)
    # SHA-256 of the certificate.
    fingerprint: Mapped[str] = mapped_column(String(64))
    holder: Mapped[str] = mapped_column(String(120))
    expires_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    installed_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)

    @property
    def audit_name(self) -> str:
        return self.holder


class ServiceState(enum.StrEnum):
    UP = "up"
    # It does not answer, or says that it stands still.
    AWAY = "away"
    # The shop asked it too often; nothing is asked of it until the time is over.
    RESTING = "resting"
    # Somebody wants to know how it is.
    ASKED = "asked"


# Any of them may follow any other.
SERVICE_TRANSITIONS = {state: {*ServiceState} - {state} for state in ServiceState}


class AuthorityService(Owed, Model):
    """How one service of an authority is, as all workers see it. One that is away owes the question
    whether it is back."""

    __tablename__ = "authority_services"
    __table_args__ = (
        UniqueConstraint("authorizer", "service"),
        due_index("authority_services"),
    )
    live = "authority"

    id: Mapped[int] = mapped_column(primary_key=True)
    # SP, SVC-AN …: see `fiscal.standby`.
    authorizer: Mapped[str] = mapped_column(String(8))
    service: Mapped[Service] = mapped_column(EnumText(Service))
    status: Mapped[ServiceState] = mapped_column(EnumText(ServiceState), default=ServiceState.UP)
    # When it came into this state.
    since: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    # Nobody asks it before.
    rests_until: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    answered_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    # With which it says that it does not serve, and a message for people.
    code: Mapped[str] = mapped_column(String(4), default="")
    cause: Mapped[str] = mapped_column(String(200), default="")
    # How long it took to the last answers for a single document.
    milliseconds: Mapped[list[int]] = mapped_column(JSON, default=list)

    @property
    def median_milliseconds(self) -> int | None:
        return round(statistics.median(self.milliseconds)) if self.milliseconds else None

    def is_left_alone(self, now: dt.datetime) -> bool:
        return self.rests_until is not None and now < self.rests_until

    def answer(self, now: dt.datetime, milliseconds: int | None) -> None:
        if self.status is not ServiceState.UP:
            self._enter(ServiceState.UP, now)
            self.clear_work()
        self.rests_until, self.code, self.cause, self.answered_at = None, "", "", now
        if milliseconds is not None:
            self.milliseconds = [*self.milliseconds, milliseconds][-KEPT:]

    def miss(self, now: dt.datetime, code: str, cause: str, retry_at: dt.datetime | None) -> None:
        """It gave no answer, or (by `code`) said that it stands still."""
        if self.status is not ServiceState.AWAY:
            self._enter(ServiceState.AWAY, now)
            self.owe(now + FIRST_QUESTION)
        self.code, self.cause = code, cause[:200]
        self.rests_until = retry_at or now + SHORT_REST
        if code:
            self.answered_at = now

    def ask(self, now: dt.datetime) -> None:
        if self.status is not ServiceState.ASKED:
            self._enter(ServiceState.ASKED, now)
        self.rests_until = None
        self.owe(now)

    def rest(self, now: dt.datetime, code: str) -> None:
        self._enter(ServiceState.RESTING, now)
        self.clear_work()
        self.code, self.cause, self.answered_at = code, "", now
        self.rests_until = now + LONG_REST

    def _enter(self, status: ServiceState, now: dt.datetime) -> None:
        self.status, self.since = status, now


# The SQL condition: the service that NF-e are sent to does not serve.
TAKES_NO_NOTES = (AuthorityService.service == Service.AUTHORIZATION) & AuthorityService.status.in_(
    (ServiceState.AWAY, ServiceState.RESTING)
)


class Contingency(Model):
    """A time in which NF-e go to the service that stands in for the state's own (SVC)."""

    __tablename__ = "contingencies"
    __table_args__ = (
        # One at a time.
        Index(
            "ix_contingencies_present",
            text("(until IS NULL)"),
            unique=True,
            sqlite_where=text("until IS NULL"),
            postgresql_where=text("until IS NULL"),
        ),
    )
    live = "authority"
    audited = ("since", "reason", "until")

    id: Mapped[int] = mapped_column(primary_key=True)
    since: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    # As the NF-e tell it (xJust).
    reason: Mapped[str] = mapped_column(String(256))
    by_itself: Mapped[bool]
    until: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)

    @property
    def audit_name(self) -> str:
        return self.reason


class TrustedRoot(Model):
    """A root that an administrator added to those of ICP-Brasil that come with the program."""

    __tablename__ = "trusted_roots"
    audited = ("name", "fingerprint", "expires_at")

    id: Mapped[int] = mapped_column(primary_key=True)
    # SHA-256 of the certificate.
    fingerprint: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    pem: Mapped[str] = mapped_column(String(24_000))
    expires_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)

    @property
    def audit_name(self) -> str:
        return self.name
