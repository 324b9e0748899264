"""Signing in, and keeping the people who may."""

from flask_babel import gettext as _
from sqlalchemy import select

from webapp.errors import FieldError, Invalid
from webapp.extensions import db
from webapp.forms import parse
from webapp.staff.forms import NewUserIn
from webapp.staff.models import NOBODY, Role, User, matches


def add_user(email: str, name: str, role: Role, password: str) -> User:
    """A new person; raises Invalid when the e-mail is taken or the password too weak."""
    wanted = parse(NewUserIn, {"email": email, "name": name, "role": role, "password": password})
    if user_of(wanted.email):
        raise Invalid([FieldError("email", _("Somebody has this e-mail already."))])
    user = User(email=wanted.email.lower(), name=wanted.name, role=wanted.role, active=True)
    user.set_password(wanted.password)
    db.session.add(user)
    return user


def user_of(email: str) -> User | None:
    return db.session.scalar(select(User).where(User.email == email.lower()))


def authenticate(email: str, password: str) -> int | None:
    """The id of the active user with this password, or None. As slow for an unknown e-mail as for a known one,
    and with no transaction open while the hash is worked out."""
    user = user_of(email)
    user_id, active = (user.id, user.active) if user else (None, False)
    password_hash = user.password_hash if user else NOBODY
    db.session.rollback()
    return user_id if matches(password_hash, password) and active else None
