"""What a provider collects, what it told of that, the money that came, and what is strange about
it."""

import datetime as dt
import enum
from decimal import Decimal

from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext
from flask_babel.speaklater import LazyString
from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.platform.clock import utc_now
from webapp.platform.columns import ActorText, EnumText, Hundredths, Timestamps, UtcDateTime
from webapp.platform.database import Model
from webapp.platform.money import ZERO, percent_of
from webapp.platform.owed import Owed, due_index
from webapp.platform.states import require_transition
from webapp.sales.models import PaymentMethod, Sale

_OPEN = text("settled_at IS NULL")
_NO_STATEMENT = "statement_id IS NULL"
# How long after its last look a charge is asked for again: soon at first, each hour at last.
PAUSES = tuple(dt.timedelta(minutes=minutes) for minutes in (2, 5, 15, 30, 60))
# What a provider is asked for so long that nobody pays any more.
LONGEST_CHARGE = dt.timedelta(days=10)


class PaymentProvider(enum.StrEnum):
    """Who collects: a PSP that speaks the central bank's API Pix, or Mercado Pago."""

    PIX = "pix"
    MERCADO_PAGO = "mercado_pago"

    @property
    def label(self) -> LazyString:
        return PROVIDER_LABELS[self]


PROVIDER_LABELS = {
    PaymentProvider.PIX: _l("Pix by a bank"),
    PaymentProvider.MERCADO_PAGO: _l("Mercado Pago"),
}


class ProviderAccess(Timestamps, Model):
    """How a provider is reached: off until a secret is set. `secret`: by which its notices are
    known; `token`: by which it is asked (of Pix the client's secret, beside `client_id` and the
    certificate, PEM with its key)."""

    __tablename__ = "payment_providers"
    audited = ("provider", "base_url", "client_id")

    id: Mapped[int] = mapped_column(primary_key=True)
    provider: Mapped[PaymentProvider] = mapped_column(EnumText(PaymentProvider), unique=True)
    base_url: Mapped[str] = mapped_column(String(200), default="")
    client_id: Mapped[str] = mapped_column(String(200), default="")
    secret_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    token_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    certificate_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    # The last notice that was not this provider's; one a minute is kept.
    refused_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}

    @property
    def audit_name(self) -> str:
        return str(self.provider)


class AgreedFee(Model):
    """What a payment of a method costs, from so many instalments on."""

    __tablename__ = "agreed_fees"
    __table_args__ = (UniqueConstraint("method", "installments"),)
    audited = ("method", "installments", "percent", "fixed")

    id: Mapped[int] = mapped_column(primary_key=True)
    method: Mapped[PaymentMethod] = mapped_column(EnumText(PaymentMethod))
    installments: Mapped[int] = mapped_column(default=1)
    percent: Mapped[Decimal] = mapped_column(Hundredths, default=ZERO)
    fixed: Mapped[Decimal] = mapped_column(Hundredths, default=ZERO)

    @property
    def audit_name(self) -> str:
        return f"{self.method} {self.installments}"

    def of(self, amount: Decimal) -> Decimal:
        return percent_of(amount, self.percent) + self.fixed


class ChargeStatus(enum.StrEnum):
    OPEN = "open"
    PAID = "paid"
    ENDED = "ended"

    @property
    def label(self) -> LazyString:
        return CHARGE_LABELS[self][0]

    @property
    def tone(self) -> str:
        return CHARGE_LABELS[self][1]


CHARGE_LABELS = {
    ChargeStatus.OPEN: (lazy_pgettext("a charge", "Waiting for the money"), "info"),
    ChargeStatus.PAID: (lazy_pgettext("a charge", "Paid"), "good"),
    ChargeStatus.ENDED: (lazy_pgettext("a charge", "Not asked for any more"), ""),
}
CHARGE_TRANSITIONS: dict[ChargeStatus, set[ChargeStatus]] = {
    ChargeStatus.OPEN: {ChargeStatus.PAID, ChargeStatus.ENDED},
    # Money may come after nobody asks any more.
    ChargeStatus.ENDED: {ChargeStatus.PAID},
    ChargeStatus.PAID: set(),
}


class Charge(Owed, Timestamps, Model):
    """What a provider was told to collect for a sale, by its own name: the `txid` of a Pix, the
    `external_reference` of Mercado Pago. It is asked for until the money is here."""

    __tablename__ = "charges"
    __table_args__ = (
        UniqueConstraint("provider", "key"),
        due_index("charges"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    sale_id: Mapped[int] = mapped_column(ForeignKey("sales.id", ondelete="CASCADE"), index=True)
    provider: Mapped[PaymentProvider] = mapped_column(EnumText(PaymentProvider))
    key: Mapped[str] = mapped_column(String(64))
    status: Mapped[ChargeStatus] = mapped_column(EnumText(ChargeStatus), default=ChargeStatus.OPEN)
    # How often it was asked for in vain.
    asked: Mapped[int] = mapped_column(default=0)

    def await_money(self, now: dt.datetime) -> None:
        """A notice has its time to come first."""
        self.owe(now + PAUSES[0])

    def look_again(self, now: dt.datetime) -> None:
        """Not paid yet; some time nobody pays any more."""
        self.asked += 1
        if now - self.created_at > LONGEST_CHARGE:
            self.end()
        else:
            self.owe(now + PAUSES[min(self.asked, len(PAUSES) - 1)])

    def paid(self) -> None:
        if self.status is not ChargeStatus.PAID:
            self._rest(ChargeStatus.PAID)

    def end(self) -> None:
        """Nothing is waited for any more."""
        if self.status is ChargeStatus.OPEN:
            self._rest(ChargeStatus.ENDED)

    def _rest(self, status: ChargeStatus) -> None:
        require_transition(CHARGE_TRANSITIONS, self.status, status)
        self.status = status
        self.clear_work()


class NoticeStatus(enum.StrEnum):
    """`pending`: what it is about is still to be asked."""

    PENDING = "pending"
    APPLIED = "applied"
    KNOWN = "known"
    STRANGE = "strange"
    NOTHING = "nothing"

    @property
    def label(self) -> LazyString:
        return NOTICE_LABELS[self][0]

    @property
    def tone(self) -> str:
        return NOTICE_LABELS[self][1]


NOTICE_LABELS = {
    NoticeStatus.PENDING: (_l("Being asked about"), "info"),
    NoticeStatus.APPLIED: (lazy_pgettext("a payment notice", "Applied"), "good"),
    NoticeStatus.KNOWN: (lazy_pgettext("a payment notice", "Known already"), ""),
    NoticeStatus.STRANGE: (lazy_pgettext("a payment notice", "Needs a person"), "warn"),
    NoticeStatus.NOTHING: (lazy_pgettext("a payment notice", "No money yet"), ""),
}
NOTICE_TRANSITIONS: dict[NoticeStatus, set[NoticeStatus]] = {
    NoticeStatus.PENDING: {*NoticeStatus} - {NoticeStatus.PENDING},
    **{status: set() for status in NoticeStatus if status is not NoticeStatus.PENDING},
}


class PaymentNotice(Owed, Timestamps, Model):
    """What a provider told, as it was told (`body`), once: `key` is the end-to-end id of a Pix, the
    id that Mercado Pago gave the notice. `times`: how often it came."""

    __tablename__ = "payment_notices"
    live = "notice"
    __table_args__ = (
        UniqueConstraint("provider", "key"),
        due_index("payment_notices"),
        Index("ix_payment_notices_status_id", "status", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    provider: Mapped[PaymentProvider] = mapped_column(EnumText(PaymentProvider))
    key: Mapped[str] = mapped_column(String(80))
    # Of the payment that it is about.
    payment_id: Mapped[str] = mapped_column(String(80), default="")
    body: Mapped[str] = mapped_column(Text, default="")
    status: Mapped[NoticeStatus] = mapped_column(EnumText(NoticeStatus))
    times: Mapped[int] = mapped_column(default=1)
    sale_id: Mapped[int | None] = mapped_column(
        ForeignKey("sales.id", ondelete="SET NULL"), index=True
    )
    sale: Mapped[Sale | None] = relationship()

    def came_to(self, status: NoticeStatus, sale_id: int | None) -> None:
        require_transition(NOTICE_TRANSITIONS, self.status, status)
        self.status, self.sale_id = status, sale_id
        self.clear_work()


class Statement(Timestamps, Model):
    """A payout or bank file that was taken, and which orders are to be in it: those paid by
    `methods` from `orders_from` to `orders_until`, of the `channel` where it names one."""

    __tablename__ = "statements"
    live = "statement"
    audited = ("name", "methods", "channel", "orders_from", "orders_until")

    id: Mapped[int] = mapped_column(primary_key=True)
    import_id: Mapped[int | None] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(String(200))
    # Of its lines: the first and the last day, how many, how many of them with an order, all money.
    begins_on: Mapped[dt.date | None]
    ends_on: Mapped[dt.date | None]
    lines: Mapped[int] = mapped_column(default=0)
    matched: Mapped[int] = mapped_column(default=0)
    amount: Mapped[Decimal] = mapped_column(Hundredths, default=ZERO)
    fee: Mapped[Decimal] = mapped_column(Hundredths, default=ZERO)
    methods: Mapped[list[str]] = mapped_column(JSON, default=list)
    channel: Mapped[str] = mapped_column(String(20), default="")
    orders_from: Mapped[dt.date | None]
    orders_until: Mapped[dt.date | None]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}

    @property
    def audit_name(self) -> str:
        return self.name[:120]

    def add(self, day: dt.date, amount: Decimal, fee: Decimal | None, has_sale: bool) -> None:
        """A line of it."""
        self.begins_on = min(self.begins_on or day, day)
        self.ends_on = max(self.ends_on or day, day)
        self.lines, self.matched = self.lines + 1, self.matched + has_sale
        self.amount, self.fee = self.amount + amount, self.fee + (fee or ZERO)


class Receipt(Model):
    """Money that came: told by a provider, found in a statement, or both. `key` is what makes it
    this money and no other."""

    __tablename__ = "receipts"
    __table_args__ = (
        Index("ix_receipts_sale_id_id", "sale_id", "id"),
        Index("ix_receipts_payment_id", "payment_id"),
        # By which a statement's line finds money that was told.
        Index(
            "ix_receipts_told",
            "amount",
            "day",
            sqlite_where=text(f"is_told = 1 AND {_NO_STATEMENT}"),
            postgresql_where=text(f"is_told AND {_NO_STATEMENT}"),
        ),
        Index("ix_receipts_statement_id_id", "statement_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(80), unique=True)
    # The provider's own id of it, and what it says to belong to.
    payment_id: Mapped[str] = mapped_column(String(80), default="")
    reference: Mapped[str] = mapped_column(String(80), default="")
    text: Mapped[str] = mapped_column(String(200), default="")
    day: Mapped[dt.date]
    amount: Mapped[Decimal] = mapped_column(Hundredths)
    # What the provider kept; None: it does not tell.
    fee: Mapped[Decimal | None] = mapped_column(Hundredths)
    # Of a payment in instalments that come one by one: which, of how many.
    part: Mapped[int] = mapped_column(default=1)
    parts: Mapped[int] = mapped_column(default=1)
    sale_id: Mapped[int | None] = mapped_column(ForeignKey("sales.id", ondelete="SET NULL"))
    # Whether a provider told it, by a notice or when it was asked.
    is_told: Mapped[bool] = mapped_column(default=False)
    notice_id: Mapped[int | None] = mapped_column(
        ForeignKey("payment_notices.id", ondelete="SET NULL")
    )
    statement_id: Mapped[int | None] = mapped_column(
        ForeignKey("statements.id", ondelete="CASCADE")
    )
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=utc_now)


class FindingKind(enum.StrEnum):
    """What is strange: money without its order, an order without its money, another sum, another
    fee."""

    NO_ORDER = "no_order"
    UNPAID = "unpaid"
    LATE = "late"
    TWICE = "twice"
    NO_MONEY = "no_money"
    SHORT = "short"
    OVER = "over"
    FEE = "fee"

    @property
    def label(self) -> LazyString:
        return FINDING_LABELS[self][0]

    @property
    def tone(self) -> str:
        return FINDING_LABELS[self][1]

    @property
    def act(self) -> LazyString:
        """What its one button says."""
        return FINDING_ACTS[self]


FINDING_LABELS = {
    FindingKind.NO_ORDER: (_l("Money without an order"), "warn"),
    FindingKind.UNPAID: (_l("Paid, and the order does not know"), "warn"),
    FindingKind.LATE: (_l("Paid after the order was cancelled"), "warn"),
    FindingKind.TWICE: (_l("Paid twice"), "warn"),
    FindingKind.NO_MONEY: (_l("Order without its money"), "bad"),
    FindingKind.SHORT: (_l("Less than the order's total"), "bad"),
    FindingKind.OVER: (_l("More than the order's total"), "warn"),
    FindingKind.FEE: (_l("Fee not as agreed"), "warn"),
}
FINDING_ACTS = {
    FindingKind.NO_ORDER: _l("It belongs to this order"),
    FindingKind.UNPAID: _l("Confirm the payment"),
    FindingKind.LATE: _l("It was given back"),
    FindingKind.TWICE: _l("It was given back"),
    FindingKind.NO_MONEY: _l("The money came another way"),
    FindingKind.SHORT: _l("Accept the difference"),
    FindingKind.OVER: _l("It was given back"),
    FindingKind.FEE: _l("Accept the fee"),
}


class Finding(Model):
    """Something strange about money, for a person to settle: `expected` is what should have come
    (of a fee what was agreed), `found` what did. It settles by itself when what was missed comes.
    """

    __tablename__ = "payment_findings"
    live = "finding"
    __table_args__ = (
        Index("ix_payment_findings_open", "id", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index(
            "ix_payment_findings_waiting",
            "created_at",
            "id",
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
        Index("ix_payment_findings_kind", "kind", "id", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_payment_findings_sale_id", "sale_id"),
        Index("ix_payment_findings_receipt_id", "receipt_id"),
        Index("ix_payment_findings_statement_id_id", "statement_id", "id"),
    )
    audited = ("kind", "settled_by", "sale_id")

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[FindingKind] = mapped_column(EnumText(FindingKind))
    receipt_id: Mapped[int | None] = mapped_column(ForeignKey("receipts.id", ondelete="CASCADE"))
    sale_id: Mapped[int | None] = mapped_column(ForeignKey("sales.id", ondelete="SET NULL"))
    statement_id: Mapped[int | None] = mapped_column(
        ForeignKey("statements.id", ondelete="CASCADE")
    )
    expected: Mapped[Decimal | None] = mapped_column(Hundredths)
    found: Mapped[Decimal | None] = mapped_column(Hundredths)
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=utc_now)
    settled_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    # Empty: it settled by itself.
    settled_by: Mapped[str] = mapped_column(ActorText, default="")
    receipt: Mapped[Receipt | None] = relationship()
    sale: Mapped[Sale | None] = relationship()

    @property
    def audit_name(self) -> str:
        return str(self.kind)

    def settle(self, actor: str, now: dt.datetime) -> None:
        """Said twice, the first counts."""
        if self.settled_at is None:
            self.settled_at, self.settled_by = now, actor
