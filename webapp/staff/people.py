"""Signing in, and keeping the people and programs who may."""

from typing import Any

from flask import current_app, request
from flask_babel import gettext as _
from sqlalchemy import delete

from webapp.audit.tracking import record, record_apart
from webapp.http.forms import parse
from webapp.platform.clock import utc_now
from webapp.platform.database import db, rows_changed
from webapp.platform.errors import FieldError, Invalid, NotFound, Refusal
from webapp.platform.transactions import only_reading
from webapp.staff.forms import NewUserIn, TokenIn, UserIn
from webapp.staff.models import NOBODY, ApiToken, Role, User, UserSession, matches
from webapp.staff.passwords import DEMO_PASSWORD, refuse_weak
from webapp.staff.queries import active_admins, tokens_in_use, tokens_of, user_of
from webapp.staff.throttle import (
    TRIES,
    counted,
    first_of_window,
    network,
    own_bounds,
    sign_in_bounds,
)


def add_user(email: str, name: str, role: Role, password: str) -> User:
    """A new person; raises Invalid when the e-mail is taken or the password too weak."""
    wanted = parse(NewUserIn, {"email": email, "name": name, "role": role, "password": password})
    _refuse_taken(wanted.email, None)
    refuse_weak(wanted.password, wanted.name, wanted.email)
    user = User(email=wanted.email.lower(), name=wanted.name, role=wanted.role, active=True)
    user.set_password(wanted.password)
    db.session.add(user)
    return user


def set_new_password(user: User, password: str, former: str = "", but: str = "") -> None:
    """Somebody's new password; every session ends, except the one whose id hash is `but`. Raises
    Invalid for a weak one and for the present one."""
    refuse_weak(password, user.name, user.email, former=former)
    if user.has_password(password):
        text = _("This is the present password; choose another.")
        raise Invalid([FieldError("password", text)])
    user.set_password(password)
    end_sessions(user, but)
    record(db.session, "password_set", "users", user.id, user.email)


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
    if not (user.active and user.role is Role.ADMIN):
        # Whoever may make none any more leaves none behind.
        for token in db.session.scalars(tokens_of(user)):
            token.revoke(utc_now())


def issue_token(wanted: TokenIn, owner: User) -> str:
    """A new token for a program; returns its secret, which is kept nowhere. Raises Invalid while
    another token in use has this name."""
    in_use = tokens_in_use().where(ApiToken.name == wanted.name)
    if db.session.scalar(in_use.limit(1)):
        text = _("A token of this name is in use; revoke it first or choose another name.")
        raise Invalid([FieldError("name", text)])
    token, secret = ApiToken.issue(wanted.name, wanted.role, owner, wanted.days)
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


def end_all_sessions() -> None:
    """Everybody signs in anew: in a shop that came out of a backup old cookies are another's."""
    db.session.execute(delete(UserSession))


def end_session(user: User, id_hash: str) -> None:
    """Ends one session of the person's own; another's is not found."""
    mine = (UserSession.user_id == user.id, UserSession.id_hash == id_hash)
    if not rows_changed(delete(UserSession).where(*mine)):
        raise NotFound(_("This session is over already."))


def authenticate(email: str, password: str) -> int:
    """The id of the active user with this password. As slow for an unknown e-mail as for a known
    one, and with no transaction open while the hash is worked out. Raises Invalid, TooManyTries."""
    with counted(sign_in_bounds(email), "password") as tries:
        with only_reading():
            user = user_of(email)
            user_id, kept = (user.id, user.email) if user else (None, "")
            opens = user and user.active and (password != DEMO_PASSWORD or _is_demo())
            password_hash = user.password_hash if user and opens else NOBODY
            db.session.rollback()
        if not matches(password_hash, password) or user_id is None:
            _note_failed_sign_in(user_id, kept, tries)
            wrong = _("Wrong e-mail or password.")
            raise Invalid([FieldError("password", wrong)], wrong)
    return user_id


def _is_demo() -> bool:
    return current_app.extensions["settings"].demo


def _note_failed_sign_in(user_id: int | None, email: str, tries: int) -> None:
    """In the audit: the first try and the last before the account is closed to where they came
    from; of accounts that do not exist, one for each network. What was typed is not kept."""
    facts: dict[str, Any] = {"network_address": request.remote_addr, "tries": tries}
    if user_id is None:
        if first_of_window(f"unknown:{network()}"):
            record_apart("sign_in_failed", "users", **facts)
    elif tries in (1, TRIES):
        record_apart("sign_in_failed", "users", user_id, email, **facts)


def prove(user: User, password: str, field: str) -> None:
    """Raises Invalid at `field` when it is not the person's present password, TooManyTries when it
    was wrong too often."""
    with only_reading():
        user_id, email, password_hash = user.id, user.email, user.password_hash
        db.session.rollback()
    with counted(own_bounds(user_id), field) as tries:
        if not matches(password_hash, password):
            if tries in (1, TRIES):
                record_apart("password_refused", "users", user_id, email, tries=tries)
            raise Invalid([FieldError(field, _("This is not your present password."))])
