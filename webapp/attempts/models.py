"""What was tried and what came of it, kept after success too; why something fails, and what waits
for that just now."""

import datetime as dt
import enum
from decimal import Decimal

from flask_babel import lazy_pgettext
from flask_babel.speaklater import LazyString
from sqlalchemy import (
    JSON,
    BigInteger,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from webapp.platform.columns import ActorText, EnumText, Hundredths, Timestamps, UtcDateTime
from webapp.platform.database import Model
from webapp.platform.owed import due_index
from webapp.platform.sliced import Sliced, SliceStatus

IN_VAIN = text("outcome <> 'done'")


def in_vain_index(name: str, *columns: str) -> Index:
    """Of the attempts in vain, few beside those that are done."""
    columns += ("outcome", "ended_at", "id")
    return Index(name, *columns, sqlite_where=IN_VAIN, postgresql_where=IN_VAIN)


class AttemptOutcome(enum.StrEnum):
    DONE = "done"
    # The outside world was away, or the house was not ready: no failure, tried for as long as it
    # takes.
    WAITED = "waited"
    FAILED = "failed"
    # The last try: a person is asked.
    GIVEN_UP = "given_up"

    @property
    def label(self) -> LazyString:
        return _OUTCOMES[self][0]

    @property
    def tone(self) -> str:
        return _OUTCOMES[self][1]


_OUTCOMES = {
    AttemptOutcome.DONE: (lazy_pgettext("an attempt", "Done"), "good"),
    AttemptOutcome.WAITED: (lazy_pgettext("an attempt", "Tries again by itself"), "info"),
    AttemptOutcome.FAILED: (lazy_pgettext("an attempt", "Failed, tries again"), "warn"),
    AttemptOutcome.GIVEN_UP: (lazy_pgettext("an attempt", "Waits for a person"), "bad"),
}


class CauseState(enum.StrEnum):
    OPEN = "open"
    # Told of no more until a time, or until so many more failed.
    IGNORED = "ignored"
    # A person says it is cured; it opens again when it comes again.
    RESOLVED = "resolved"

    @property
    def label(self) -> LazyString:
        return _STATES[self][0]

    @property
    def tone(self) -> str:
        return _STATES[self][1]


_STATES = {
    CauseState.OPEN: (lazy_pgettext("a cause", "Open"), "warn"),
    CauseState.IGNORED: (lazy_pgettext("a cause", "Ignored"), ""),
    CauseState.RESOLVED: (lazy_pgettext("a cause", "Resolved"), "good"),
}


class FailureCause(Model):
    """Failures of one step with one reason: the same exception at the same place, or the same
    answer of a provider. `count`: how many attempts failed so; `healed`: rows that went on by
    themselves afterwards. What waits for it just now: `waiting` rows, of `orders` orders that come
    to `amount`, kept in the transactions that write `FailingWork`."""

    __tablename__ = "failure_causes"
    __table_args__ = (
        Index("ix_failure_causes_state_last_at", "state", "last_at"),
        # The orders of their list.
        Index("ix_failure_causes_amount", "amount", "waiting", "id"),
        Index("ix_failure_causes_last_at", "last_at", "id"),
    )
    live = "cause"

    id: Mapped[int] = mapped_column(primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64), unique=True)
    queue: Mapped[str] = mapped_column(String(12))
    kind: Mapped[str] = mapped_column(String(20))
    step: Mapped[str] = mapped_column(String(20))
    # As it was said last, and where in the program; never personal data.
    error: Mapped[str] = mapped_column(String(300))
    place: Mapped[str] = mapped_column(String(200), default="")
    trace: Mapped[str] = mapped_column(Text, default="")
    count: Mapped[int] = mapped_column(default=0)
    healed: Mapped[int] = mapped_column(default=0)
    waiting: Mapped[int] = mapped_column(default=0)
    orders: Mapped[int] = mapped_column(default=0)
    amount: Mapped[Decimal] = mapped_column(Hundredths, default=Decimal(0))
    first_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    last_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    state: Mapped[CauseState] = mapped_column(EnumText(CauseState), default=CauseState.OPEN)
    ignored_until: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    # `count` from which on it is told of again.
    ignored_below: Mapped[int | None]
    # Who resolved or ignored it, and why.
    actor: Mapped[str] = mapped_column(ActorText, default="")
    reason: Mapped[str] = mapped_column(String(300), default="")

    @property
    def audit_name(self) -> str:
        return self.error

    def resolve(self, actor: str, reason: str) -> None:
        """A person says it is cured; when it comes again it opens again."""
        self._put_aside(CauseState.RESOLVED, actor, reason)

    def ignore(self, actor: str, reason: str, until: dt.datetime | None, more: int | None) -> None:
        """Told of no more `until` then, or until `more` attempts have failed so; whichever comes
        first."""
        self._put_aside(CauseState.IGNORED, actor, reason)
        self.ignored_until = until
        self.ignored_below = None if more is None else self.count + more

    def reopen(self) -> None:
        self._put_aside(CauseState.OPEN, "", "")

    def _put_aside(self, state: CauseState, actor: str, reason: str) -> None:
        self.state, self.actor, self.reason = state, actor, reason
        self.ignored_until = self.ignored_below = None


class Attempt(Model):
    """One try at a step of a row: the row's `kind` and `row_id`, its status as `step`. `sale_id`:
    the order it was for; no key, for attempts outlive what they were about. Tries in vain one after
    the other with one cause are one row: `times`, from `began_at` to `ended_at`. `waited_ms`: for
    how long the oldest row of its batch of `batch` rows had been due; `took_ms`: the batch's
    work; of several times the last."""

    __tablename__ = "attempts"
    __table_args__ = (
        Index("ix_attempts_row", "kind", "row_id", "id"),
        Index("ix_attempts_sale_id", "sale_id", "id"),
        # Each filter of their list, by when they ended.
        Index("ix_attempts_ended_at", "ended_at", "id"),
        Index("ix_attempts_queue", "queue", "ended_at", "id"),
        Index("ix_attempts_step", "kind", "step", "ended_at", "id"),
        Index("ix_attempts_cause_id", "cause_id", "ended_at", "id"),
        in_vain_index("ix_attempts_in_vain"),
        in_vain_index("ix_attempts_in_vain_queue", "queue"),
        in_vain_index("ix_attempts_in_vain_step", "kind", "step"),
        in_vain_index("ix_attempts_in_vain_cause", "cause_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    row_id: Mapped[int]
    step: Mapped[str] = mapped_column(String(20))
    queue: Mapped[str] = mapped_column(String(12))
    sale_id: Mapped[int | None]
    outcome: Mapped[AttemptOutcome] = mapped_column(EnumText(AttemptOutcome))
    times: Mapped[int] = mapped_column(default=1)
    began_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    waited_ms: Mapped[int] = mapped_column(BigInteger)
    took_ms: Mapped[int] = mapped_column(BigInteger)
    batch: Mapped[int]
    worker: Mapped[str] = mapped_column(String(40))
    cause_id: Mapped[int | None] = mapped_column(ForeignKey("failure_causes.id"))
    error: Mapped[str] = mapped_column(String(300), default="")


class FailingWork(Model):
    """A step of a row that was tried in vain, until it is done, or nobody wants it any more.
    `amount`: the order's total as it was counted into the cause; nothing where another row of the
    order stands there already. `is_given_up`: a person is asked."""

    __tablename__ = "failing_work"
    __table_args__ = (
        UniqueConstraint("kind", "row_id", "step"),
        Index("ix_failing_work_cause_id", "cause_id", "since", "id"),
        Index("ix_failing_work_retried", "cause_id", "id"),
        Index("ix_failing_work_sale_id", "sale_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    row_id: Mapped[int]
    step: Mapped[str] = mapped_column(String(20))
    cause_id: Mapped[int] = mapped_column(ForeignKey("failure_causes.id"))
    attempt_id: Mapped[int]
    sale_id: Mapped[int | None]
    counts_order: Mapped[bool] = mapped_column(default=False)
    amount: Mapped[Decimal] = mapped_column(Hundredths, default=Decimal(0))
    since: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    is_given_up: Mapped[bool] = mapped_column(default=False)
    # A person had it tried sooner: should it be done by that, it has not healed by itself.
    is_hurried: Mapped[bool] = mapped_column(default=False)


class CauseRetry(Sliced, Timestamps, Model):
    """What waits for a cause is tried again, or `gives_up`: the rows with these `chosen` ids, or
    all that waited when it was asked for, the newest first. `result` counts those that were
    `tried` or `given_up`, were `same` as tried already, or `refused`, and of these by `why`, in
    `locale`; of a single one it names the `row_id`."""

    __tablename__ = "cause_retries"
    __table_args__ = (
        due_index("cause_retries"),
        Index("ix_cause_retries_cause_id", "cause_id", "id"),
    )
    live = "retry"

    id: Mapped[int] = mapped_column(primary_key=True)
    cause_id: Mapped[int] = mapped_column(ForeignKey("failure_causes.id"))
    chosen: Mapped[list[int]] = mapped_column(JSON, default=list)
    reason: Mapped[str] = mapped_column(String(300), default="")
    gives_up: Mapped[bool] = mapped_column(default=False)
    locale: Mapped[str] = mapped_column(String(8), default="")

    @property
    def is_running(self) -> bool:
        return self.status is SliceStatus.PENDING
