"""Audit entries as lists."""

import datetime as dt
from collections.abc import Collection

from sqlalchemy import select

from webapp.audit.models import AuditEntry
from webapp.platform.database import db


def audit_entries(
    actors: Collection[str] = (),
    subject: str = "",
    subject_id: str = "",
    action: str = "",
    since: dt.datetime | None = None,
    until: dt.datetime | None = None,
):
    """Entries that fit all filters given. `since` and `until` become the ids between which they
    are: times and ids grow together."""
    query = select(AuditEntry)
    if actors:
        query = query.where(AuditEntry.actor.in_(actors))
    for column, value in (
        (AuditEntry.subject, subject),
        (AuditEntry.subject_id, subject_id),
        (AuditEntry.action, action),
    ):
        if value:
            query = query.where(column == value)
    if since:
        first = select(AuditEntry.id).where(AuditEntry.at >= since).order_by(AuditEntry.at).limit(1)
        query = query.where(AuditEntry.id >= (db.session.scalar(first) or 2**62))
    if until:
        last = select(AuditEntry.id).where(AuditEntry.at < until).order_by(AuditEntry.at.desc())
        query = query.where(AuditEntry.id <= (db.session.scalar(last.limit(1)) or 0))
    return query
