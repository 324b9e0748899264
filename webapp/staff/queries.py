"""People, tokens, sessions, and what was changed by whom."""

from collections.abc import Collection

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, select

from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.rows import row_by_id
from webapp.staff.models import ApiToken, Role, User, UserSession


def people() -> Select:
    return select(User)


def tokens() -> Select:
    return select(ApiToken)


def tokens_in_use() -> Select:
    """Those that open the API today."""
    return select(ApiToken).where(ApiToken.revoked_at.is_(None), ApiToken.expires_at > utc_now())


def tokens_of(owner: User) -> Select:
    return tokens_in_use().where(ApiToken.owner_id == owner.id)


def sessions_of(user_id: int) -> Select:
    """The person's sessions, the one used last first; over-age ones are still among them."""
    return (
        select(UserSession)
        .where(UserSession.user_id == user_id)
        .order_by(UserSession.seen_at.desc())
    )


def user_by_id(user_id: int) -> User:
    return row_by_id(User, user_id, _l("There is no such person."))


def token_by_id(token_id: int) -> ApiToken:
    return row_by_id(ApiToken, token_id, _l("There is no such token."))


def user_of(email: str) -> User | None:
    return db.session.scalar(select(User).where(User.email == email.lower()))


def active_admins() -> Select:
    """Locked in one order, so that two admins who demote each other at once do not both succeed."""
    return (
        select(User).where(User.role == Role.ADMIN, User.active).order_by(User.id).with_for_update()
    )


def names_of(emails: Collection[str]) -> dict[str, str]:
    """People's names by their e-mail addresses."""
    query = select(User.email, User.name).where(User.email.in_(emails))
    return {email: name for email, name in db.session.execute(query)}
