"""Who buys, and who sells for a commission."""

import datetime as dt
import enum
from decimal import Decimal

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.addresses.parts import AddressColumns
from webapp.platform.columns import (
    EnumText,
    Hundredths,
    TextOrNothing,
    Timestamps,
    UtcDateTime,
)
from webapp.platform.database import Model
from webapp.platform.errors import Refusal


class Taxpayer(enum.StrEnum):
    """The buyer's standing with its state's ICMS (the NF-e's indIEDest)."""

    CONTRIBUTOR = "contributor"
    EXEMPT = "exempt"
    NON_CONTRIBUTOR = "non_contributor"

    @property
    def label(self):
        return TAXPAYER_LABELS[self]


TAXPAYER_LABELS = {
    Taxpayer.CONTRIBUTOR: _l("ICMS taxpayer"),
    Taxpayer.EXEMPT: _l("Exempt from state registration"),
    Taxpayer.NON_CONTRIBUTOR: _l("Not a taxpayer"),
}


# Written out: SQLite takes an index of a part only for a condition without parameters.
WITHOUT_DOCUMENT = text("document IS NULL AND merged_into_id IS NULL AND anonymised_at IS NULL")


class Customer(AddressColumns, Timestamps, Model):
    """`merged_into_id`: it was found to be that other one, and is only what leads there. The
    address here is the main one; others are `CustomerAddress`."""

    __tablename__ = "customers"
    live = "customer"
    __table_args__ = (
        Index("ix_customers_name_id", "name", "id"),
        Index(
            "ix_customers_email_without_document",
            "email",
            sqlite_where=text("document IS NULL"),
            postgresql_where=text("document IS NULL"),
        ),
        # Those of whom a twin may be looked for, and by what it is found.
        Index(
            "ix_customers_without_document",
            "id",
            sqlite_where=WITHOUT_DOCUMENT,
            postgresql_where=WITHOUT_DOCUMENT,
        ),
        Index(
            "ix_customers_email",
            "email",
            sqlite_where=text("email <> ''"),
            postgresql_where=text("email <> ''"),
        ),
        Index(
            "ix_customers_phone",
            "phone",
            sqlite_where=text("phone <> ''"),
            postgresql_where=text("phone <> ''"),
        ),
        Index(
            "ix_customers_merged_into_id",
            "merged_into_id",
            sqlite_where=text("merged_into_id IS NOT NULL"),
            postgresql_where=text("merged_into_id IS NOT NULL"),
        ),
    )
    audited = (
        "name",
        "document",
        "email",
        "phone",
        "state_registration",
        "taxpayer",
        "zip_code",
        "state",
        "city",
        "neighborhood",
        "street",
        "number",
        "complement",
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    # Blank for buyers abroad who have none.
    document: Mapped[str] = mapped_column(TextOrNothing(20), unique=True, nullable=True, default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    phone: Mapped[str] = mapped_column(String(20), default="")
    state_registration: Mapped[str] = mapped_column(String(14), default="")
    taxpayer: Mapped[Taxpayer] = mapped_column(EnumText(Taxpayer), default=Taxpayer.NON_CONTRIBUTOR)
    # The language of the e-mails this customer gets.
    locale: Mapped[str] = mapped_column(String(8), default="pt_BR")
    search_text: Mapped[str] = mapped_column(Text, default="")
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id"))
    merged_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    anonymised_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}
    # Beside the main one, which stands here.
    addresses: Mapped[list["CustomerAddress"]] = relationship(
        order_by="CustomerAddress.id", cascade="all, delete-orphan"
    )

    @property
    def audit_name(self) -> str:
        return self.name

    @property
    def is_gone(self) -> bool:
        """It is another one by now, or nobody any more."""
        return self.merged_into_id is not None or self.anonymised_at is not None

    def refuse_gone(self) -> None:
        if self.merged_into_id is not None:
            raise Refusal(_("This customer was merged into number %(id)s.", id=self.merged_into_id))
        if self.anonymised_at is not None:
            raise Refusal(_("This customer was anonymised: nothing is kept of them any more."))


class CustomerAddress(AddressColumns, Timestamps, Model):
    """Another address of a customer. `for_delivery`: what is sent to them goes there."""

    __tablename__ = "customer_addresses"
    audited = (
        "label",
        "for_delivery",
        "zip_code",
        "state",
        "city",
        "neighborhood",
        "street",
        "number",
        "complement",
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), index=True)
    label: Mapped[str] = mapped_column(String(60))
    for_delivery: Mapped[bool] = mapped_column(default=False)

    @property
    def version(self) -> int:
        """See `Agent.version`."""
        return int(self.updated_at.timestamp() * 1_000_000)

    @property
    def audit_name(self) -> str:
        return self.label


class Agent(Timestamps, Model):
    """A seller; the percentage is of the line after discount, without freight."""

    __tablename__ = "agents"
    __table_args__ = (
        # Which a code is, in whatever case it is written.
        Index("ux_agents_lower_code", text("lower(code)"), unique=True),
    )
    audited = ("code", "name", "commission_percent")

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(20), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    commission_percent: Mapped[Decimal] = mapped_column(Hundredths)

    @property
    def version(self) -> int:
        """What an open form is compared with: the moment of the last change, in microseconds."""
        return int(self.updated_at.timestamp() * 1_000_000)

    @property
    def audit_name(self) -> str:
        return self.code
