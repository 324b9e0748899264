"""The certificate that the shop signs with, and what the sandbox authority remembers, which the
shop's own code never reads."""

import datetime as dt

from sqlalchemy import Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webapp.platform.columns import UtcDateTime
from webapp.platform.database import Model


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
