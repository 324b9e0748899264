"""The daily e-mail about what is low."""

import datetime as dt

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.messages.models import Letter, LetterStatus
from webapp.platform.database import Model
from webapp.platform.owed import due_index
from webapp.staff.models import User


class ReorderLetter(Letter, Model):
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
    user: Mapped[User] = relationship(lazy="joined", innerjoin=True)

    @classmethod
    def owed(cls, day: dt.date, user_id: int, now: dt.datetime) -> "ReorderLetter":
        letter = cls(day=day, user_id=user_id, status=LetterStatus.PENDING, asked_at=now)
        letter.owe(now)
        return letter
