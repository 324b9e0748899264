"""What a person says about the work itself."""

import datetime as dt

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.platform.columns import ActorText, UtcDateTime
from webapp.platform.database import Model


class QueuePause(Model):
    """Nobody works on this queue until the row is gone. What it owes stays owed."""

    __tablename__ = "queue_pauses"

    queue: Mapped[str] = mapped_column(String(12), primary_key=True)
    reason: Mapped[str] = mapped_column(String(300))
    actor: Mapped[str] = mapped_column(ActorText)
    since: Mapped[dt.datetime] = mapped_column(UtcDateTime)
