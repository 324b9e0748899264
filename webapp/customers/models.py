"""Who buys, and who sells for a commission."""

import enum
from decimal import Decimal

from flask_babel import lazy_gettext as _l
from sqlalchemy import Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.addresses.parts import AddressColumns
from webapp.platform.columns import EnumText, Hundredths, TextOrNothing, Timestamps
from webapp.platform.database import Model


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


class Customer(AddressColumns, Timestamps, Model):
    __tablename__ = "customers"
    __table_args__ = (
        Index("ix_customers_name_id", "name", "id"),
        Index(
            "ix_customers_email_without_document",
            "email",
            sqlite_where=text("document IS NULL"),
            postgresql_where=text("document IS NULL"),
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
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}

    @property
    def audit_name(self) -> str:
        return self.name


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
