"""Memberships, and each change of them."""

import datetime as dt
import enum

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.customers.models import Customer
from webapp.platform.clock import utc_now
from webapp.platform.columns import EnumText, UtcDateTime
from webapp.platform.database import Model
from webapp.platform.errors import Refusal
from webapp.rules.models import Effect
from webapp.sales.models import Sale


class MembershipStatus(enum.StrEnum):
    ACTIVE = "active"
    LAPSED = "lapsed"

    @property
    def label(self):
        return {self.ACTIVE: _l("Active"), self.LAPSED: _l("Lapsed")}[self]

    @property
    def tone(self) -> str:
        return "good" if self is MembershipStatus.ACTIVE else ""


class Membership(Model):
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


class MembershipEvent(Model):
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
