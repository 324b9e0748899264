"""People, tokens, sessions, and what was changed by whom."""

from sqlalchemy import Select, select

from webapp.platform.database import db
from webapp.staff.models import ApiToken, Role, User, UserSession


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
