"""The shop itself: who issues its documents, their numbering, and what its staff set."""

import datetime as dt
import enum
import uuid
from decimal import Decimal
from urllib.parse import quote

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from sqlalchemy import JSON, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webapp.platform.clock import utc_now
from webapp.platform.columns import EnumText, Hundredths, UtcDateTime
from webapp.platform.database import Model

USUAL_LIMIT = Decimal("10.00")
# Stands for the tracking code in a carrier's link.
CODE = "{code}"
# Who sells labels of several carriers.
MELHOR_ENVIO = "melhor_envio"
HOMOLOGATION, PRODUCTION = "homologation", "production"


class Shop(Model):
    """One row. Its address has the parts the NF-e asks of an issuer."""

    __tablename__ = "shop"
    audited = (
        "name",
        "trade_name",
        "cnpj",
        "state_registration",
        "crt",
        "pis_cofins",
        "ibs_cbs_choices",
        "zip_code",
        "state",
        "city",
        "neighborhood",
        "street",
        "number",
        "complement",
        "ibge",
        "phone",
        "email",
        "technical_cnpj",
        "technical_name",
        "technical_email",
        "technical_phone",
        "csrt_id",
        "authorized_parties",
        "channel_series",
        "time_zone",
        "hold_hours",
        "nfe_environment",
        "review_policy",
        "cancellation_hours",
        "late_cancellation_hours",
        "clerk_discount_limit",
        "reviewer_discount_limit",
        "clerk_prices_locked",
        "four_eyes",
        "guide_closed",
        "closing_day",
        "accountant_email",
        "reorder_days",
        "membership_terms",
        "cut_off",
        "pick_up",
        "preparation_days",
        "dispatch_weekdays",
        "days_off",
        "give_back_reasons",
        "box_height_cm",
        "box_width_cm",
        "box_length_cm",
        "alert_limits",
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    trade_name: Mapped[str] = mapped_column(String(60))
    cnpj: Mapped[str] = mapped_column(String(14))
    state_registration: Mapped[str] = mapped_column(String(14))
    crt: Mapped[str] = mapped_column(String(1))
    # Of regime 3 (CRT): cumulative or non_cumulative.
    pis_cofins: Mapped[str] = mapped_column(String(16), default="cumulative")
    # What the shop chose for IBS and CBS beside its regime: pairs of first day and choice.
    ibs_cbs_choices: Mapped[list[list[str]]] = mapped_column(JSON, default=list)
    zip_code: Mapped[str] = mapped_column(String(8))
    state: Mapped[str] = mapped_column(String(2))
    city: Mapped[str] = mapped_column(String(60))
    neighborhood: Mapped[str] = mapped_column(String(60))
    street: Mapped[str] = mapped_column(String(60))
    number: Mapped[str] = mapped_column(String(60))
    complement: Mapped[str] = mapped_column(String(60), default="")
    ibge: Mapped[str] = mapped_column(String(7))
    phone: Mapped[str] = mapped_column(String(14))
    email: Mapped[str] = mapped_column(String(60))
    # Who answers for the program that issues; blank: nobody is named.
    technical_cnpj: Mapped[str] = mapped_column(String(14), default="")
    technical_name: Mapped[str] = mapped_column(String(60), default="")
    technical_email: Mapped[str] = mapped_column(String(60), default="")
    technical_phone: Mapped[str] = mapped_column(String(14), default="")
    # The number of the secret that a state gave to the program's maker, and that secret: see
    # `store.queries.csrt_of`.
    csrt_id: Mapped[str] = mapped_column(String(2), default="")
    csrt_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    # Until when the certificate counts that was taken on the settings page; None: none was.
    certificate_ends_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    # CPF and CNPJ of those who may download each NF-e.
    authorized_parties: Mapped[list[str]] = mapped_column(JSON, default=list)
    # By channel the number of its series; one that is not here takes the first series.
    channel_series: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    time_zone: Mapped[str] = mapped_column(String(40), default="America/Sao_Paulo")
    # How long an unpaid sale keeps its stock.
    hold_hours: Mapped[int] = mapped_column(default=72)
    # Whether NF-e have fiscal value: see `processing.environments`.
    nfe_environment: Mapped[str] = mapped_column(String(12), default=HOMOLOGATION)
    review_policy: Mapped[str] = mapped_column(String(12), default="exceptions")
    # For how long SEFAZ takes the cancellation of an NF-e, and a late one; None: the state's own.
    cancellation_hours: Mapped[int | None]
    late_cancellation_hours: Mapped[int | None]
    # How many percent below the catalog's prices they sell without a manager; None: any number.
    clerk_discount_limit: Mapped[Decimal | None] = mapped_column(Hundredths, default=USUAL_LIMIT)
    reviewer_discount_limit: Mapped[Decimal | None] = mapped_column(Hundredths, default=USUAL_LIMIT)
    # Whether a clerk may not type a unit price.
    clerk_prices_locked: Mapped[bool] = mapped_column(default=False)
    # On which day the last month's closing goes to the accountant; None: on none by itself.
    closing_day: Mapped[int | None]
    accountant_email: Mapped[str] = mapped_column(String(254), default="")
    # For how many days what is ordered anew is to last.
    reorder_days: Mapped[int] = mapped_column(default=30)
    # By plan the months that a membership lasts (None: no end), and how many days ahead of its end
    # its owner is reminded.
    membership_terms: Mapped[dict[str, list]] = mapped_column(JSON, default=dict)
    # When an order must leave: see `store.dispatch`.
    cut_off: Mapped[str] = mapped_column(String(5), default="14:00")
    pick_up: Mapped[str] = mapped_column(String(5), default="17:00")
    preparation_days: Mapped[int] = mapped_column(default=1)
    dispatch_weekdays: Mapped[str] = mapped_column(String(7), default="12345")
    days_off: Mapped[str] = mapped_column(Text, default="")
    # From which order on that moment is to be reckoned anew; None: from none. See
    # `processing.ship_by`.
    ship_by_from: Mapped[int | None]
    # Why things are given back, to choose from: one a line; blank: those that most shops have.
    give_back_reasons: Mapped[str] = mapped_column(Text, default="", server_default="")
    # The token by which labels are bought, and the box that they are quoted for at first.
    melhor_envio_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    box_height_cm: Mapped[int] = mapped_column(default=10)
    box_width_cm: Mapped[int] = mapped_column(default=20)
    box_length_cm: Mapped[int] = mapped_column(default=30)
    # From which figure on managers are told, by kind of alert (None: never); what is not here is as
    # the program has it: see `alerts.kinds`.
    alert_limits: Mapped[dict[str, int | None]] = mapped_column(JSON, default=dict)
    # Whether an NF-e is approved by somebody else than who entered or changed its order.
    four_eyes: Mapped[bool] = mapped_column(default=False)
    # Whether the guide of the first days was put away.
    guide_closed: Mapped[bool] = mapped_column(default=False)
    # When the backup was made out of which this shop came; None: it is awake. See store/sleep.py.
    asleep_since: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    # A mark of its own for each state of what NF-e are made by, the accountant's part and the
    # issuer's: see taxation/book.py and processing/tax_holds.py.
    # Another one with each change of a view of a list, by which what is known of them goes.
    views_mark: Mapped[int] = mapped_column(default=0)
    tax_book_version: Mapped[str] = mapped_column(String(32), default="")
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}

    @property
    def is_production(self) -> bool:
        return self.nfe_environment == PRODUCTION

    def close_guide(self) -> None:
        self.guide_closed = True

    @property
    def ibs_cbs(self) -> tuple[tuple[dt.date, str], ...]:
        """Its choices for IBS and CBS by their first days, the oldest first."""
        return tuple((dt.date.fromisoformat(day), choice) for day, choice in self.ibs_cbs_choices)

    def choose_ibs_cbs(self, choice: str, first_day: dt.date) -> None:
        """From that day on; what was chosen for later days is dropped. Said twice, it stays."""
        day = first_day.isoformat()
        before = [each for each in self.ibs_cbs_choices if each[0] < day]
        until_then = before[-1][1] if before else ""
        self.ibs_cbs_choices = before if choice == until_then else [*before, [day, choice]]

    def dispatch_otherwise(self) -> None:
        """When orders must leave is told by something else from now on: what has not left is
        reckoned anew."""
        self.ship_by_from = 0

    def issue_otherwise(self) -> None:
        """NF-e are made by something else from now on: those that wait are tried again."""
        self.tax_book_version = uuid.uuid4().hex


class Series(Model):
    """An NF-e series. Its row lock is what makes numbers consecutive, with no gap and no repeat."""

    __tablename__ = "series"
    audited = ("number",)

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(unique=True)
    next_number: Mapped[int] = mapped_column(default=1)
    # The authority may have notes of its next numbers (the shop came out of a backup): until one
    # was free, they are taken one at a time.
    is_unsure: Mapped[bool] = mapped_column(default=False)
    # Where it stands in the other environment.
    other_next_number: Mapped[int] = mapped_column(default=1)

    @property
    def audit_name(self) -> str:
        return str(self.number)

    def take(self) -> int:
        """The next number. The caller holds this row's lock until the document that bears it is
        stored."""
        taken = self.next_number
        self.next_number = taken + 1
        return taken

    def change_environment(self) -> None:
        """Each environment has a ledger of its own."""
        self.next_number, self.other_next_number = self.other_next_number, self.next_number


class SkippedNumbers(Model):
    """Numbers of a series that no NF-e of this shop bears: a person went on from a later one.
    Those that no other system has used are to be voided."""

    __tablename__ = "skipped_numbers"
    __table_args__ = (Index("ix_skipped_numbers_series_first", "series", "first"),)
    audited = ("series", "first", "last", "used_elsewhere")

    id: Mapped[int] = mapped_column(primary_key=True)
    series: Mapped[int]
    first: Mapped[int]
    last: Mapped[int]
    used_elsewhere: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=utc_now)

    @property
    def audit_name(self) -> str:
        return f"{self.series}-{self.first}–{self.last}"


class PartnerKind(enum.StrEnum):
    MARKETPLACE = "marketplace"
    CARRIER = "carrier"
    ACQUIRER = "acquirer"

    @property
    def label(self) -> LazyString:
        return PARTNER_LABELS[self]


PARTNER_LABELS = {
    PartnerKind.MARKETPLACE: _l("Marketplace"),
    PartnerKind.CARRIER: _l("Carrier"),
    PartnerKind.ACQUIRER: _l("Acquirer"),
}


class Partner(Model):
    """A company that an NF-e names beside shop and buyer: the marketplace through which a sale
    came, who carries its goods, the institution that takes its payment. A sale names it by kind and
    code and keeps a copy of its facts."""

    __tablename__ = "partners"
    __table_args__ = (UniqueConstraint("kind", "code"),)
    audited = (
        "kind",
        "code",
        "name",
        "cnpj",
        "seller_id",
        "state_registration",
        "street",
        "city",
        "state",
        "tracking_link",
        "label_provider",
        "label_service",
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[PartnerKind] = mapped_column(EnumText(PartnerKind))
    code: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(60))
    cnpj: Mapped[str] = mapped_column(String(14))
    # The shop's own name at a marketplace.
    seller_id: Mapped[str] = mapped_column(String(60), default="")
    # Of a carrier.
    state_registration: Mapped[str] = mapped_column(String(14), default="")
    street: Mapped[str] = mapped_column(String(60), default="")
    city: Mapped[str] = mapped_column(String(60), default="")
    state: Mapped[str] = mapped_column(String(2), default="")
    # Where its parcels are followed, {code} in the place of the tracking code; who sells its labels
    # (blank: nobody), and the number of its service there.
    tracking_link: Mapped[str] = mapped_column(String(200), default="")
    label_provider: Mapped[str] = mapped_column(String(20), default="")
    label_service: Mapped[str] = mapped_column(String(10), default="")
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}

    @property
    def audit_name(self) -> str:
        return self.name

    def tracking_url(self, code: str) -> str:
        """Where a parcel of this code is followed; blank where that is not known."""
        return self.tracking_link.replace(CODE, quote(code, safe="")) if code else ""

    @property
    def facts(self) -> dict[str, str]:
        """What a sale keeps of it."""
        names = ("name", "cnpj", "seller_id", "state_registration", "street", "city", "state")
        return {name: getattr(self, name) for name in names if getattr(self, name)}
