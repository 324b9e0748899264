"""The daily e-mail about what is low."""

import datetime as dt
import enum

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.platform.columns import EnumText, UtcDateTime
from webapp.platform.database import Model
from webapp.platform.owed import Owed, due_index
from webapp.platform.states import require_transition
from webapp.staff.models import User


class LetterStatus(enum.StrEnum):
    PENDING = "pending"
    SENT = "sent"
    KEPT = "kept"
    FAILED = "failed"


LETTER_TRANSITIONS: dict[LetterStatus, set[LetterStatus]] = {
    LetterStatus.PENDING: {LetterStatus.SENT, LetterStatus.KEPT, LetterStatus.FAILED},
    LetterStatus.SENT: set(),
    LetterStatus.KEPT: set(),
    LetterStatus.FAILED: set(),
}


class ReorderLetter(Owed, Model):
    """One day's e-mail to one person. That there is one a day is its unique key's doing, however
    many sweepers owe it."""

    __tablename__ = "reorder_letters"
    __table_args__ = (
        UniqueConstraint("day", "user_id"),
        due_index("reorder_letters"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[dt.date]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    status: Mapped[LetterStatus] = mapped_column(EnumText(LetterStatus))
    asked_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    sent_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    user: Mapped[User] = relationship(lazy="joined", innerjoin=True)

    @classmethod
    def owed(cls, day: dt.date, user_id: int, now: dt.datetime) -> "ReorderLetter":
        letter = cls(day=day, user_id=user_id, status=LetterStatus.PENDING, asked_at=now)
        letter.owe(now)
        return letter

    def sent(self, now: dt.datetime) -> None:
        self.sent_at = now
        self._rest(LetterStatus.SENT)

    def keep(self) -> None:
        """There is no mail server."""
        self._rest(LetterStatus.KEPT)

    def fail(self, error: str) -> None:
        self._rest(LetterStatus.FAILED, error)

    def _rest(self, status: LetterStatus, error: str = "") -> None:
        require_transition(LETTER_TRANSITIONS, self.status, status)
        self.status = status
        self.clear_work()
        self.error = error[:300]
