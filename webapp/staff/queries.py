"""People, tokens, sessions, and what was changed by whom."""

import datetime as dt

from sqlalchemy import Select, select

from webapp.extensions import db
from webapp.staff.models import ApiToken, AuditEntry, Role, User, UserSession


def people() -> Select:
    return select(User)


def tokens() -> Select:
    return select(ApiToken)


def sessions_of(user_id: int) -> Select:
    """The person's sessions, the one used last first; over-age ones are still among them."""
    return (
        select(UserSession)
        .where(UserSession.user_id == user_id)
        .order_by(UserSession.seen_at.desc())
    )


def user_of(email: str) -> User | None:
    return db.session.scalar(select(User).where(User.email == email.lower()))


def active_admins() -> Select:
    """Locked in one order, so that two admins who demote each other at once do not both succeed."""
    return (
        select(User).where(User.role == Role.ADMIN, User.active).order_by(User.id).with_for_update()
    )


def audit_entries(
    actor: str = "",
    subject: str = "",
    subject_id: str = "",
    action: str = "",
    since: dt.datetime | None = None,
):
    """Entries that fit all filters given. `since` becomes the id it begins at: times and ids grow
    together."""
    query = select(AuditEntry)
    for column, value in (
        (AuditEntry.actor, actor),
        (AuditEntry.subject, subject),
        (AuditEntry.subject_id, subject_id),
        (AuditEntry.action, action),
    ):
        if value:
            query = query.where(column == value)
    if since:
        first = select(AuditEntry.id).where(AuditEntry.at >= since).order_by(AuditEntry.at).limit(1)
        query = query.where(AuditEntry.id >= (db.session.scalar(first) or 2**62))
    return query
