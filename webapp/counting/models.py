"""Counts of the shelf while the shop goes on selling: each number is tied to where the product's
ledger stood at that moment."""

import datetime as dt
import enum

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext
from flask_babel.speaklater import LazyString
from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.catalog.models import Product
from webapp.platform.columns import ActorText, EnumText, Timestamps, UtcDateTime
from webapp.platform.database import Model
from webapp.platform.errors import Refusal
from webapp.platform.states import require_transition


class CountStatus(enum.StrEnum):
    OPEN = "open"
    REVIEWED = "reviewed"
    TAKEN = "taken"
    DROPPED = "dropped"

    @property
    def label(self) -> LazyString:
        return COUNT_LABELS[self][0]

    @property
    def tone(self) -> str:
        return COUNT_LABELS[self][1]


COUNT_LABELS = {
    CountStatus.OPEN: (_l("Being counted"), "info"),
    CountStatus.REVIEWED: (_l("To be taken"), "warn"),
    CountStatus.TAKEN: (lazy_pgettext("count", "Taken into stock"), "good"),
    CountStatus.DROPPED: (_l("Dropped"), ""),
}
COUNT_TRANSITIONS: dict[CountStatus, set[CountStatus]] = {
    CountStatus.OPEN: {CountStatus.REVIEWED, CountStatus.DROPPED},
    # What looks wrong is counted again.
    CountStatus.REVIEWED: {CountStatus.OPEN, CountStatus.TAKEN, CountStatus.DROPPED},
    CountStatus.TAKEN: set(),
    CountStatus.DROPPED: set(),
}


class Scope(enum.StrEnum):
    """Which products a count is about."""

    ALL = "all"
    CATEGORY = "category"
    SUPPLIER = "supplier"
    LOW = "low"
    ZERO = "zero"
    MARKED = "marked"

    @property
    def label(self) -> LazyString:
        return SCOPE_LABELS[self]


SCOPE_LABELS = {
    Scope.ALL: _l("All that keeps stock"),
    Scope.CATEGORY: _l("A category"),
    Scope.SUPPLIER: _l("A supplier's products"),
    Scope.LOW: _l("What is low"),
    Scope.ZERO: _l("What should be gone"),
    Scope.MARKED: _l("Marked products"),
}


class Count(Timestamps, Model):
    """`among`: the category, the supplier or the products' ids that its scope names.
    `includes_reserved`: units of orders that have not left are counted, too, for they are on the
    shelf. `fingerprint`: of the call that told all of it at once, so that said twice it is one."""

    __tablename__ = "counts"
    __table_args__ = (Index("ix_counts_status_id", "status", "id"),)
    live = "count"
    audited = ("name", "status", "reason")

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    status: Mapped[CountStatus] = mapped_column(EnumText(CountStatus), default=CountStatus.OPEN)
    scope: Mapped[Scope] = mapped_column(EnumText(Scope), default=Scope.ALL)
    among: Mapped[list[str | int]] = mapped_column(JSON, default=list)
    includes_reserved: Mapped[bool]
    begun_by: Mapped[str] = mapped_column(ActorText)
    fingerprint: Mapped[str | None] = mapped_column(String(64), unique=True)
    reason: Mapped[str] = mapped_column(String(200), default="")
    taken_by: Mapped[str | None] = mapped_column(ActorText)
    taken_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)

    @property
    def audit_name(self) -> str:
        return self.name

    def refuse_closed(self) -> None:
        """Raises Refusal where nothing is entered any more."""
        if self.status is not CountStatus.OPEN:
            raise Refusal(
                _("This count is closed for entries (%(state)s).", state=self.status.label)
            )

    def review(self) -> None:
        self._enter(CountStatus.REVIEWED)

    def reopen(self) -> None:
        self._enter(CountStatus.OPEN)

    def drop(self) -> None:
        self._enter(CountStatus.DROPPED)

    def close(self, reason: str, actor: str, now: dt.datetime) -> None:
        """Its differences are in stock."""
        self._enter(CountStatus.TAKEN)
        self.reason, self.taken_by, self.taken_at = reason, actor, now

    def _enter(self, status: CountStatus) -> None:
        """Said twice, it is done once. Raises Refusal for a count that is at its end."""
        if status is self.status:
            return
        if not COUNT_TRANSITIONS[self.status]:
            raise Refusal(_("This count is at its end (%(state)s).", state=self.status.label))
        require_transition(COUNT_TRANSITIONS, self.status, status)
        self.status = status


class CountLine(Model):
    """What was counted of one product. `position` is the last movement of its ledger at that
    moment (0: there was none), `expected` what the ledger said there, with the units reserved then
    where the count includes them. `moved`: by how much taking it changed the stock."""

    __tablename__ = "count_lines"
    __table_args__ = (
        UniqueConstraint("count_id", "product_id"),
        Index("ix_count_lines_count_id_at_id", "count_id", "at", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    count_id: Mapped[int] = mapped_column(ForeignKey("counts.id"))
    product_id: Mapped[int] = mapped_column(
        ForeignKey("products.id", ondelete="CASCADE"), index=True
    )
    counted: Mapped[int]
    at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    position: Mapped[int] = mapped_column(default=0)
    expected: Mapped[int] = mapped_column(default=0)
    moved: Mapped[int | None]
    counted_by: Mapped[str] = mapped_column(ActorText)
    # The keys of the last entries: one that comes again counts once.
    entries: Mapped[list[str]] = mapped_column(JSON, default=list)
    count: Mapped[Count] = relationship()
    product: Mapped[Product] = relationship()

    @property
    def difference(self) -> int:
        return self.counted - self.expected
