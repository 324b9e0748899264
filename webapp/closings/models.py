"""A month's closing: sent to the accountant, locked by a person; and how far the look through the
kept files is."""

import datetime as dt
import enum

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.platform.columns import ActorText, EnumText, UtcDateTime
from webapp.platform.database import Model
from webapp.platform.owed import Owed, due_index
from webapp.platform.states import require_transition


class ClosingStatus(enum.StrEnum):
    """How far its e-mail to the accountant is."""

    OPEN = "open"
    PENDING = "pending"
    SENT = "sent"
    KEPT = "kept"
    FAILED = "failed"

    @property
    def label(self) -> LazyString:
        return CLOSING_LABELS[self][0]

    @property
    def tone(self) -> str:
        return CLOSING_LABELS[self][1]


CLOSING_LABELS = {
    ClosingStatus.OPEN: (_l("Not sent"), ""),
    ClosingStatus.PENDING: (_l("To be sent"), "info"),
    ClosingStatus.SENT: (_l("Sent"), "good"),
    ClosingStatus.KEPT: (_l("Not sent: no mail server is set"), "warn"),
    ClosingStatus.FAILED: (_l("Could not be sent"), "bad"),
}
_ANEW = {ClosingStatus.PENDING}
CLOSING_TRANSITIONS: dict[ClosingStatus, set[ClosingStatus]] = {
    ClosingStatus.OPEN: _ANEW,
    ClosingStatus.PENDING: {ClosingStatus.SENT, ClosingStatus.KEPT, ClosingStatus.FAILED},
    ClosingStatus.SENT: _ANEW,
    ClosingStatus.KEPT: _ANEW,
    ClosingStatus.FAILED: _ANEW,
}


class Closing(Owed, Model):
    """`month` like 2026-11. Locked it keeps the figures of that moment: nothing is forbidden from
    then on, but what differs from them later is marked."""

    __tablename__ = "closings"
    __table_args__ = (due_index("closings"),)
    audited = ("status", "recipient", "locked_at", "locked_by")
    live = "closing"

    id: Mapped[int] = mapped_column(primary_key=True)
    month: Mapped[str] = mapped_column(String(7), unique=True)
    status: Mapped[ClosingStatus] = mapped_column(
        EnumText(ClosingStatus), default=ClosingStatus.OPEN
    )
    recipient: Mapped[str] = mapped_column(String(254), default="")
    # When the e-mail at hand was asked for, from which its link counts; and when it went out.
    asked_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    sent_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    locked_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    locked_by: Mapped[str | None] = mapped_column(ActorText)
    # Of the moment of locking, by their names: `accounts.Account.figures`.
    figures: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}

    @property
    def audit_name(self) -> str:
        return self.month

    def lock(self, figures: dict[str, str], actor: str, now: dt.datetime) -> None:
        """Said twice with the same figures, the first holds."""
        if self.locked_at and self.figures == figures:
            return
        self.figures, self.locked_by, self.locked_at = figures, actor, now

    def send(self, recipient: str, now: dt.datetime) -> None:
        """To be e-mailed; while it is on its way already, to nobody else."""
        if self.status is ClosingStatus.PENDING:
            return
        self._enter(ClosingStatus.PENDING)
        self.recipient, self.asked_at, self.sent_at = recipient, now, None
        self.owe(now)

    def sent(self, now: dt.datetime) -> None:
        self.sent_at = now
        self._rest(ClosingStatus.SENT)

    def keep(self) -> None:
        """There is no mail server."""
        self._rest(ClosingStatus.KEPT)

    def fail(self, error: str) -> None:
        self._rest(ClosingStatus.FAILED, error)

    def _rest(self, status: ClosingStatus, error: str = "") -> None:
        self._enter(status)
        self.clear_work()
        self.error = error[:300]

    def _enter(self, status: ClosingStatus) -> None:
        require_transition(CLOSING_TRANSITIONS, self.status, status)
        self.status = status


class ArchiveWatch(Model):
    """Its one row: how far the kept files were looked through.

    `unsummed_upto`: NF-e up to this id, issued before sums were kept, have none yet; 0: all have.
    `checked_on`: the night of the last look whether files still verify, `checked` how many of it
    are done; `walked_to`: the id up to which the oldest were looked at, so that all have their
    turn.
    """

    __tablename__ = "archive_watch"

    id: Mapped[int] = mapped_column(primary_key=True)
    unsummed_upto: Mapped[int] = mapped_column(default=0)
    checked_on: Mapped[dt.date | None]
    checked: Mapped[int] = mapped_column(default=0)
    faults: Mapped[int] = mapped_column(default=0)
    walked_to: Mapped[int] = mapped_column(default=0)
