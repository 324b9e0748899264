"""People and programs that use Balcão, what they may do, and what they changed."""

import datetime as dt
import enum
import hashlib
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.platform.clock import utc_now
from webapp.platform.columns import EnumText, Timestamps, UtcDateTime
from webapp.platform.database import Model

# OWASP's Argon2id minimum: 19 MiB and two passes, 19 ms here instead of 157.
HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# Verified when the e-mail is unknown, so that both answers take the same time: a password that was
# drawn and forgotten, with the cost of HASHER. To draw one anew at each start takes as long as a
# sign-in.
NOBODY = (
    "$argon2id$v=19$m=19456,t=2,p=1$A6x+5kGMQhqy9gzpkNZy8w$"
    "gDhooJ88UfWMGHTMMaQi14Qqxmmd/tOQvUOYU+mDpZU"
)
IDLE = dt.timedelta(hours=12)
ABSOLUTE = dt.timedelta(days=14)
# How long a token lives unless said otherwise, at most, and how long before its end it is told.
TOKEN_DAYS, MOST_TOKEN_DAYS = 365, 730
TOKEN_WARNING = dt.timedelta(days=30)


class Role(enum.StrEnum):
    CLERK = "clerk"
    REVIEWER = "reviewer"
    MANAGER = "manager"
    ADMIN = "admin"
    ACCOUNTANT = "accountant"

    @property
    def label(self):
        return ROLE_LABELS[self]


ROLE_LABELS = {
    Role.CLERK: _l("Clerk"),
    Role.REVIEWER: _l("Reviewer"),
    Role.MANAGER: _l("Manager"),
    Role.ADMIN: _l("Administrator"),
    Role.ACCOUNTANT: _l("Accountant"),
}
LADDER = (Role.CLERK, Role.REVIEWER, Role.MANAGER, Role.ADMIN)


def digest(secret: str) -> str:
    """What the database keeps of a session id or token: enough to know it again, useless to a
    thief."""
    return hashlib.sha256(secret.encode()).hexdigest()


class User(Timestamps, Model):
    __tablename__ = "users"
    audited = ("email", "name", "role", "active", "locale")

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    role: Mapped[Role] = mapped_column(EnumText(Role))
    password_hash: Mapped[str] = mapped_column(String(200))
    active: Mapped[bool] = mapped_column(default=True)
    locale: Mapped[str | None] = mapped_column(String(8))
    theme: Mapped[str | None] = mapped_column(String(8))
    density: Mapped[str | None] = mapped_column(String(8))
    # Whether a manager is told by e-mail each morning what is low.
    low_stock_mail: Mapped[bool] = mapped_column(default=False)
    # Whether a manager is told of alerts by e-mail, too.
    alert_mail: Mapped[bool] = mapped_column(default=False)

    @property
    def audit_name(self) -> str:
        return self.email

    @property
    def initials(self) -> str:
        words = self.name.split()
        return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()

    @property
    def version(self) -> str:
        """What a form of this person was made from; changes with each change."""
        return self.updated_at.isoformat()

    @property
    def role_label(self):
        return self.role.label

    def set_password(self, password: str) -> None:
        self.password_hash = HASHER.hash(password)

    def has_password(self, password: str) -> bool:
        return matches(self.password_hash, password)


def matches(password_hash: str, password: str) -> bool:
    """Takes about 20 ms and 19 MiB: never inside a transaction that holds a lock."""
    try:
        return HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


class UserSession(Model):
    """One signed-in browser. Deleting the row signs it out, however often its cookie is
    replayed."""

    __tablename__ = "user_sessions"

    id_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=utc_now)
    seen_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=utc_now)
    # When the password was last typed in it.
    proved_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=utc_now)
    user: Mapped[User] = relationship(lazy="joined", innerjoin=True)

    @classmethod
    def open(cls, user: User) -> tuple["UserSession", str]:
        secret = secrets.token_urlsafe(32)
        return cls(id_hash=digest(secret), user=user), secret

    def is_live(self, now: dt.datetime) -> bool:
        return self.user.active and now - self.seen_at < IDLE and now - self.created_at < ABSOLUTE


class ApiToken(Model):
    """What a program calls the API with, until its day is over, it is revoked, or whoever made it
    keeps no tokens any more."""

    __tablename__ = "api_tokens"
    audited = ("name", "role", "expires_at", "revoked_at")

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    role: Mapped[Role] = mapped_column(EnumText(Role))
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=utc_now)
    # Nobody's when it was made on the command line.
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    expires_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    owner: Mapped[User | None] = relationship(lazy="joined")

    @property
    def audit_name(self) -> str:
        return self.name

    @property
    def state(self) -> str:
        if self.revoked_at:
            return "revoked"
        return "over" if self.expires_at <= utc_now() else "active"

    @property
    def ends_soon(self) -> bool:
        return self.state == "active" and self.expires_at - utc_now() < TOKEN_WARNING

    def revoke(self, now: dt.datetime) -> None:
        """Worth nothing from now on; said twice, the first time stays."""
        self.revoked_at = self.revoked_at or now

    @classmethod
    def issue(
        cls, name: str, role: Role, owner: User | None = None, days: int = TOKEN_DAYS
    ) -> tuple["ApiToken", str]:
        """The token's row and its secret, which is shown this once and kept nowhere."""
        secret = "balcao_" + secrets.token_urlsafe(32)
        expires_at = utc_now() + dt.timedelta(days=days)
        row = cls(
            name=name, role=role, owner=owner, expires_at=expires_at, secret_hash=digest(secret)
        )
        return row, secret
