"""What a person of the staff is told in the bell."""

import datetime as dt

from sqlalchemy import JSON, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.platform.clock import utc_now
from webapp.platform.columns import UtcDateTime
from webapp.platform.database import Model

UNREAD = text("read_at IS NULL")


class Notification(Model):
    """One thing told to one person. `kind` is the key of a declared `NotificationKind`, whose
    sentence `params` fill in; they name nobody but staff. `link`: the page that it is about."""

    __tablename__ = "notifications"
    __table_args__ = (
        Index("ix_notifications_user_id_id", "user_id", "id"),
        Index(
            "ix_notifications_unread",
            "user_id",
            "id",
            sqlite_where=UNREAD,
            postgresql_where=UNREAD,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(40))
    params: Mapped[dict] = mapped_column(JSON, default=dict)
    link: Mapped[str] = mapped_column(String(200))
    read_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=utc_now)

    def read(self, now: dt.datetime) -> None:
        """Said twice, it was read the first time."""
        self.read_at = self.read_at or now
