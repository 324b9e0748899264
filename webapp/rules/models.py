"""Rule sets: the draft, the published versions, what each decided about a sale, and the effects
that hang off it."""

import datetime as dt
import enum
from decimal import Decimal

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.platform.clock import utc_now
from webapp.platform.columns import ActorText, EnumText, Hundredths, Timestamps, UtcDateTime
from webapp.platform.database import Model
from webapp.platform.owed import Owed, due_index
from webapp.platform.sliced import Sliced
from webapp.platform.states import require_transition


class RuleSetVersion(Model):
    """One published set, never changed afterwards; the highest id is in force."""

    __tablename__ = "rule_sets"

    id: Mapped[int] = mapped_column(primary_key=True)
    rules: Mapped[list] = mapped_column(JSON)
    published_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=utc_now)
    published_by: Mapped[str] = mapped_column(ActorText)
    reason: Mapped[str] = mapped_column(String(500))
    # Who wrote the draft that became this version: names, for the page.
    drafted_by: Mapped[list] = mapped_column(JSON, default=list)
    # The earlier version whose rules this one brought back.
    restores: Mapped[int | None]

    def to_json(self) -> dict:
        return {
            "version": self.id,
            "published_at": self.published_at.isoformat(),
            "published_by": self.published_by,
            "reason": self.reason,
            "rules": self.rules,
        }


class DraftStatus(enum.StrEnum):
    OPEN = "open"
    PUBLISHED = "published"
    DISCARDED = "discarded"

    @property
    def label(self) -> LazyString:
        return {
            self.OPEN: _l("Open"),
            self.PUBLISHED: _l("Published"),
            self.DISCARDED: _l("Discarded"),
        }[self]


DRAFT_TRANSITIONS: dict[DraftStatus, set[DraftStatus]] = {
    DraftStatus.OPEN: {DraftStatus.PUBLISHED, DraftStatus.DISCARDED},
    DraftStatus.PUBLISHED: set(),
    DraftStatus.DISCARDED: set(),
}


class RuleDraft(Timestamps, Model):
    """A rule set on its way: a copy of a published version with changes that everybody who keeps
    rules shares. At most one is open."""

    __tablename__ = "rule_drafts"
    __table_args__ = (
        Index(
            "ix_rule_drafts_open",
            "status",
            unique=True,
            sqlite_where=text("status = 'open'"),
            postgresql_where=text("status = 'open'"),
        ),
    )
    audited = ("status",)  # each change of a rule has an audit entry of its own, by `drafting`

    id: Mapped[int] = mapped_column(primary_key=True)
    base_id: Mapped[int] = mapped_column(ForeignKey("rule_sets.id"))
    rules: Mapped[list] = mapped_column(JSON)
    # Everybody who changed it: [{"id", "name"}]. None of them publishes it alone where it moves
    # money.
    authors: Mapped[list] = mapped_column(JSON, default=list)
    status: Mapped[DraftStatus] = mapped_column(EnumText(DraftStatus), default=DraftStatus.OPEN)
    published_as: Mapped[int | None] = mapped_column(ForeignKey("rule_sets.id"))
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}
    base: Mapped[RuleSetVersion] = relationship(foreign_keys=[base_id])

    def publish_as(self, version: RuleSetVersion) -> None:
        self._enter(DraftStatus.PUBLISHED)
        self.published_as = version.id

    def discard(self) -> None:
        self._enter(DraftStatus.DISCARDED)

    def _enter(self, status: DraftStatus) -> None:
        require_transition(DRAFT_TRANSITIONS, self.status, status)
        self.status = status


class RuleFiring(Model):
    """How many sales a rule fired for on one of the shop's days; counted with the decisions, so
    that a list of rules costs the same after a million sales."""

    __tablename__ = "rule_firings"

    code: Mapped[str] = mapped_column(String(60), primary_key=True)
    day: Mapped[dt.date] = mapped_column(primary_key=True)
    sales: Mapped[int]
    last_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)


class Backtest(Sliced, Timestamps, Model):
    """What a draft would have changed about past sales; the rows looked at are decisions."""

    __tablename__ = "backtests"
    live = "backtest"

    id: Mapped[int] = mapped_column(primary_key=True)
    draft_id: Mapped[int] = mapped_column(ForeignKey("rule_drafts.id"), index=True)
    # What is compared: the version in force, and the draft's rules as they were when the test was
    # asked for.
    base_id: Mapped[int] = mapped_column(ForeignKey("rule_sets.id"))
    draft_version: Mapped[int]
    rules: Mapped[list] = mapped_column(JSON)
    # Past days looked at; None for all sales there are.
    days: Mapped[int | None]
    # The day by which both sides judge every sale; None for each sale's own.
    as_of: Mapped[dt.date | None]
    # The first sales that change, newest first; see webapp.rules.backtesting.comparison.
    changes: Mapped[list] = mapped_column(JSON, default=list)

    @property
    def since(self) -> dt.datetime | None:
        """Sales paid before this moment are left out; None takes all of them."""
        return None if self.days is None else self.created_at - dt.timedelta(days=self.days)


class Decision(Model):
    """Frozen: the sale, the event, the version, the facts of that time and what each rule came
    to."""

    __tablename__ = "decisions"
    __table_args__ = (
        UniqueConstraint("sale_id", "event"),
        Index("ix_decisions_decided_at", "decided_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    sale_id: Mapped[int] = mapped_column(ForeignKey("sales.id"))
    event: Mapped[str] = mapped_column(String(20))
    rule_set_id: Mapped[int] = mapped_column(ForeignKey("rule_sets.id"))
    # {"sale": {…}, "lines": [{…}]}, money as decimal text.
    facts: Mapped[dict] = mapped_column(JSON)
    # [{"code", "outcome": fired|suppressed|lost, "lines", "by"}]
    outcomes: Mapped[list] = mapped_column(JSON)
    decided_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=utc_now)
    effects: Mapped[list["Effect"]] = relationship(back_populates="decision", order_by="Effect.id")


class TriggerStatus(enum.StrEnum):
    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"


TRIGGER_TRANSITIONS: dict[TriggerStatus, set[TriggerStatus]] = {
    TriggerStatus.PENDING: {TriggerStatus.DONE, TriggerStatus.FAILED},
    TriggerStatus.DONE: set(),
    TriggerStatus.FAILED: set(),
}


class TriggerEvent(Owed, Model):
    """Something that rules hear beside a payment, once for each sale and `event`: the trigger, with
    what tells it from others of its kind ("refunded:2"). Kept only where a rule hears it."""

    __tablename__ = "trigger_events"
    __table_args__ = (
        UniqueConstraint("sale_id", "event"),
        due_index("trigger_events"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    sale_id: Mapped[int] = mapped_column(ForeignKey("sales.id"))
    kind: Mapped[str] = mapped_column(String(20))  # one of rules.core.events
    event: Mapped[str] = mapped_column(String(20))
    # The positions of the lines that it is about; None: all of them.
    lines: Mapped[list | None] = mapped_column(JSON(none_as_null=True))
    status: Mapped[TriggerStatus] = mapped_column(
        EnumText(TriggerStatus), default=TriggerStatus.PENDING
    )
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=utc_now)

    def finish(self) -> None:
        self._end(TriggerStatus.DONE)

    def fail(self, error: str) -> None:
        self._end(TriggerStatus.FAILED)
        self.error = error[:300]

    def _end(self, status: TriggerStatus) -> None:
        require_transition(TRIGGER_TRANSITIONS, self.status, status)
        self.status = status
        self.clear_work()


# Written out: SQLite takes an index of a part only for a condition without parameters. An e-mail's
# effect is told by its message.
FAILED_EFFECTS = text("status = 'failed' AND kind <> 'email'")


class EffectStatus(enum.StrEnum):
    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def label(self) -> LazyString:
        return EFFECT_LABELS[self][0]

    @property
    def tone(self) -> str:
        return EFFECT_LABELS[self][1]


EFFECT_LABELS = {
    EffectStatus.PENDING: (_l("Pending"), "info"),
    EffectStatus.DONE: (_l("Done"), "good"),
    EffectStatus.FAILED: (_l("Failed"), "bad"),
    EffectStatus.CANCELLED: (_l("Cancelled before it was done"), ""),
}
# An effect is written as done, and an e-mail's then stands as its message does.
EFFECT_TRANSITIONS: dict[EffectStatus, set[EffectStatus]] = {
    EffectStatus.PENDING: set(EffectStatus),
    EffectStatus.DONE: {EffectStatus.DONE, EffectStatus.PENDING},
    EffectStatus.FAILED: {EffectStatus.PENDING, EffectStatus.CANCELLED},
    EffectStatus.CANCELLED: set(),
}


class Effect(Owed, Model):
    """One consequence of a decision. Its key makes it happen once, however often the job runs. A
    reversal is an effect of its own, of the event that brought it about ("cancelled", "refund:1"),
    and names the one it `reverses`."""

    __tablename__ = "effects"
    __table_args__ = (
        UniqueConstraint("sale_id", "event", "kind", "target"),
        Index("ix_effects_decision_id", "decision_id"),
        Index("ix_effects_reverses", "reverses"),
        due_index("effects"),
        Index(
            "ix_effects_failed",
            "created_at",
            "id",
            sqlite_where=FAILED_EFFECTS,
            postgresql_where=FAILED_EFFECTS,
        ),
        Index(
            "ix_effects_unfinished",
            "status",
            "id",
            sqlite_where=text("status IN ('pending', 'failed')"),
            postgresql_where=text("status IN ('pending', 'failed')"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    decision_id: Mapped[int] = mapped_column(ForeignKey("decisions.id"))
    sale_id: Mapped[int] = mapped_column(ForeignKey("sales.id"))
    event: Mapped[str] = mapped_column(String(20))
    kind: Mapped[str] = mapped_column(String(40))
    target: Mapped[str] = mapped_column(String(120))
    rule: Mapped[str] = mapped_column(String(60))
    params: Mapped[dict] = mapped_column(JSON, default=dict)
    amount: Mapped[Decimal | None] = mapped_column(Hundredths)
    status: Mapped[EffectStatus] = mapped_column(EnumText(EffectStatus), default=EffectStatus.DONE)
    reverses: Mapped[int | None] = mapped_column(ForeignKey("effects.id"))
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=utc_now)
    decision: Mapped[Decision] = relationship(back_populates="effects")

    @property
    def is_unfinished(self) -> bool:
        return self.status in (EffectStatus.PENDING, EffectStatus.FAILED)

    def finish(self, status: EffectStatus, error: str = "") -> None:
        """Owes nothing itself any more; pending, it leaves the work to its message."""
        self._enter(status)
        self.clear_work()
        self.error = error[:300]

    def postpone(self, at: dt.datetime, error: str) -> None:
        """Its first attempt failed: tried again by itself at `at`."""
        self._enter(EffectStatus.PENDING)
        self.attempts = 1
        self.retry(at, error)

    def try_again(self, now: dt.datetime) -> None:
        """A person asks for another try, at once; what is done or cancelled stays as it is."""
        if self.is_unfinished:
            self._enter(EffectStatus.PENDING)
            self.owe(now)

    def _enter(self, status: EffectStatus) -> None:
        require_transition(EFFECT_TRANSITIONS, self.status, status)
        self.status = status
