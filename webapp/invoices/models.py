"""The NF-e of a sale, the states it goes through, and the papers that follow it: events, and the
voiding of numbers."""

import datetime as dt
import enum
from dataclasses import asdict
from decimal import Decimal
from typing import ClassVar

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext
from flask_babel.speaklater import LazyString
from sqlalchemy import (
    JSON,
    ColumnElement,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, deferred, mapped_column, object_session, relationship

from webapp.fiscal.events import EventKind
from webapp.fiscal.standby import STANDBY_NAMES, route_of
from webapp.fiscal.sums import note_sums
from webapp.platform.columns import ActorText, EnumText, Hundredths, Timestamps, UtcDateTime
from webapp.platform.database import Model
from webapp.platform.errors import Refusal
from webapp.platform.money import ZERO
from webapp.platform.owed import Owed, due_index
from webapp.platform.states import require_transition
from webapp.sales.models import Sale


class InvoiceStatus(enum.StrEnum):
    PENDING = "pending"
    REVIEW = "review"
    APPROVED = "approved"
    SENDING = "sending"
    AUTHORIZED = "authorized"
    REJECTED = "rejected"
    DISCARDED = "discarded"
    CANCELLED = "cancelled"

    @property
    def label(self) -> LazyString:
        return INVOICE_LABELS[self][0]

    @property
    def tone(self) -> str:
        return INVOICE_LABELS[self][1]


INVOICE_LABELS = {
    InvoiceStatus.PENDING: (_l("Being prepared"), "info"),
    InvoiceStatus.REVIEW: (_l("Under review"), "warn"),
    InvoiceStatus.APPROVED: (_l("Released"), "info"),
    InvoiceStatus.SENDING: (_l("Awaiting SEFAZ"), "info"),
    InvoiceStatus.AUTHORIZED: (_l("Authorized"), "good"),
    InvoiceStatus.REJECTED: (_l("Rejected"), "bad"),
    InvoiceStatus.DISCARDED: (_l("Discarded"), ""),
    InvoiceStatus.CANCELLED: (lazy_pgettext("NF-e", "Cancelled"), ""),
}

INVOICE_TRANSITIONS: dict[InvoiceStatus, set[InvoiceStatus]] = {
    InvoiceStatus.PENDING: {
        InvoiceStatus.PENDING,
        InvoiceStatus.REVIEW,
        InvoiceStatus.APPROVED,
        InvoiceStatus.REJECTED,
        InvoiceStatus.DISCARDED,
    },
    InvoiceStatus.REVIEW: {
        InvoiceStatus.PENDING,
        InvoiceStatus.APPROVED,
        InvoiceStatus.REJECTED,
        InvoiceStatus.DISCARDED,
    },
    InvoiceStatus.APPROVED: {
        InvoiceStatus.SENDING,
        InvoiceStatus.REJECTED,
        InvoiceStatus.DISCARDED,
    },
    InvoiceStatus.SENDING: {
        InvoiceStatus.AUTHORIZED,
        InvoiceStatus.REJECTED,
        # It is signed anew: for another service, or with another number.
        InvoiceStatus.APPROVED,
        InvoiceStatus.CANCELLED,
    },
    InvoiceStatus.REJECTED: {InvoiceStatus.PENDING, InvoiceStatus.DISCARDED},
    InvoiceStatus.AUTHORIZED: {InvoiceStatus.CANCELLED},
    InvoiceStatus.DISCARDED: set(),
    InvoiceStatus.CANCELLED: set(),
}


class RejectedBy(enum.StrEnum):
    CHECKS = "checks"
    REVIEWER = "reviewer"
    AUTHORITY = "authority"

    @property
    def label(self) -> LazyString:
        return REJECTED_BY_LABELS[self]


REJECTED_BY_LABELS = {
    RejectedBy.CHECKS: lazy_pgettext("rejected by", "The checks"),
    RejectedBy.REVIEWER: lazy_pgettext("rejected by", "A reviewer"),
    RejectedBy.AUTHORITY: _l("SEFAZ"),
}
REJECTED_LABELS = {
    RejectedBy.CHECKS: _l("With errors"),
    RejectedBy.REVIEWER: _l("Returned for correction"),
    RejectedBy.AUTHORITY: _l("Rejected by SEFAZ"),
}


class Purpose(enum.StrEnum):
    """What an NF-e is for: goods that are sold, or that come back."""

    SALE = "sale"
    RETURN = "return"


class ReturnCause(enum.StrEnum):
    """Why goods come back."""

    REGRET = "regret"
    DAMAGED = "damaged"
    WRONG_ITEM = "wrong_item"
    REFUSED = "refused"
    NOT_DELIVERED = "not_delivered"
    OTHER = "other"

    @property
    def label(self) -> LazyString:
        return CAUSE_LABELS[self]

    @property
    def is_at_the_door(self) -> bool:
        """The buyer never had the goods."""
        return self in (ReturnCause.REFUSED, ReturnCause.NOT_DELIVERED)


CAUSE_LABELS = {
    ReturnCause.REGRET: _l("The buyer changed their mind"),
    ReturnCause.DAMAGED: _l("Damaged or defective"),
    ReturnCause.WRONG_ITEM: _l("Not what was ordered"),
    ReturnCause.REFUSED: _l("Refused at the door"),
    ReturnCause.NOT_DELIVERED: _l("Not delivered"),
    ReturnCause.OTHER: _l("Another reason"),
}


# The reason of a sale whose NF-e is released and cannot be signed.
CANNOT_SIGN = "cannot_sign"
# Under their number and this one more stand the series of NF-e that were issued for tests, once the
# shop issues in production: see `processing.environments`.
TEST_SERIES = 1000
# Written out: SQLite takes an index of a part only for a condition without parameters.
SENDING = text("status IN ('approved', 'sending')")
RETURNS = text("purpose = 'return'")
RETURNS_REJECTED = text("purpose = 'return' AND status = 'rejected'")
WAITING = text("status IN ('review', 'rejected')")


class Invoice(Owed, Timestamps, Model):
    """Built and checked without number or signature; both come, with the key, at sending and not
    before."""

    __tablename__ = "invoices"
    __table_args__ = (
        UniqueConstraint("series", "number"),
        Index("ix_invoices_status_id", "status", "id"),
        due_index("invoices"),
        # What a month is counted by, too, which reads no row.
        Index("ix_invoices_issued_at", "issued_at", "series", "status", "number", "id"),
        # A month's list.
        # What of a month changed lately.
        Index("ix_invoices_updated_at", "updated_at", "issued_at"),
        Index("ix_invoices_moment_id", text("coalesce(issued_at, created_at)"), "id"),
        # What is at the authority, or on its way to it.
        Index(
            "ix_invoices_sending", "status", "id", sqlite_where=SENDING, postgresql_where=SENDING
        ),
        Index("ix_invoices_total_id", "total", "id"),
        *(
            Index(name, *columns, sqlite_where=RETURNS, postgresql_where=RETURNS)
            for name, columns in (
                ("ix_invoices_returns", ("id",)),
                ("ix_invoices_returns_total_id", ("total", "id")),
                (
                    "ix_invoices_returns_moment_id",
                    (text("coalesce(issued_at, created_at)"), "id"),
                ),
            )
        ),
        Index(
            "ix_invoices_returns_rejected",
            "status",
            "created_at",
            "id",
            sqlite_where=RETURNS_REJECTED,
            postgresql_where=RETURNS_REJECTED,
        ),
        # The queues of what waits for a person: the dearest first, the oldest first, and those of
        # one reason.
        Index(
            "ix_invoices_waiting_total",
            "status",
            text("total DESC"),
            "id",
            sqlite_where=WAITING,
            postgresql_where=WAITING,
        ),
        Index(
            "ix_invoices_waiting",
            "status",
            "created_at",
            "id",
            sqlite_where=WAITING,
            postgresql_where=WAITING,
        ),
        Index(
            "ix_invoices_reason",
            "status",
            "reason",
            "created_at",
            "id",
            sqlite_where=WAITING,
            postgresql_where=WAITING,
        ),
        # Numbers that discarded invoices left behind.
        Index(
            "ix_invoices_spare",
            "series",
            "number",
            sqlite_where=text("status = 'discarded' AND number IS NOT NULL"),
            postgresql_where=text("status = 'discarded' AND number IS NOT NULL"),
        ),
    )
    live = "invoice"
    audited = (
        "status",
        "rejected_by",
        "origin_id",
        "series",
        "number",
        "access_key",
        "protocol",
        "reviewer",
        "rejection_code",
        "comment",
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    sale_id: Mapped[int] = mapped_column(ForeignKey("sales.id"), index=True)
    status: Mapped[InvoiceStatus] = mapped_column(
        EnumText(InvoiceStatus), default=InvoiceStatus.PENDING
    )
    rejected_by: Mapped[RejectedBy | None] = mapped_column(EnumText(RejectedBy))
    purpose: Mapped[Purpose] = mapped_column(EnumText(Purpose), default=Purpose.SALE)
    # Of a return: the authorized NF-e whose goods come back, and which of them: `returned_goods`.
    origin_id: Mapped[int | None] = mapped_column(ForeignKey("invoices.id"))
    returned: Mapped[dict | None] = mapped_column(JSON(none_as_null=True))
    total: Mapped[Decimal] = mapped_column(Hundredths)
    # What the checks found amiss; `invoices.issues` reads it.
    findings: Mapped[list] = mapped_column(JSON, default=list)
    # Names of the rules that hold it, with what they said: [{"rule", "reason"}]; ["policy"] is the
    # shop's own.
    held_by: Mapped[list] = mapped_column(JSON, default=list)
    # Which version of which tax profile each item took, and by what: `taxation.reasons`.
    tax_profiles: Mapped[list] = mapped_column(JSON, default=list)
    series: Mapped[int | None]
    number: Mapped[int | None]
    access_key: Mapped[str | None] = mapped_column(String(44), unique=True)
    issued_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    authorized_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    protocol: Mapped[str | None] = mapped_column(String(20))
    # The authority's code, or the reviewer's reason (address, customer, items, taxes, payment,
    # other).
    rejection_code: Mapped[str | None] = mapped_column(String(12))
    comment: Mapped[str] = mapped_column(String(500), default="")
    reviewer: Mapped[str | None] = mapped_column(ActorText)
    # What it waits for, where it waits for a person: see `invoices.reasons`.
    reason: Mapped[str] = mapped_column(String(40), default="")
    # The XML as it was when it was last returned or rejected.
    former_xml: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    # The signed bytes, never serialised again, and the nfeProc that is given out.
    signed_xml: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    proc_xml: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    # It was sent, or may have been, and the authority's answer was lost.
    answer_unknown: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}
    sale: Mapped[Sale] = relationship()
    # What followed it.
    events: Mapped[list["InvoiceEvent"]] = relationship(
        back_populates="invoice", order_by="InvoiceEvent.id"
    )
    origin: Mapped["Invoice | None"] = relationship(remote_side=[id])

    @hybrid_property
    def moment(self) -> dt.datetime:
        """When it was issued or, not issued yet, begun."""
        return self.issued_at or self.created_at

    @moment.inplace.expression
    @classmethod
    def _moment(cls) -> ColumnElement[dt.datetime]:
        return func.coalesce(cls.issued_at, cls.created_at)

    @property
    def audit_name(self) -> str:
        return self.sale.reference

    @property
    def printed_number(self) -> str:
        """Series and number as lists print them, 1-000004; "" before it has one."""
        return f"{self.printed_series}-{self.number:06d}" if self.number else ""

    @property
    def printed_series(self) -> int | None:
        """As the document bears it."""
        return None if self.series is None else self.series % TEST_SERIES

    @property
    def was_test(self) -> bool:
        """It was numbered in the test environment, and the shop issues in production by now."""
        return self.series is not None and self.series >= TEST_SERIES

    @property
    def standby(self) -> str:
        """The name of the standby service that takes it; "" for the state's own."""
        return STANDBY_NAMES.get(route_of(self.access_key or ""), "")

    @property
    def label(self) -> LazyString:
        if self.status is InvoiceStatus.REJECTED and self.rejected_by:
            return REJECTED_LABELS[self.rejected_by]
        return INVOICE_LABELS[self.status][0]

    @property
    def is_return(self) -> bool:
        return self.purpose is Purpose.RETURN

    @hybrid_property
    def is_present(self) -> bool:
        """The sale's own NF-e. Of all that a sale had, no more than one; its returns are none."""
        return self.status != InvoiceStatus.DISCARDED and self.purpose == Purpose.SALE

    @is_present.inplace.expression
    @classmethod
    def _is_present(cls) -> ColumnElement[bool]:
        return (cls.status != InvoiceStatus.DISCARDED) & (cls.purpose == Purpose.SALE)

    @property
    def takes_back(self) -> bool:
        """It is a return that holds its units: nobody else may give them back."""
        undone = self.status in (InvoiceStatus.DISCARDED, InvoiceStatus.CANCELLED)
        return self.is_return and not undone

    @property
    def is_sent(self) -> bool:
        """It bears number, key and signature, and nothing in it changes any more."""
        return self.status in (
            InvoiceStatus.SENDING,
            InvoiceStatus.AUTHORIZED,
            InvoiceStatus.CANCELLED,
        )

    @property
    def is_issued(self) -> bool:
        """The authority has authorized it, whatever became of it later: there is an nfeProc to give
        out."""
        return self.status in (InvoiceStatus.AUTHORIZED, InvoiceStatus.CANCELLED)

    # -- verbs ------------------------------------------------------------------------------------

    def hold(self, held_by: list) -> None:
        """Sound, but a person decides."""
        self._enter(InvoiceStatus.REVIEW)
        self.held_by, self.rejected_by = held_by, None
        self.reason = (held_by[0]["rule"] or held_by[0]["reason"])[:40] if held_by else ""
        self.clear_work()

    def approve(self, reviewer: str | None, now: dt.datetime) -> None:
        """Released, by a person or (None) by itself; sending is owed from now on. Raises Refusal
        where a person would release what was not checked yet or does not wait for them."""
        if self.status is InvoiceStatus.APPROVED:
            return
        if reviewer and self.status is not InvoiceStatus.REVIEW:
            raise Refusal(
                _("An NF-e in the state “%(state)s” cannot be approved.", state=self.label)
            )
        self._enter(InvoiceStatus.APPROVED)
        self.reviewer = reviewer
        self.owe(now)

    def rest(self) -> None:
        """The shop cannot sign just now: it stays released, and owes nothing until it can."""
        assert self.status is InvoiceStatus.APPROVED
        self.clear_work()

    def return_for_correction(self, reviewer: str, code: str, comment: str) -> None:
        if self.status is not InvoiceStatus.REVIEW:
            raise Refusal(
                _("An NF-e in the state “%(state)s” cannot be returned.", state=self.label)
            )
        self.reviewer, self.comment = reviewer, comment
        self._reject(RejectedBy.REVIEWER, code)

    def wait_for_fix(self, reason: str, xml: bytes | None) -> None:
        """It was returned or rejected: for what, and as it was then."""
        self.reason, self.former_xml = reason, xml

    def fail_checks(self) -> None:
        self._reject(RejectedBy.CHECKS, None)

    def send(
        self, series: int, number: int, access_key: str, signed_xml: bytes, issued_at: dt.datetime
    ) -> None:
        """From here on the answer is not known until the authority gives it."""
        self._enter(InvoiceStatus.SENDING)
        self.series, self.number, self.answer_unknown = series, number, False
        self.access_key, self.signed_xml, self.issued_at = access_key, signed_xml, issued_at

    def take_over(
        self, series: int, number: int, access_key: str, signed_xml: bytes, issued_at: dt.datetime
    ) -> None:
        """The authority has it already: its key is asked for, and nothing is sent."""
        self.send(series, number, access_key, signed_xml, issued_at)
        self.answer_unknown = True

    def await_answer(self, at: dt.datetime, why: str, is_unknown: bool) -> None:
        """The authority gave none, or asked for patience: it is asked again at `at`. `is_unknown`:
        what was sent may have arrived."""
        self.try_later(at, why)
        self.answer_unknown = is_unknown

    def sign_anew(self, now: dt.datetime) -> None:
        """The authority has not taken it, and will not as it is; what was approved is sent with
        another key, under the number that it has."""
        self._enter(InvoiceStatus.APPROVED)
        self.answer_unknown, self.access_key, self.signed_xml = False, None, None
        self.owe(now)

    def give_up_number(self) -> None:
        """It is another note's."""
        assert self.status is InvoiceStatus.APPROVED, "what is sent keeps its number"
        self.series = self.number = None

    def leave_behind(self, now: dt.datetime) -> "EarlierSend":
        """A person says that it goes to another service though nobody knows whether the former has
        taken it: what was sent is kept, and asked for until that is known."""
        assert self.access_key and self.signed_xml and self.issued_at, "it was sent"
        assert self.series is not None and self.number is not None, "it was sent"
        earlier = EarlierSend(
            invoice=self,
            status=EarlierStatus.UNKNOWN,
            access_key=self.access_key,
            signed_xml=self.signed_xml,
            issued_at=self.issued_at,
        )
        earlier.owe(now)
        self.sign_anew(now)
        return earlier

    def authorize(self, protocol: str, at: dt.datetime, proc_xml: bytes) -> None:
        """With it comes what it adds to its month's account."""
        self._enter(InvoiceStatus.AUTHORIZED)
        self.protocol, self.authorized_at, self.proc_xml = protocol, at, proc_xml
        if session := object_session(self):
            session.add_all(sums_of(self.id, proc_xml))
        self.rejected_by = self.rejection_code = None
        self.answer_unknown = False
        self.clear_work()

    def cancel_elsewhere(self) -> None:
        """It was cancelled at the authority, past this shop."""
        self._enter(InvoiceStatus.CANCELLED)
        self.answer_unknown = False
        self.clear_work()

    def refuse(self, code: str, reason: str, same_number: bool) -> None:
        """The authority's rejection. The number stays with the invoice and is sent again with it,
        unless the refusal says that another note has it."""
        self.comment, self.answer_unknown = reason[:500], False
        if not same_number:
            self.series = self.number = self.access_key = None
        self._reject(RejectedBy.AUTHORITY, code)

    def retry(self, at: dt.datetime, error: str) -> None:
        super().retry(at, error)
        self.answer_unknown = self.status is InvoiceStatus.SENDING

    def rebuild(self) -> None:
        """Mended: built and checked again, with the number it has."""
        if self.status in (InvoiceStatus.PENDING, InvoiceStatus.REVIEW, InvoiceStatus.REJECTED):
            self._enter(InvoiceStatus.PENDING)
            self.rejected_by = self.rejection_code = None
            self.comment, self.held_by = "", []
            return
        raise Refusal(_("An NF-e in the state “%(state)s” cannot be changed.", state=self.label))

    def refuse_unanswered(self) -> None:
        """Raises Refusal while nobody knows whether the authority has authorized it."""
        if self.status is InvoiceStatus.SENDING:
            raise Refusal(
                _("The NF-e is at SEFAZ and its answer is not known yet. Try again in a moment.")
            )

    def discard(self) -> None:
        """Its sale is undone before it went out. The number it may bear goes to the series' next
        invoice."""
        self.refuse_unanswered()
        if self.is_issued:
            raise Refusal(
                _("An NF-e in the state “%(state)s” cannot be changed.", state=self.label)
            )
        self._enter(InvoiceStatus.DISCARDED)
        self.clear_work()

    def cancel(self) -> None:
        """The authority has registered its cancellation."""
        self._enter(InvoiceStatus.CANCELLED)

    def _reject(self, by: RejectedBy, code: str | None) -> None:
        self._enter(InvoiceStatus.REJECTED)
        self.rejected_by, self.rejection_code = by, code
        self.clear_work()

    def _enter(self, status: InvoiceStatus) -> None:
        require_transition(INVOICE_TRANSITIONS, self.status, status)
        self.status = status


class EarlierStatus(enum.StrEnum):
    UNKNOWN = "unknown"
    # The authority has never had it.
    ABSENT = "absent"
    # It has it, beside the one that went out in its place: one of both must be cancelled.
    AUTHORIZED = "authorized"


EARLIER_TRANSITIONS: dict[EarlierStatus, set[EarlierStatus]] = {
    EarlierStatus.UNKNOWN: {EarlierStatus.ABSENT, EarlierStatus.AUTHORIZED},
    EarlierStatus.ABSENT: set(),
    EarlierStatus.AUTHORIZED: set(),
}


class EarlierSend(Owed, Timestamps, Model):
    """What an NF-e was sent as before it was signed anew for another service, without an answer. It
    is asked for until that is known."""

    __tablename__ = "earlier_sends"
    __table_args__ = (due_index("earlier_sends"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoices.id"), index=True)
    status: Mapped[EarlierStatus] = mapped_column(EnumText(EarlierStatus))
    access_key: Mapped[str] = mapped_column(String(44), unique=True)
    signed_xml: Mapped[bytes] = deferred(mapped_column(LargeBinary))
    issued_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    protocol: Mapped[str | None] = mapped_column(String(20))
    proc_xml: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    invoice: Mapped[Invoice] = relationship()

    @property
    def sale_id(self) -> int:
        return self.invoice.sale_id

    def settle(self, status: EarlierStatus, protocol: str | None = None) -> None:
        require_transition(EARLIER_TRANSITIONS, self.status, status)
        self.status, self.protocol = status, protocol
        self.clear_work()


class ForeignNumber(Model):
    """A number that the authority has for a note not known here: another system's, or one that this
    shop issued after the backup that it came out of; or that was voided past this shop. It is never
    used again."""

    __tablename__ = "foreign_numbers"
    __table_args__ = (
        UniqueConstraint("series", "number"),
        Index("ix_foreign_numbers_received_at", "received_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    series: Mapped[int]
    number: Mapped[int]
    # With which the authority refused it: 539, another note has it; 206, it was voided.
    code: Mapped[str] = mapped_column(String(4))
    # The other note's, where the authority names it, and what it answers of that key.
    access_key: Mapped[str | None] = mapped_column(String(44))
    digest: Mapped[str | None] = mapped_column(String(40))
    protocol: Mapped[str | None] = mapped_column(String(20))
    received_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    is_cancelled: Mapped[bool] = mapped_column(default=False)
    found_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    # Whose number it was to be.
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoices.id"), index=True)


class InvoiceSum(Model):
    """What an NF-e's items of one CFOP, CST or CSOSN and rate of ICMS add to its month's account,
    read from its file once, when it is authorized: no month is added up from the files.

    `month` is that of its issue, like 2026-11, by the clock of the issuer's state; `state` is where
    the goods go. `total` is a part of vNF; `fcp_there` and `difal` are the destination's.
    """

    __tablename__ = "invoice_sums"
    __table_args__ = (Index("ix_invoice_sums_month", "month", "cfop", "cst", "rate", "state"),)
    AMOUNTS: ClassVar[tuple[str, ...]] = (
        "total",
        "base",
        "icms",
        "fcp",
        "difal",
        "fcp_there",
        "pis",
        "cofins",
        "ibs",
        "cbs",
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoices.id"), index=True)
    month: Mapped[str] = mapped_column(String(7))
    state: Mapped[str] = mapped_column(String(2))
    cfop: Mapped[str] = mapped_column(String(4))
    cst: Mapped[str] = mapped_column(String(3))
    rate: Mapped[Decimal] = mapped_column(Hundredths)
    total: Mapped[Decimal] = mapped_column(Hundredths, default=ZERO)
    base: Mapped[Decimal] = mapped_column(Hundredths, default=ZERO)
    icms: Mapped[Decimal] = mapped_column(Hundredths, default=ZERO)
    fcp: Mapped[Decimal] = mapped_column(Hundredths, default=ZERO)
    difal: Mapped[Decimal] = mapped_column(Hundredths, default=ZERO)
    fcp_there: Mapped[Decimal] = mapped_column(Hundredths, default=ZERO)
    pis: Mapped[Decimal] = mapped_column(Hundredths, default=ZERO)
    cofins: Mapped[Decimal] = mapped_column(Hundredths, default=ZERO)
    ibs: Mapped[Decimal] = mapped_column(Hundredths, default=ZERO)
    cbs: Mapped[Decimal] = mapped_column(Hundredths, default=ZERO)


def sums_of(invoice_id: int, proc_xml: bytes) -> list[InvoiceSum]:
    note = note_sums(proc_xml)
    return [
        InvoiceSum(invoice_id=invoice_id, month=note.month, state=note.state, **asdict(one))
        for one in note.sums
    ]


class EventStatus(enum.StrEnum):
    PENDING = "pending"
    REGISTERED = "registered"
    REFUSED = "refused"

    @property
    def label(self) -> LazyString:
        return PAPER_LABELS[str(self)][0]

    @property
    def tone(self) -> str:
        return PAPER_LABELS[str(self)][1]


class VoidingStatus(enum.StrEnum):
    PENDING = "pending"
    DONE = "done"
    REFUSED = "refused"

    @property
    def label(self) -> LazyString:
        return PAPER_LABELS[str(self)][0]

    @property
    def tone(self) -> str:
        return PAPER_LABELS[str(self)][1]


PAPER_LABELS = {
    "pending": (_l("At SEFAZ"), "info"),
    "registered": (_l("Registered"), "good"),
    "done": (_l("Voided"), "good"),
    "refused": (_l("Refused by SEFAZ"), "bad"),
}
EVENT_TRANSITIONS: dict[EventStatus, set[EventStatus]] = {
    EventStatus.PENDING: {EventStatus.REGISTERED, EventStatus.REFUSED},
    EventStatus.REGISTERED: set(),
    EventStatus.REFUSED: set(),
}
VOIDING_TRANSITIONS: dict[VoidingStatus, set[VoidingStatus]] = {
    VoidingStatus.PENDING: {VoidingStatus.DONE, VoidingStatus.REFUSED},
    VoidingStatus.DONE: set(),
    VoidingStatus.REFUSED: set(),
}
EVENT_NAMES = {
    EventKind.CANCELLATION: _l("Cancellation"),
    EventKind.CORRECTION: _l("Correction letter"),
    EventKind.CARRIER_ACCESS: _l("Carrier's access"),
    EventKind.FAILED_DELIVERY: _l("Failed delivery"),
    EventKind.FAILED_DELIVERY_UNDONE: _l("Failed delivery taken back"),
}


class SignedPaper(Owed):
    """What an event and a voiding have alike: signed at its first turn, sent with the same bytes
    until the authority has answered."""

    # The authority's answer.
    code: Mapped[str | None] = mapped_column(String(4))
    reason: Mapped[str] = mapped_column(String(300), default="")
    protocol: Mapped[str | None] = mapped_column(String(20))
    # The signed bytes, never serialised again, and the file that is given out.
    signed_xml: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    proc_xml: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    has_file: Mapped[bool] = mapped_column(default=False)
    asked_by: Mapped[str] = mapped_column(ActorText)

    def _take(self, code: str, reason: str, protocol: str | None, proc_xml: bytes | None) -> None:
        """The authority has it. Without `proc_xml` it hands none out."""
        self.protocol, self.proc_xml, self.has_file = protocol, proc_xml, proc_xml is not None
        self._close(code, reason)

    def _close(self, code: str, reason: str) -> None:
        self.code, self.reason = code, reason[:300]
        self.clear_work()


class InvoiceEvent(SignedPaper, Timestamps, Model):
    """A paper that follows an authorised NF-e: signed at its first turn, and sent with the same
    bytes until the authority has answered."""

    __tablename__ = "invoice_events"
    __table_args__ = (
        # A number that was refused is free again.
        Index(
            "ix_invoice_events_sequence",
            "invoice_id",
            "kind",
            "sequence",
            unique=True,
            sqlite_where=text("status <> 'refused'"),
            postgresql_where=text("status <> 'refused'"),
        ),
        due_index("invoice_events"),
        Index("ix_invoice_events_invoice_id_id", "invoice_id", "id"),
        Index("ix_invoice_events_registered_at_id", "registered_at", "id"),
    )
    audited = ("kind", "status", "sequence", "text", "code", "reason", "protocol")

    id: Mapped[int] = mapped_column(primary_key=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoices.id"))
    sale_id: Mapped[int] = mapped_column(ForeignKey("sales.id"), index=True)
    kind: Mapped[EventKind] = mapped_column(EnumText(EventKind))
    # Of its kind: several correction letters follow each other, the last counts.
    sequence: Mapped[int] = mapped_column(default=1)
    status: Mapped[EventStatus] = mapped_column(EnumText(EventStatus), default=EventStatus.PENDING)
    # What a person wrote: the reason, the correction, what happened at the door.
    text: Mapped[str] = mapped_column(String(1000), default="")
    # What else its kind tells: the carrier's `cnpj` and `name`; of a delivery `tried_at`, `reason`,
    # `tries` and `hash`; the `protocol` of what is taken back.
    facts: Mapped[dict] = mapped_column(JSON, default=dict)
    registered_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    # When it says that it happened.
    at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    invoice: Mapped[Invoice] = relationship(back_populates="events")

    @property
    def audit_name(self) -> str:
        return str(self.kind)

    @property
    def is_pending_cancellation(self) -> bool:
        """It is at the authority, which may cancel the NF-e."""
        pending = self.status is EventStatus.PENDING
        return pending and self.kind is EventKind.CANCELLATION

    @property
    def label(self) -> LazyString:
        return EVENT_NAMES[self.kind]

    @property
    def file_name(self) -> str:
        """As other programs name it."""
        key = self.invoice.access_key
        return f"{self.kind.code}-{key}-{self.sequence:02d}-procEventoNFe.xml"

    def sign(self, signed_xml: bytes, at: dt.datetime) -> None:
        self.signed_xml, self.at = signed_xml, at

    def register(
        self, code: str, reason: str, protocol: str | None, at: dt.datetime, proc_xml: bytes | None
    ) -> None:
        self._enter(EventStatus.REGISTERED)
        self.registered_at = at
        self._take(code, reason, protocol, proc_xml)

    def refuse(self, code: str, reason: str) -> None:
        self._enter(EventStatus.REFUSED)
        self._close(code, reason)

    def _enter(self, status: EventStatus) -> None:
        require_transition(EVENT_TRANSITIONS, self.status, status)
        self.status = status


class Voiding(SignedPaper, Timestamps, Model):
    """A range of numbers that the shop declares it never uses (inutilização)."""

    __tablename__ = "voidings"
    __table_args__ = (
        Index("ix_voidings_series_first", "series", "first"),
        due_index("voidings"),
        Index("ix_voidings_received_at_id", "received_at", "id"),
    )
    audited = ("series", "first", "last", "status", "text", "code", "reason", "protocol")

    id: Mapped[int] = mapped_column(primary_key=True)
    series: Mapped[int]
    first: Mapped[int]
    last: Mapped[int]
    status: Mapped[VoidingStatus] = mapped_column(
        EnumText(VoidingStatus), default=VoidingStatus.PENDING
    )
    # Why, as the authority is told.
    text: Mapped[str] = mapped_column(String(255))
    received_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)

    @property
    def audit_name(self) -> str:
        return f"{self.series}-{self.printed_range}"

    @property
    def printed_range(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}–{self.last}"

    @property
    def file_name(self) -> str:
        return f"{self.series:03d}-{self.first:09d}-{self.last:09d}-procInutNFe.xml"

    def sign(self, signed_xml: bytes) -> None:
        self.signed_xml = signed_xml

    def complete(
        self, code: str, reason: str, protocol: str | None, at: dt.datetime, proc_xml: bytes | None
    ) -> None:
        """The authority has voided them. Without `proc_xml` it did so before, and its answer was
        lost."""
        self._enter(VoidingStatus.DONE)
        self.received_at = at
        self._take(code, reason, protocol, proc_xml)

    def refuse(self, code: str, reason: str) -> None:
        self._enter(VoidingStatus.REFUSED)
        self._close(code, reason)

    def _enter(self, status: VoidingStatus) -> None:
        require_transition(VOIDING_TRANSITIONS, self.status, status)
        self.status = status
