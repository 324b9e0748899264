"""Labels that are bought of a provider, one for each parcel, and what the carrier tells of them."""

import datetime as dt
import enum
import uuid
from decimal import Decimal

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, deferred, mapped_column, relationship

from webapp.fulfilment.parcels.models import PackingSlip, ParcelCode
from webapp.platform.columns import ActorText, EnumText, Hundredths, Timestamps, UtcDateTime
from webapp.platform.database import Model
from webapp.platform.errors import Refusal
from webapp.platform.owed import Owed
from webapp.platform.states import require_transition

# How long a parcel is asked for, and how often.
FOLLOWED, FOLLOWED_EACH = dt.timedelta(days=60), dt.timedelta(hours=2)


class LabelStatus(enum.StrEnum):
    # Being bought.
    WANTED = "wanted"
    # Bought and printable; its parcel is asked for.
    READY = "ready"
    DELIVERED = "delivered"
    # The provider does not sell it as it was asked for.
    REFUSED = "refused"
    CANCELLED = "cancelled"

    @property
    def label(self) -> LazyString:
        return LABELS[self][0]

    @property
    def tone(self) -> str:
        return LABELS[self][1]


PAID_NOT_ISSUED = _l("Paid, not issued")
LABELS = {
    LabelStatus.WANTED: (_l("Being bought"), "info"),
    LabelStatus.READY: (_l("Bought"), "good"),
    LabelStatus.DELIVERED: (_l("Delivered"), "good"),
    LabelStatus.REFUSED: (_l("Not bought"), "bad"),
    LabelStatus.CANCELLED: (_l("Dropped"), ""),
}
LABEL_TRANSITIONS: dict[LabelStatus, set[LabelStatus]] = {
    LabelStatus.WANTED: {LabelStatus.READY, LabelStatus.REFUSED},
    LabelStatus.READY: {LabelStatus.DELIVERED, LabelStatus.CANCELLED},
    LabelStatus.REFUSED: {LabelStatus.WANTED, LabelStatus.CANCELLED},
    LabelStatus.DELIVERED: set(),
    LabelStatus.CANCELLED: set(),
}
_COUNTS = "status NOT IN ('refused', 'cancelled')"


class Label(Owed, Timestamps, Model):
    """Bought in three turns, each written down before the next: the provider knows it
    (`provider_id`), it is paid (`bought_at`), its file is here. The provider sells one
    `provider_id` once, so whatever dies in between, no label is paid twice."""

    __tablename__ = "labels"
    __table_args__ = (
        # A parcel has one at a time.
        Index(
            "ix_labels_of_parcel",
            "slip_id",
            "number",
            unique=True,
            sqlite_where=text(_COUNTS),
            postgresql_where=text(_COUNTS),
        ),
        Index("ix_labels_slip_id_id", "slip_id", "id"),
        Index("ix_labels_status_due_at", "status", "due_at"),
    )
    audited = ("status", "service_name", "price", "tracking_code")

    id: Mapped[int] = mapped_column(primary_key=True)
    slip_id: Mapped[int] = mapped_column(ForeignKey("packing_slips.id"))
    # Which of the slip's parcels.
    number: Mapped[int]
    provider: Mapped[str] = mapped_column(String(20))
    # What was chosen of the quote: the provider's number and name, who carries, what it costs.
    service: Mapped[str] = mapped_column(String(10))
    service_name: Mapped[str] = mapped_column(String(60))
    carrier: Mapped[str] = mapped_column(String(60))
    price: Mapped[Decimal] = mapped_column(Hundredths)
    height_cm: Mapped[int]
    width_cm: Mapped[int]
    length_cm: Mapped[int]
    weight_g: Mapped[int]
    status: Mapped[LabelStatus] = mapped_column(EnumText(LabelStatus), default=LabelStatus.WANTED)
    # Our name for it there, by which one is found whose answer was lost.
    reference: Mapped[str] = mapped_column(
        String(40), unique=True, default=lambda: f"balcao-{uuid.uuid4().hex[:20]}"
    )
    provider_id: Mapped[str] = mapped_column(String(40), default="")
    bought_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    file: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    tracking_code: Mapped[str] = mapped_column(String(60), default="")
    # Why it was refused, in the provider's words.
    answer: Mapped[str] = mapped_column(String(300), default="")
    asked_by: Mapped[str] = mapped_column(ActorText)
    slip: Mapped[PackingSlip] = relationship()
    events: Mapped[list["TrackingEvent"]] = relationship(
        order_by="TrackingEvent.at", back_populates="label"
    )

    @property
    def audit_name(self) -> str:
        return f"{self.slip.sale.reference}-{self.number}"

    @property
    def code(self) -> ParcelCode:
        return ParcelCode(self.number, self.carrier, self.tracking_code)

    @property
    def is_paid(self) -> bool:
        return self.bought_at is not None

    @property
    def status_words(self) -> LazyString:
        """Refused after it was paid, it is bought all the same: only its file is missing."""
        is_stuck = self.status is LabelStatus.REFUSED and self.is_paid
        return PAID_NOT_ISSUED if is_stuck else self.status.label

    def begin(self, now: dt.datetime) -> None:
        self.status = LabelStatus.WANTED
        self.owe(now)

    def put(self, provider_id: str, price: Decimal | None, now: dt.datetime) -> None:
        """`price`: what it costs there, where that is told."""
        self.provider_id, self.price = provider_id, self.price if price is None else price
        self.owe(now)

    def buy(self, now: dt.datetime) -> None:
        self.bought_at = now
        self.owe(now)

    def take_file(self, file: bytes, tracking_code: str, now: dt.datetime) -> None:
        self._enter(LabelStatus.READY)
        self.file, self.tracking_code, self.answer = file, tracking_code, ""
        self.owe(now + FOLLOWED_EACH)

    def refuse(self, words: str, error: str = "") -> None:
        self._enter(LabelStatus.REFUSED)
        self.clear_work()
        self.answer, self.error = words[:300], error[:300]

    def try_again(self, now: dt.datetime) -> None:
        """A person mended what the provider refused. Said twice, it is tried once."""
        if self.status is LabelStatus.WANTED:
            return
        self._refuse_unless(LabelStatus.REFUSED)
        self._enter(LabelStatus.WANTED)
        self.answer = ""
        self.owe(now)

    def drop(self) -> None:
        """Another one may be bought in its place."""
        if self.status is LabelStatus.CANCELLED:
            return
        self._refuse_unless(LabelStatus.REFUSED)
        if self.is_paid:
            raise Refusal(_("It is paid already: try again, or cancel it at the provider."))
        self._enter(LabelStatus.CANCELLED)

    def follow(self, at: dt.datetime) -> None:
        """Asked for once more, unless it is too old for that."""
        assert self.bought_at is not None, "the label is paid"
        if at - self.bought_at > FOLLOWED:
            self.clear_work()
        else:
            self.owe(at)

    def deliver(self) -> None:
        self._enter(LabelStatus.DELIVERED)
        self.clear_work()

    def cancel(self) -> None:
        """The provider says that it does not count any more."""
        self._enter(LabelStatus.CANCELLED)
        self.clear_work()

    def hear(self, kind: "TrackingKind", at: dt.datetime) -> None:
        """Told twice, it is one event."""
        if all(event.kind is not kind for event in self.events):
            self.events.append(TrackingEvent(kind=kind, at=at))

    def _refuse_unless(self, status: LabelStatus) -> None:
        if self.status is not status:
            raise Refusal(
                _("A label in the state “%(state)s” is not changed.", state=self.status.label)
            )

    def _enter(self, status: LabelStatus) -> None:
        require_transition(LABEL_TRANSITIONS, self.status, status)
        self.status = status


class TrackingKind(enum.StrEnum):
    GENERATED = "generated"
    POSTED = "posted"
    UNDELIVERED = "undelivered"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"

    @property
    def label(self) -> LazyString:
        return TRACKING_LABELS[self]


TRACKING_LABELS = {
    TrackingKind.GENERATED: _l("Label made"),
    TrackingKind.POSTED: _l("Handed to the carrier"),
    TrackingKind.UNDELIVERED: _l("Could not be delivered"),
    TrackingKind.DELIVERED: _l("Delivered"),
    TrackingKind.CANCELLED: _l("Label cancelled"),
}


class TrackingEvent(Model):
    """What the provider told of a parcel, once of each kind."""

    __tablename__ = "tracking_events"
    __table_args__ = (UniqueConstraint("label_id", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    label_id: Mapped[int] = mapped_column(ForeignKey("labels.id"))
    kind: Mapped[TrackingKind] = mapped_column(EnumText(TrackingKind))
    at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    label: Mapped[Label] = relationship(back_populates="events")
