"""What the rules bring about inside the house: slips, royalties, memberships, commissions,
tasks."""

import datetime as dt
import enum
from decimal import Decimal

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.customers.models import Customer
from webapp.platform.clock import utc_now
from webapp.platform.columns import EnumText, Hundredths, UtcDateTime
from webapp.platform.database import db
from webapp.platform.errors import Refusal
from webapp.platform.money import ZERO
from webapp.rules.models import Effect
from webapp.sales.models import Sale, Shipping, Status


class SlipStatus(enum.StrEnum):
    """What stands between a slip and the customer's door; not kept, since the sale says it."""

    HELD = "held"
    AWAITING_NFE = "awaiting_nfe"
    TO_PACK = "to_pack"
    PACKED = "packed"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"

    @property
    def label(self):
        return SLIP_LABELS[self][0]

    @property
    def tone(self) -> str:
        return SLIP_LABELS[self][1]


SLIP_LABELS = {
    SlipStatus.HELD: (_l("Held"), "warn"),
    SlipStatus.AWAITING_NFE: (_l("Awaiting NF-e"), "info"),
    SlipStatus.TO_PACK: (_l("To pack"), "info"),
    SlipStatus.PACKED: (_l("To ship"), "info"),
    SlipStatus.SHIPPED: (_l("Shipped"), "good"),
    SlipStatus.DELIVERED: (_l("Delivered"), "good"),
    SlipStatus.CANCELLED: (_l("Cancelled"), ""),
}
# States of a sale whose goods may leave: its NF-e is authorized, or they need none.
MAY_LEAVE = (Status.INVOICED, Status.COMPLETED)
LEFT = (Shipping.SHIPPED, Shipping.DELIVERED)


class PackingSlip(db.Model):
    """One per sale; its items are the sale's goods. `released_at` is empty while a rule holds the
    sale.

    How far they are stands in `Sale.shipping`, who carries them in `Sale.carrier` and
    `Sale.tracking_code`. Each verb answers whether it changed anything: said twice, it does so
    once.
    """

    __tablename__ = "packing_slips"
    __table_args__ = (
        Index(
            "ix_packing_slips_held",
            "id",
            sqlite_where=text("released_at IS NULL"),
            postgresql_where=text("released_at IS NULL"),
        ),
    )
    audited = ("released_at", "volumes", "notes")

    id: Mapped[int] = mapped_column(primary_key=True)
    sale_id: Mapped[int] = mapped_column(ForeignKey("sales.id"), unique=True)
    # [{"line", "sku", "name", "quantity", "weight_g"}]
    items: Mapped[list] = mapped_column(JSON)
    weight_g: Mapped[int]
    expected_delivery: Mapped[dt.date]
    royalty_copy: Mapped[bool] = mapped_column(default=False)
    volumes: Mapped[int] = mapped_column(default=1)
    notes: Mapped[str] = mapped_column(String(500), default="")
    packed_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    shipped_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    delivered_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=utc_now)
    released_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}
    sale: Mapped[Sale] = relationship()

    @property
    def status(self) -> SlipStatus:
        if self.sale.status is Status.CANCELLED or self.sale.shipping is Shipping.NONE:
            return SlipStatus.CANCELLED
        if self.released_at is None:
            return SlipStatus.HELD
        return (
            SlipStatus(self.sale.shipping)
            if self.sale.status in MAY_LEAVE
            else SlipStatus.AWAITING_NFE
        )

    @property
    def has_left(self) -> bool:
        return self.sale.shipping in LEFT

    def pack(self, now: dt.datetime) -> bool:
        """It may be packed while its NF-e is on its way."""
        self._refuse_idle()
        if self.sale.shipping is not Shipping.TO_PACK:
            return False
        self.sale.shipping, self.packed_at = Shipping.PACKED, now
        return True

    def unpack(self) -> bool:
        """The step back for a slip of the finger."""
        self._refuse_idle()
        if self.has_left:
            raise Refusal(_("It has left the shop; it cannot be unpacked any more."))
        if self.sale.shipping is Shipping.TO_PACK:
            return False
        self.sale.shipping, self.packed_at = Shipping.TO_PACK, None
        return True

    def keep(self, left: dict[int, int]) -> list[dict]:
        """Only so many units of each line still go along: what came off, as items. What was packed
        is packed anew."""
        kept, off = [], []
        for item in self.items:
            units = min(left[item["line"]], item["quantity"])
            weight = item["weight_g"] // item["quantity"] * units
            if units:
                kept.append(item | {"quantity": units, "weight_g": weight})
            if units < item["quantity"]:
                off.append(
                    item
                    | {"quantity": item["quantity"] - units, "weight_g": item["weight_g"] - weight}
                )
        if off:
            self.items, self.weight_g = kept, sum(item["weight_g"] for item in kept)
            self.sale.shipping, self.packed_at = Shipping.TO_PACK if kept else Shipping.NONE, None
        return off

    def ship(self, carrier: str, tracking_code: str, now: dt.datetime) -> bool:
        """Handed to the carrier, packed or not yet marked so. A tracking code that was not known
        then may follow."""
        self._refuse_idle()
        sale = self.sale
        if self.has_left:
            return self._ship_again(carrier, tracking_code)
        if sale.status not in MAY_LEAVE:
            raise Refusal(_("Nothing leaves before its NF-e is authorized."))
        sale.shipping, sale.carrier, sale.tracking_code = Shipping.SHIPPED, carrier, tracking_code
        self.packed_at, self.shipped_at = self.packed_at or now, now
        return True

    def _ship_again(self, carrier: str, tracking_code: str) -> bool:
        sale = self.sale
        if carrier == sale.carrier and tracking_code in ("", sale.tracking_code):
            return False
        if carrier != sale.carrier or sale.tracking_code:
            raise Refusal(
                _(
                    "It was shipped already, with %(carrier)s %(code)s. Correct that on its "
                    "packing slip.",
                    carrier=sale.carrier,
                    code=sale.tracking_code,
                )
            )
        sale.tracking_code = tracking_code
        return True

    def correct_shipment(self, carrier: str, tracking_code: str) -> None:
        self._refuse_idle()
        if not self.has_left:
            raise Refusal(_("It was not shipped yet."))
        self.sale.carrier, self.sale.tracking_code = carrier, tracking_code

    def deliver(self, now: dt.datetime) -> bool:
        self._refuse_idle()
        if not self.has_left:
            raise Refusal(_("It was not shipped yet."))
        if self.sale.shipping is Shipping.DELIVERED:
            return False
        self.sale.shipping, self.delivered_at = Shipping.DELIVERED, now
        return True

    def describe(self, volumes: int, notes: str) -> None:
        self.volumes, self.notes = volumes, notes

    def _refuse_idle(self) -> None:
        if self.sale.status is Status.CANCELLED:
            raise Refusal(_("This order was cancelled; nothing of it ships."))
        if self.sale.shipping is Shipping.NONE:
            raise Refusal(_("All of it was given back; nothing is left to ship."))
        if self.status is SlipStatus.HELD:
            raise Refusal(_("A rule holds this order until a person releases it."))


class RoyaltySlip(db.Model):
    """The royalty department's duplicate of one book line."""

    __tablename__ = "royalty_slips"

    id: Mapped[int] = mapped_column(primary_key=True)
    sale_id: Mapped[int] = mapped_column(ForeignKey("sales.id"), index=True)
    effect_id: Mapped[int] = mapped_column(ForeignKey("effects.id"), unique=True)
    effect: Mapped[Effect] = relationship()
    month: Mapped[str] = mapped_column(String(7), index=True)
    sku: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(120))
    author: Mapped[str] = mapped_column(String(80))
    quantity: Mapped[int]
    base: Mapped[Decimal] = mapped_column(Hundredths)
    percent: Mapped[Decimal] = mapped_column(Hundredths)
    amount: Mapped[Decimal] = mapped_column(Hundredths)
    sale: Mapped[Sale] = relationship()

    @property
    def copies(self) -> int:
        """Below zero for a reversal, which takes them back."""
        return -abs(self.quantity) if self.base < ZERO else self.quantity


class MembershipStatus(enum.StrEnum):
    ACTIVE = "active"
    LAPSED = "lapsed"

    @property
    def label(self):
        return {self.ACTIVE: _l("Active"), self.LAPSED: _l("Lapsed")}[self]

    @property
    def tone(self) -> str:
        return "good" if self is MembershipStatus.ACTIVE else ""


class Membership(db.Model):
    """A customer has one; an upgrade changes its plan."""

    __tablename__ = "memberships"
    audited = ("plan", "status")
    live = "membership"

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), unique=True)
    plan: Mapped[str] = mapped_column(String(40))
    status: Mapped[MembershipStatus] = mapped_column(EnumText(MembershipStatus))
    since: Mapped[dt.date]
    customer: Mapped[Customer] = relationship()
    events: Mapped[list["MembershipEvent"]] = relationship(
        back_populates="membership", order_by="MembershipEvent.id"
    )

    @classmethod
    def begin(cls, customer_id: int, plan: str, on: dt.date, **cause) -> "Membership":
        """A customer's first one. `cause`, of every verb: sale_id, effect and actor, for the
        history."""
        membership = cls(
            customer_id=customer_id, plan=plan, status=MembershipStatus.ACTIVE, since=on
        )
        membership.events.append(
            MembershipEvent(
                kind="activated", plan=plan, status=membership.status, since=on, **cause
            )
        )
        return membership

    def activate(self, plan: str, on: dt.date, **cause) -> None:
        """Active from `on`, or since it was already."""
        if self.status is MembershipStatus.ACTIVE:
            self._become("activated", plan, self.status, self.since, cause)
        else:
            self._become("reactivated", plan, MembershipStatus.ACTIVE, on, cause)

    def upgrade(self, plan: str, **cause) -> None:
        if self.status is not MembershipStatus.ACTIVE:
            raise Refusal(_("Only an active membership can be upgraded."))
        self._become("upgraded", plan, self.status, self.since, cause)

    def lapse(self, reason: str, actor: str) -> None:
        """A person found that it is over; said twice, the first stays. Its first day is kept for
        `resume`."""
        if self.status is MembershipStatus.ACTIVE:
            self._become(
                "lapsed",
                self.plan,
                MembershipStatus.LAPSED,
                self.since,
                {"reason": reason, "actor": actor},
            )

    def resume(self, reason: str, actor: str) -> None:
        """A person found that it is not over after all; said twice, the first stays."""
        if self.status is MembershipStatus.LAPSED:
            self._become(
                "resumed",
                self.plan,
                MembershipStatus.ACTIVE,
                self.since,
                {"reason": reason, "actor": actor},
            )

    def go_back(self, event: "MembershipEvent", **cause) -> None:
        """To what it was before `event`; one that began with it has lapsed."""
        if event.status_before is None:
            self._become("reversed", self.plan, MembershipStatus.LAPSED, self.since, cause)
        else:
            self._become(
                "reversed", event.plan_before, event.status_before, event.since_before, cause
            )

    def _become(
        self, kind: str, plan: str, status: MembershipStatus, since: dt.date, cause: dict
    ) -> None:
        self.events.append(
            MembershipEvent(
                kind=kind,
                plan_before=self.plan,
                status_before=self.status,
                since_before=self.since,
                plan=plan,
                status=status,
                since=since,
                **cause,
            )
        )
        self.plan, self.status, self.since = plan, status, since


class MembershipEvent(db.Model):
    """One change of a membership, with what it was before: its history, and what a reversal goes
    back to."""

    __tablename__ = "membership_events"
    __table_args__ = (
        Index(
            "ix_membership_events_upgraded",
            "membership_id",
            sqlite_where=text("kind = 'upgraded'"),
            postgresql_where=text("kind = 'upgraded'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    membership_id: Mapped[int] = mapped_column(ForeignKey("memberships.id"), index=True)
    # activated | upgraded | reactivated | reversed by an order's effect; lapsed | resumed by hand
    kind: Mapped[str] = mapped_column(String(20))
    # Plan, status and first day; before is all empty for a membership that began here.
    plan_before: Mapped[str | None] = mapped_column(String(40))
    status_before: Mapped[MembershipStatus | None] = mapped_column(EnumText(MembershipStatus))
    since_before: Mapped[dt.date | None]
    plan: Mapped[str] = mapped_column(String(40))
    status: Mapped[MembershipStatus] = mapped_column(EnumText(MembershipStatus))
    since: Mapped[dt.date]
    sale_id: Mapped[int | None] = mapped_column(ForeignKey("sales.id"))
    effect_id: Mapped[int | None] = mapped_column(ForeignKey("effects.id"), unique=True)
    actor: Mapped[str] = mapped_column(String(100), default="")
    reason: Mapped[str] = mapped_column(String(500), default="")
    at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=utc_now)
    effect: Mapped[Effect | None] = relationship()
    membership: Mapped[Membership] = relationship(back_populates="events")
    sale: Mapped[Sale | None] = relationship()

    @property
    def label(self):
        return EVENT_LABELS[self.kind]

    @property
    def is_by_hand(self) -> bool:
        return self.kind in ("lapsed", "resumed")


EVENT_LABELS = {
    "activated": _l("Activated"),
    "upgraded": _l("Upgraded"),
    "reactivated": _l("Reactivated"),
    "reversed": _l("Taken back with its order"),
    "lapsed": _l("Marked as lapsed"),
    "resumed": _l("Marked as active again"),
}


class Commission(db.Model):
    """What an agent earns on one line, in the month of payment. A reversal is a negative twin."""

    __tablename__ = "commissions"

    id: Mapped[int] = mapped_column(primary_key=True)
    sale_id: Mapped[int] = mapped_column(ForeignKey("sales.id"), index=True)
    effect_id: Mapped[int] = mapped_column(ForeignKey("effects.id"), unique=True)
    effect: Mapped[Effect] = relationship()
    month: Mapped[str] = mapped_column(String(7), index=True)
    agent_code: Mapped[str] = mapped_column(String(20))
    agent_name: Mapped[str] = mapped_column(String(80))
    sku: Mapped[str] = mapped_column(String(60))
    base: Mapped[Decimal] = mapped_column(Hundredths)
    percent: Mapped[Decimal] = mapped_column(Hundredths)
    amount: Mapped[Decimal] = mapped_column(Hundredths)
    sale: Mapped[Sale] = relationship()


class CommissionPayment(db.Model):
    """An agent's month was paid out: how much it came to then, when and by whom."""

    __tablename__ = "commission_payments"
    __table_args__ = (UniqueConstraint("month", "agent_code"),)
    audited = ("month", "agent_code", "amount")

    id: Mapped[int] = mapped_column(primary_key=True)
    month: Mapped[str] = mapped_column(String(7))
    agent_code: Mapped[str] = mapped_column(String(20))
    amount: Mapped[Decimal] = mapped_column(Hundredths)
    paid_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=utc_now)
    paid_by: Mapped[str] = mapped_column(String(100))

    @property
    def audit_name(self) -> str:
        return f"{self.agent_code} {self.month}"


class Task(db.Model):
    """Something that a person of the staff must settle. Its words come from `code` and `params`."""

    __tablename__ = "tasks"
    __table_args__ = (Index("ix_tasks_code_id", "code", "id"),)
    audited = ("done_at", "outcome")
    live = "task"

    id: Mapped[int] = mapped_column(primary_key=True)
    sale_id: Mapped[int] = mapped_column(ForeignKey("sales.id"), index=True)
    # Empty for a task that no rule asked for (goods of a cancelled order to come back).
    effect_id: Mapped[int | None] = mapped_column(ForeignKey("effects.id"), unique=True)
    effect: Mapped[Effect | None] = relationship()
    code: Mapped[str] = mapped_column(String(60))
    params: Mapped[dict] = mapped_column(JSON, default=dict)
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=utc_now)
    done_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime, index=True)
    outcome: Mapped[str] = mapped_column(String(500), default="")
    sale: Mapped[Sale] = relationship()

    @property
    def status(self) -> str:
        return "done" if self.done_at else "open"

    def complete(self, outcome: str, now: dt.datetime) -> None:
        """Settled; said twice, the first outcome stays."""
        if not self.done_at:
            self.done_at, self.outcome = now, outcome
