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
from webapp.platform.owed import Owed, due_index
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
    """The first five come of an order's effect; LAPSED and RESUMED of a person; ENDED of the
    term."""

    ACTIVATED = "activated"
    RENEWED = "renewed"
    UPGRADED = "upgraded"
    REACTIVATED = "reactivated"
    REVERSED = "reversed"
    LAPSED = "lapsed"
    RESUMED = "resumed"
    ENDED = "ended"

    @property
    def label(self) -> LazyString:
        return CHANGE_LABELS[self]

    @property
    def is_by_hand(self) -> bool:
        return self in (MembershipEventKind.LAPSED, MembershipEventKind.RESUMED)


CHANGE_LABELS = {
    MembershipEventKind.ACTIVATED: _l("Activated"),
    MembershipEventKind.RENEWED: _l("Renewed"),
    MembershipEventKind.UPGRADED: _l("Upgraded"),
    MembershipEventKind.REACTIVATED: _l("Reactivated"),
    MembershipEventKind.REVERSED: _l("Reversed with its order"),
    MembershipEventKind.LAPSED: _l("Marked as lapsed"),
    MembershipEventKind.RESUMED: _l("Marked as active again"),
    MembershipEventKind.ENDED: _l("Lapsed at the end of its term"),
}
# Each change: from which status (None: there was no membership) to which. A reversal goes back to
# whatever was before.
TRANSITIONS: dict[MembershipEventKind, set[tuple[MembershipStatus | None, MembershipStatus]]] = {
    MembershipEventKind.ACTIVATED: {
        (None, MembershipStatus.ACTIVE),
        (MembershipStatus.ACTIVE, MembershipStatus.ACTIVE),
    },
    MembershipEventKind.RENEWED: {(MembershipStatus.ACTIVE, MembershipStatus.ACTIVE)},
    MembershipEventKind.UPGRADED: {(MembershipStatus.ACTIVE, MembershipStatus.ACTIVE)},
    MembershipEventKind.REACTIVATED: {(MembershipStatus.LAPSED, MembershipStatus.ACTIVE)},
    MembershipEventKind.REVERSED: {
        (before, after) for before in MembershipStatus for after in MembershipStatus
    },
    MembershipEventKind.LAPSED: {(MembershipStatus.ACTIVE, MembershipStatus.LAPSED)},
    MembershipEventKind.RESUMED: {(MembershipStatus.LAPSED, MembershipStatus.ACTIVE)},
    MembershipEventKind.ENDED: {(MembershipStatus.ACTIVE, MembershipStatus.LAPSED)},
}


class Membership(Owed, Model):
    """A customer has at most one; an upgrade changes its plan. An active one with a last day owes
    the reminder ahead of it, and its end.

    Every verb adds an event; `cause` is what brought it about: sale_id, effect and actor, or a
    reason and actor.
    """

    __tablename__ = "memberships"
    __table_args__ = (
        Index("ix_memberships_since_id", "since", "id"),
        Index("ix_memberships_status_since_id", "status", "since", "id"),
        Index("ix_memberships_ends_on", "status", "ends_on", "id"),
        due_index("memberships"),
    )
    audited = ("plan", "status", "ends_on")
    live = "membership"

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), unique=True)
    plan: Mapped[str] = mapped_column(String(40))
    status: Mapped[MembershipStatus] = mapped_column(EnumText(MembershipStatus))
    since: Mapped[dt.date]
    # Its last day; None: it has no end. Of a lapsed one, what it was.
    ends_on: Mapped[dt.date | None]
    # The last day of which its owner was reminded.
    reminded_of: Mapped[dt.date | None]
    customer: Mapped[Customer] = relationship()
    events: Mapped[list["MembershipEvent"]] = relationship(
        back_populates="membership", order_by="MembershipEvent.id"
    )

    @classmethod
    def begin(
        cls,
        customer_id: int,
        plan: str,
        on: dt.date,
        ends_on: dt.date | None = None,
        **cause: Any,
    ) -> "Membership":
        """A customer's first one, up to and with `ends_on`."""
        membership, active = cls(customer_id=customer_id), MembershipStatus.ACTIVE
        change = MembershipEventKind.ACTIVATED
        membership._become(change, plan, active, on, ends_on, cause)
        return membership

    @property
    def is_active(self) -> bool:
        return self.status is MembershipStatus.ACTIVE

    def activate(
        self, plan: str, on: dt.date, ends_on: dt.date | None = None, **cause: Any
    ) -> None:
        """Active from `on`, or since it was already, up to and with `ends_on`."""
        if self.is_active:
            renewed = plan == self.plan and ends_on is not None
            change = MembershipEventKind.RENEWED if renewed else MembershipEventKind.ACTIVATED
            self._become(change, plan, self.status, self.since, ends_on, cause)
        else:
            change, active = MembershipEventKind.REACTIVATED, MembershipStatus.ACTIVE
            self._become(change, plan, active, on, ends_on, cause)

    def upgrade(self, plan: str, **cause: Any) -> None:
        if not self.is_active:
            raise Refusal(_("Only an active membership can be upgraded."))
        change = MembershipEventKind.UPGRADED
        self._become(change, plan, self.status, self.since, self.ends_on, cause)

    def lapse(self, reason: str, actor: str) -> None:
        """A person found that it is over. Its first day stays, for `resume`. Idempotent."""
        if self.is_active:
            cause = {"reason": reason, "actor": actor}
            self._lapse(MembershipEventKind.LAPSED, cause)

    def end(self, actor: str) -> None:
        """Its term is over. Idempotent."""
        if self.is_active:
            self._lapse(MembershipEventKind.ENDED, {"actor": actor})

    def _lapse(self, change: MembershipEventKind, cause: dict[str, Any]) -> None:
        lapsed = MembershipStatus.LAPSED
        self._become(change, self.plan, lapsed, self.since, self.ends_on, cause)

    def resume(self, reason: str, actor: str, ends_on: dt.date | None = None) -> None:
        """A person found that it is not over after all, up to and with `ends_on`. Idempotent."""
        if not self.is_active:
            change, cause = MembershipEventKind.RESUMED, {"reason": reason, "actor": actor}
            active = MembershipStatus.ACTIVE
            self._become(change, self.plan, active, self.since, ends_on, cause)

    def take_over(self, other: "Membership", reason: str, actor: str) -> None:
        """Goes on as another active one of the same person did."""
        active = MembershipEventKind.ACTIVATED, MembershipEventKind.REACTIVATED
        cause = {"reason": reason, "actor": actor}
        change = active[not self.is_active]
        self._become(change, other.plan, other.status, other.since, other.ends_on, cause)

    def go_back(self, event: "MembershipEvent", **cause: Any) -> None:
        """Restores what was before `event`; a membership that began with it has lapsed."""
        plan, status, since = event.plan_before, event.status_before, event.since_before
        ends_on = event.ends_on_before
        if plan is None or status is None or since is None:
            plan, status, since = self.plan, MembershipStatus.LAPSED, self.since
        self._become(MembershipEventKind.REVERSED, plan, status, since, ends_on, cause)

    def _become(
        self,
        change: MembershipEventKind,
        plan: str,
        status: MembershipStatus,
        since: dt.date,
        ends_on: dt.date | None,
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
                ends_on_before=self.ends_on,
                plan=plan,
                status=status,
                since=since,
                ends_on=ends_on,
                **cause,
            )
        )
        self.plan, self.status, self.since, self.ends_on = plan, status, since, ends_on
        if self.is_active and ends_on:
            self.owe(utc_now())
        else:
            self.clear_work()


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
    # Plan, status, first and last day; before is all empty for a membership that began here.
    plan_before: Mapped[str | None] = mapped_column(String(40))
    status_before: Mapped[MembershipStatus | None] = mapped_column(EnumText(MembershipStatus))
    since_before: Mapped[dt.date | None]
    ends_on_before: Mapped[dt.date | None]
    ends_on: Mapped[dt.date | None]
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
