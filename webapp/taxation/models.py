"""What a shop's accountant writes about its taxes: versions of profiles and who takes which, rates
of states and their exceptions, and the values of the fiscal calendar.

A version, a rate or a value holds from its first day until the next one's; none is ever rewritten.
"""

import datetime as dt
from decimal import Decimal

from sqlalchemy import LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webapp.audit.tracking import actor
from webapp.platform.clock import utc_now
from webapp.platform.columns import ActorText, Hundredths, TenThousandths, UtcDateTime
from webapp.platform.database import Model
from webapp.platform.money import ZERO

# Whose the versions are that every shop begins with.
EXAMPLES = ""


class TaxProfileVersion(Model):
    """One version of a profile. `icms` is a CSOSN of three places (Simples, MEI) or a CST of two:
    it tells the regime; `number` counts the versions of a code. One that follows a version that
    somebody answers for is `signed_only`: it holds once it is signed off itself."""

    __tablename__ = "tax_profile_versions"
    __table_args__ = (
        UniqueConstraint("code", "regime", "valid_from"),
        UniqueConstraint("code", "number"),
    )
    audited = (
        "code",
        "name",
        "number",
        "valid_from",
        "nature",
        "icms",
        "reduction",
        "credit_rate",
        "origin",
        "cest",
        "benefit_code",
        "pis_cofins",
        "ibs_cbs",
        "ibs_cbs_class",
        "activity",
        "signed_off_by",
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40))
    number: Mapped[int]
    name: Mapped[str] = mapped_column(String(80))
    valid_from: Mapped[dt.date]
    regime: Mapped[str] = mapped_column(String(8))
    nature: Mapped[str] = mapped_column(String(12))
    icms: Mapped[str] = mapped_column(String(3))
    reduction: Mapped[Decimal] = mapped_column(Hundredths, default=ZERO)
    credit_rate: Mapped[Decimal] = mapped_column(Hundredths, default=ZERO)
    # "": that of the product.
    origin: Mapped[str] = mapped_column(String(1), default="")
    cest: Mapped[str] = mapped_column(String(7), default="")
    benefit_code: Mapped[str] = mapped_column(String(10), default="")
    pis_cofins: Mapped[str] = mapped_column(String(2))
    ibs_cbs: Mapped[str] = mapped_column(String(3))
    ibs_cbs_class: Mapped[str] = mapped_column(String(6))
    activity: Mapped[str] = mapped_column(String(2), default="")
    written_by: Mapped[str] = mapped_column(ActorText, default=actor)
    written_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=utc_now)
    signed_only: Mapped[bool] = mapped_column(default=False)
    signed_off_by: Mapped[str | None] = mapped_column(ActorText)
    signed_off_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)

    @property
    def audit_name(self) -> str:
        return f"{self.code} {self.number}"

    @property
    def is_example(self) -> bool:
        """It came with the shop, and nobody has answered for it yet."""
        return self.written_by == EXAMPLES and self.signed_off_at is None

    @property
    def state(self) -> str:
        if self.signed_off_at:
            return "signed_off"
        if self.signed_only:
            return "waiting"
        return "example" if self.is_example else "unsigned"

    @property
    def waits(self) -> bool:
        """For somebody to answer for it: no NF-e goes by it until then."""
        return self.state == "waiting"

    def sign_off(self, by: str, today: dt.date) -> None:
        """Somebody answers for it. A first day that it waited through is the day of that; said
        twice, the first time stays."""
        if self.signed_off_at is None:
            if self.waits:
                self.valid_from = max(self.valid_from, today)
            self.signed_off_by, self.signed_off_at = by, utc_now()


class TaxChoice(Model):
    """Which profile takes what has none of its own: `of` is "category" or "default", `name` the
    category or the kind of item (`goods`, `book`, `gift`, `export`)."""

    __tablename__ = "tax_choices"
    __table_args__ = (UniqueConstraint("of", "name"),)
    audited = ("name", "profile")

    id: Mapped[int] = mapped_column(primary_key=True)
    of: Mapped[str] = mapped_column(String(8))
    name: Mapped[str] = mapped_column(String(60))
    profile: Mapped[str] = mapped_column(String(40))

    @property
    def audit_name(self) -> str:
        return self.name


class StateRate(Model):
    """A state's ICMS inside it and its poverty fund (FCP), in percent. `ncm` (its first digits) or
    `sku`: an exception for such products."""

    __tablename__ = "state_rates"
    __table_args__ = (UniqueConstraint("state", "ncm", "sku", "valid_from"),)
    audited = ("state", "ncm", "sku", "valid_from", "icms", "fcp")

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(String(2))
    ncm: Mapped[str] = mapped_column(String(8), default="")
    sku: Mapped[str] = mapped_column(String(60), default="")
    valid_from: Mapped[dt.date]
    icms: Mapped[Decimal] = mapped_column(Hundredths)
    fcp: Mapped[Decimal] = mapped_column(Hundredths)

    @property
    def is_exception(self) -> bool:
        return bool(self.ncm or self.sku)

    @property
    def audit_name(self) -> str:
        return " ".join(part for part in (self.state, self.ncm, self.sku) if part)


class CalendarValue(Model):
    """A value of the fiscal calendar that was not published when this program was made, typed in
    with its source."""

    __tablename__ = "calendar_values"
    __table_args__ = (UniqueConstraint("code", "valid_from"),)
    audited = ("code", "valid_from", "value", "source")

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40))
    valid_from: Mapped[dt.date]
    value: Mapped[Decimal] = mapped_column(TenThousandths)
    source: Mapped[str] = mapped_column(String(200))

    @property
    def audit_name(self) -> str:
        return self.code


class SchemaPackage(Model):
    """An official package of the authority's schemas, in force from its first day on."""

    __tablename__ = "schema_packages"
    audited = ("name", "valid_from", "digest")

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(20), unique=True)
    valid_from: Mapped[dt.date] = mapped_column(unique=True)
    # Its files by name, as `official.packed` writes them, and their SHA-256.
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    digest: Mapped[str] = mapped_column(String(64))
    written_by: Mapped[str] = mapped_column(ActorText, default=actor)
    written_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=utc_now)

    @property
    def audit_name(self) -> str:
        return self.name


class OfficialTable(Model):
    """A table as it was published: of NCM (`kind` "ncm"), or IBPT's of a state."""

    __tablename__ = "official_tables"
    __table_args__ = (UniqueConstraint("kind", "state", "valid_from"),)
    audited = ("kind", "state", "valid_from", "valid_to", "source", "rows", "digest")

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(4))
    state: Mapped[str] = mapped_column(String(2), default="")
    # Of IBPT's the days between which it holds; of NCM the day when it was published.
    valid_from: Mapped[dt.date]
    valid_to: Mapped[dt.date | None]
    source: Mapped[str] = mapped_column(String(60), default="")
    rows: Mapped[int]
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    digest: Mapped[str] = mapped_column(String(64))
    written_by: Mapped[str] = mapped_column(ActorText, default=actor)
    written_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=utc_now)

    @property
    def audit_name(self) -> str:
        return f"{self.kind} {self.state}".strip()
