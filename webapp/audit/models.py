"""What was changed, by whom, when and why."""

import datetime as dt

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.platform.clock import utc_now
from webapp.platform.columns import ActorText, UtcDateTime
from webapp.platform.database import Model


class AuditEntry(Model):
    """One change: who made it, to what, before and after, and why. Written by
    `webapp.audit.tracking`."""

    __tablename__ = "audit_entries"
    live = "audit"
    # One for each filter of the audit page, in its order, and one for where "since" begins.
    __table_args__ = (
        Index("ix_audit_entries_subject", "subject", "subject_id"),
        Index("ix_audit_entries_subject_by_id", "subject", "id"),
        Index("ix_audit_entries_actor_by_id", "actor", "id"),
        Index("ix_audit_entries_action_by_id", "action", "id"),
        Index("ix_audit_entries_at", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=utc_now)
    actor: Mapped[str] = mapped_column(ActorText)
    action: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[str] = mapped_column(String(40))
    subject_name: Mapped[str] = mapped_column(String(120), default="")
    before: Mapped[dict] = mapped_column(JSON, default=dict)
    after: Mapped[dict] = mapped_column(JSON, default=dict)
    why: Mapped[str] = mapped_column(String(500), default="")
