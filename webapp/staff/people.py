"""Signing in, and keeping the people and programs who may."""

from flask_babel import gettext as _
from sqlalchemy import delete, select

from webapp.http.forms import parse
from webapp.platform.database import db, rows_changed
from webapp.platform.errors import FieldError, Invalid, NotFound, Refusal
from webapp.staff.forms import NewUserIn, TokenIn, UserIn
from webapp.staff.models import NOBODY, ApiToken, Role, User, UserSession, matches
from webapp.staff.queries import active_admins, user_of


def add_user(email: str, name: str, role: Role, password: str) -> User:
    """A new person; raises Invalid when the e-mail is taken or the password too weak."""
    wanted = parse(NewUserIn, {"email": email, "name": name, "role": role, "password": password})
    _refuse_taken(wanted.email, None)
    user = User(email=wanted.email.lower(), name=wanted.name, role=wanted.role, active=True)
    user.set_password(wanted.password)
    db.session.add(user)
    return user


def change_user(user: User, wanted: UserIn) -> None:
    """What an admin changes. Whoever's role, e-mail or standing changes is signed out everywhere at
    once."""
    _refuse_taken(wanted.email, user)
    if (
        user.role is Role.ADMIN
        and user.active
        and not (wanted.role is Role.ADMIN and wanted.active)
    ):
        _refuse_last_admin(user)
    before = (user.email, user.role, user.active)
    user.email, user.name, user.role, user.active = (
        wanted.email.lower(),
        wanted.name,
        wanted.role,
        wanted.active,
    )
    if (user.email, user.role, user.active) != before:
        end_sessions(user)


def issue_token(wanted: TokenIn) -> str:
    """A new token for a program; returns its secret, which is kept nowhere. Raises Invalid while
    another token in use has this name."""
    in_use = select(ApiToken.id).where(ApiToken.name == wanted.name, ApiToken.revoked_at.is_(None))
    if db.session.scalar(in_use.limit(1)):
        text = _("A token of this name is in use; revoke it first or choose another name.")
        raise Invalid([FieldError("name", text)])
    token, secret = ApiToken.issue(wanted.name, wanted.role)
    db.session.add(token)
    return secret


def _refuse_taken(email: str, owner: User | None) -> None:
    holder = user_of(email)
    if holder and holder is not owner:
        raise Invalid([FieldError("email", _("Somebody has this e-mail already."))])


def _refuse_last_admin(user: User) -> None:
    admins = db.session.scalars(active_admins()).all()
    if all(admin is user for admin in admins):
        raise Refusal(
            _("This is the last active administrator. Make somebody else one first."), "role"
        )


def end_sessions(user: User, but: str = "") -> None:
    """Signs the person out of every browser, except the session whose id hash is `but`."""
    db.session.execute(
        delete(UserSession).where(UserSession.user_id == user.id, UserSession.id_hash != but)
    )


def end_session(user: User, id_hash: str) -> None:
    """Ends one session of the person's own; another's is not found."""
    mine = (UserSession.user_id == user.id, UserSession.id_hash == id_hash)
    if not rows_changed(delete(UserSession).where(*mine)):
        raise NotFound(_("This session is over already."))


def authenticate(email: str, password: str) -> int | None:
    """The id of the active user with this password, or None. As slow for an unknown e-mail as for a
    known one, and with no transaction open while the hash is worked out."""
    user = user_of(email)
    user_id, active = (user.id, user.active) if user else (None, False)
    password_hash = user.password_hash if user else NOBODY
    db.session.rollback()
    return user_id if matches(password_hash, password) and active else None
