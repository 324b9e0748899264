"""Memberships, and each change of them."""

import datetime as dt
import enum
from typing import Any

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.customers.models import Customer
from webapp.platform.clock import utc_now
from webapp.platform.columns import ActorText, EnumText, UtcDateTime
from webapp.platform.database import Model
from webapp.platform.errors import Refusal
from webapp.platform.states import ForbiddenTransition
from webapp.rules.models import Effect
from webapp.sales.models import Sale


class MembershipStatus(enum.StrEnum):
    ACTIVE = "active"
    LAPSED = "lapsed"

    @property
    def label(self) -> LazyString:
        return STATUS_LABELS[self]

    @property
    def tone(self) -> str:
        return "good" if self is MembershipStatus.ACTIVE else ""


STATUS_LABELS = {
    MembershipStatus.ACTIVE: _l("Active"),
    MembershipStatus.LAPSED: _l("Lapsed"),
}


class MembershipEventKind(enum.StrEnum):
    """The first four come of an order's effect, the last two of a person."""

    ACTIVATED = "activated"
    UPGRADED = "upgraded"
    REACTIVATED = "reactivated"
    REVERSED = "reversed"
    LAPSED = "lapsed"
    RESUMED = "resumed"

    @property
    def label(self) -> LazyString:
        return CHANGE_LABELS[self]

    @property
    def is_by_hand(self) -> bool:
        return self in (MembershipEventKind.LAPSED, MembershipEventKind.RESUMED)


CHANGE_LABELS = {
    MembershipEventKind.ACTIVATED: _l("Activated"),
    MembershipEventKind.UPGRADED: _l("Upgraded"),
    MembershipEventKind.REACTIVATED: _l("Reactivated"),
    MembershipEventKind.REVERSED: _l("Reversed with its order"),
    MembershipEventKind.LAPSED: _l("Marked as lapsed"),
    MembershipEventKind.RESUMED: _l("Marked as active again"),
}
# Each change: from which status (None: there was no membership) to which. A reversal goes back to
# whatever was before.
TRANSITIONS: dict[MembershipEventKind, set[tuple[MembershipStatus | None, MembershipStatus]]] = {
    MembershipEventKind.ACTIVATED: {
        (None, MembershipStatus.ACTIVE),
        (MembershipStatus.ACTIVE, MembershipStatus.ACTIVE),
    },
    MembershipEventKind.UPGRADED: {(MembershipStatus.ACTIVE, MembershipStatus.ACTIVE)},
    MembershipEventKind.REACTIVATED: {(MembershipStatus.LAPSED, MembershipStatus.ACTIVE)},
    MembershipEventKind.REVERSED: {
        (before, after) for before in MembershipStatus for after in MembershipStatus
    },
    MembershipEventKind.LAPSED: {(MembershipStatus.ACTIVE, MembershipStatus.LAPSED)},
    MembershipEventKind.RESUMED: {(MembershipStatus.LAPSED, MembershipStatus.ACTIVE)},
}


class Membership(Model):
    """A customer has at most one; an upgrade changes its plan.

    Every verb adds an event; `cause` is what brought it about: sale_id, effect and actor, or a
    reason and actor.
    """

    __tablename__ = "memberships"
    __table_args__ = (Index("ix_memberships_since_id", "since", "id"),)
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
    def begin(cls, customer_id: int, plan: str, on: dt.date, **cause: Any) -> "Membership":
        """A customer's first one."""
        membership = cls(customer_id=customer_id)
        membership._become(MembershipEventKind.ACTIVATED, plan, MembershipStatus.ACTIVE, on, cause)
        return membership

    @property
    def is_active(self) -> bool:
        return self.status is MembershipStatus.ACTIVE

    def activate(self, plan: str, on: dt.date, **cause: Any) -> None:
        """Active from `on`, or since it was already."""
        if self.is_active:
            self._become(MembershipEventKind.ACTIVATED, plan, self.status, self.since, cause)
        else:
            self._become(MembershipEventKind.REACTIVATED, plan, MembershipStatus.ACTIVE, on, cause)

    def upgrade(self, plan: str, **cause: Any) -> None:
        if not self.is_active:
            raise Refusal(_("Only an active membership can be upgraded."))
        self._become(MembershipEventKind.UPGRADED, plan, self.status, self.since, cause)

    def lapse(self, reason: str, actor: str) -> None:
        """A person found that it is over. Its first day stays, for `resume`. Idempotent."""
        if self.is_active:
            self._mark(MembershipEventKind.LAPSED, MembershipStatus.LAPSED, reason, actor)

    def resume(self, reason: str, actor: str) -> None:
        """A person found that it is not over after all. Idempotent."""
        if not self.is_active:
            self._mark(MembershipEventKind.RESUMED, MembershipStatus.ACTIVE, reason, actor)

    def take_over(self, other: "Membership", reason: str, actor: str) -> None:
        """Goes on as another active one of the same person did."""
        active = MembershipEventKind.ACTIVATED, MembershipEventKind.REACTIVATED
        cause = {"reason": reason, "actor": actor}
        self._become(active[not self.is_active], other.plan, other.status, other.since, cause)

    def go_back(self, event: "MembershipEvent", **cause: Any) -> None:
        """Restores what was before `event`; a membership that began with it has lapsed."""
        plan, status, since = event.plan_before, event.status_before, event.since_before
        if plan is None or status is None or since is None:
            plan, status, since = self.plan, MembershipStatus.LAPSED, self.since
        self._become(MembershipEventKind.REVERSED, plan, status, since, cause)

    def _mark(
        self, change: MembershipEventKind, status: MembershipStatus, reason: str, actor: str
    ) -> None:
        cause = {"reason": reason, "actor": actor}
        self._become(change, self.plan, status, self.since, cause)

    def _become(
        self,
        change: MembershipEventKind,
        plan: str,
        status: MembershipStatus,
        since: dt.date,
        cause: dict[str, Any],
    ) -> None:
        if (self.status, status) not in TRANSITIONS[change]:
            raise ForbiddenTransition(f"{change}: {self.status} does not lead to {status}")
        self.events.append(
            MembershipEvent(
                kind=change,
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
    kind: Mapped[str] = mapped_column(String(20))  # a MembershipEventKind
    # Plan, status and first day; before is all empty for a membership that began here.
    plan_before: Mapped[str | None] = mapped_column(String(40))
    status_before: Mapped[MembershipStatus | None] = mapped_column(EnumText(MembershipStatus))
    since_before: Mapped[dt.date | None]
    plan: Mapped[str] = mapped_column(String(40))
    status: Mapped[MembershipStatus] = mapped_column(EnumText(MembershipStatus))
    since: Mapped[dt.date]
    sale_id: Mapped[int | None] = mapped_column(ForeignKey("sales.id"))
    effect_id: Mapped[int | None] = mapped_column(ForeignKey("effects.id"), unique=True)
    actor: Mapped[str] = mapped_column(ActorText, default="")
    reason: Mapped[str] = mapped_column(String(500), default="")
    at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=utc_now)
    effect: Mapped[Effect | None] = relationship()
    membership: Mapped[Membership] = relationship(back_populates="events")
    sale: Mapped[Sale | None] = relationship()

    @property
    def is_by_hand(self) -> bool:
        return MembershipEventKind(self.kind).is_by_hand
