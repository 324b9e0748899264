"""Who is asking, and whether they may: every route declares its roles, and one that does not
answers 403."""

import datetime as dt
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Flask, Request, current_app, flash, g, redirect, session, url_for
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from htmx_flask import request
from sqlalchemy import bindparam, select, update
from sqlalchemy.exc import OperationalError

from webapp.audit.tracking import acting_as, record_apart
from webapp.http.transactions import READING, write_apart
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.documents import (
    DocumentKind,
    document_kind,
    format_document,
    masked_document,
)
from webapp.platform.errors import Forbidden, Refusal
from webapp.platform.transactions import only_reading, reading_only
from webapp.staff.models import LADDER, ApiToken, Role, User, UserSession, digest
from webapp.staff.throttle import first_of_window
from webapp.store.queries import beside_the_shop, first_beside_the_shop

ANYONE: frozenset[Role] = frozenset()
SEEN_EVERY = dt.timedelta(minutes=5)
TOKEN_SEEN_EVERY = dt.timedelta(hours=1)
_API = "/api/v1/"


class SignInNeeded(Refusal):
    status = 401
    title = _l("Sign in first")


# Statements of the path every call takes are built once.
_tokens = ApiToken.__table__.c
_LIVE_TOKEN = select(_tokens.id, _tokens.name, _tokens.role, _tokens.used_at).where(
    _tokens.secret_hash == bindparam("secret_hash"),
    _tokens.revoked_at.is_(None),
    _tokens.expires_at > bindparam("now"),
)
# Every page tells of the shop.
_SESSION = beside_the_shop(select(UserSession).where(UserSession.id_hash == bindparam("id_hash")))


@dataclass(frozen=True)
class Identity:
    """A signed-in person or a program with a token."""

    actor: str
    role: Role
    user: User | None = None
    token_id: int | None = None

    @property
    def scope(self) -> str:
        """The space in which this identity's idempotency keys live."""
        return f"user:{self.user.id}" if self.user else f"token:{self.token_id}"


def roles_from(*names: str) -> frozenset[Role]:
    """The named roles: a role of the ladder brings those above it, `accountant` stands aside."""
    roles = set()
    for name in names:
        role = Role(name)
        roles |= set(LADDER[LADDER.index(role) :]) if role in LADDER else {role}
    return frozenset(roles)


def allow(*names: str):
    """Opens a route to the named roles and those above them."""
    roles = roles_from(*names)

    def mark(view):
        view.allowed = roles
        return view

    return mark


def anyone(view):
    view.allowed = ANYONE
    return view


def unattended(view):
    """Marks what an open page asks by itself: that keeps nobody's session from going idle."""
    view.unattended = True
    return view


def is_api() -> bool:
    return request.path.startswith(_API)


class PageSessions(SecureCookieSessionInterface):
    """A session in a cookie is the pages'; who calls has a token: none is read or written there."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        if request.path.startswith(_API):
            return self.make_null_session(app)
        return super().open_session(app, request)


def may(*names: str) -> bool:
    """Whether the person may do what is open to `names`; for templates, to hide what one may not
    do."""
    identity = g.get("identity")
    return bool(identity) and identity.role in roles_from(*names)


@contextmanager
def seen_by(person: User) -> Iterator[None]:
    """What a job reads within is what this person may see."""
    before = g.get("identity")
    g.identity = Identity(person.email, person.role, user=person)
    try:
        yield
    finally:
        g.identity = before


def sees_documents() -> bool:
    """Whether the CPF or passport of a person is shown whole to whoever asks; to others it is
    masked, wherever it is read. Where it is changed, and in the NF-e itself, it stands as it is."""
    return may("reviewer", "accountant")


def shown_document(bare: str) -> str:
    """As people read it: the filter `document`."""
    return format_document(bare) if sees_documents() else masked_document(bare)


def told_document(bare: str) -> str:
    """As programs read it."""
    is_public = document_kind(bare) is DocumentKind.CNPJ
    return bare if is_public or sees_documents() else masked_document(bare)


def identify() -> Identity | None:
    return by_token() if is_api() else _by_session()


def _sent_token() -> str:
    """Blank where none was sent, or not as a token is."""
    scheme, _space, secret = request.headers.get("Authorization", "").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else ""


def by_token() -> Identity | None:
    secret = _sent_token()
    if not secret:
        return None
    now = utc_now()
    presented = {"secret_hash": digest(secret), "now": now}
    # On a connection of its own: a session costs more than the look.
    with db.engine.connect() as connection:
        token = connection.execute(_LIVE_TOKEN, presented).first()
    if token is None:
        return None
    if token.used_at is None or now - token.used_at > TOKEN_SEEN_EVERY:
        write_apart(update(ApiToken).where(ApiToken.id == token.id).values(used_at=now))
    return Identity(f"token {token.name}", token.role, token_id=token.id)


def _by_session() -> Identity | None:
    secret = session.get("sid")
    if not secret:
        return None
    row = first_beside_the_shop(_SESSION, id_hash=digest(secret))
    if row is None or not row.is_live(utc_now()):
        # Its cookie stays: an answer that comes late would take away a newer one.
        return None
    g.user_session = row
    return Identity(row.user.email, row.user.role, user=row.user)


def standing_sessions(id_hashes: Collection[str]) -> dict[str, str]:
    """Those of these sessions that still stand, with their person's role; for answers that last
    longer than their request."""
    now, ids = utc_now(), list(id_hashes)
    with only_reading():
        rows = db.session.scalars(select(UserSession).where(UserSession.id_hash.in_(ids)))
        return {row.id_hash: str(row.user.role) for row in rows if row.is_live(now)}


def _note_seen() -> None:
    """Keeps the session from going idle; a write of its own, since most requests only read."""
    row = g.get("user_session")
    if row is None or request.headers.get("X-Unattended"):
        return
    if utc_now() - row.seen_at > SEEN_EVERY:
        mine = UserSession.id_hash == row.id_hash
        try:
            write_apart(update(UserSession).where(mine).values(seen_at=utc_now()))
        except OperationalError:
            # A shop that cannot save just now still shows what it has.
            db.session.rollback()
        g.identity = _by_session()


def guard():
    """Before each request: the identity, the transaction's kind, and whether the route is open to
    it."""
    g.reading = reading_only.set(True)
    g.identity = None
    view = current_app.view_functions.get(request.endpoint or "")
    if view is None:
        # Nothing is there; whoever is signed in is told so among their menus.
        g.identity = None if is_api() else _by_session()
        return None
    if request.endpoint == "static":
        return None
    allowed = getattr(view, "allowed", None)
    if allowed is None:
        raise Forbidden(_("This page is open to nobody."))
    g.identity = identify()
    if not getattr(view, "unattended", False):
        _note_seen()
    g.acting = acting_as(g.identity.actor if g.identity else "anonymous")
    g.acting.__enter__()
    if request.method not in READING:
        # Who asks was only read; the write lock is taken when the view first needs it, not while
        # input is parsed.
        db.session.rollback()
        reading_only.set(False)
    return _admit(allowed)


def _admit(allowed):
    if allowed is ANYONE:
        return None
    if g.identity is None:
        return _sign_in_first()
    if g.identity.role not in allowed:
        note_refused("access_refused")
        raise Forbidden(
            _("Your role does not open this page. Ask an administrator if you need it.")
        )
    return None


def note_refused(action: str) -> None:
    """In the audit, where somebody who is signed in was refused; once for each page and window."""
    place = str(request.endpoint)
    if g.identity and first_of_window(f"{action}:{g.identity.scope}:{place}"):
        record_apart(action, "pages", place[:40], f"{request.method} {request.url_rule}")
        g.identity = identify()


def release(_error=None) -> None:
    """After each request, whatever came of it."""
    if "acting" in g:
        g.acting.__exit__(None, None, None)
    if "reading" in g:
        reading_only.reset(g.pop("reading"))


def _sign_in_first():
    if is_api() or request.htmx or request.path.startswith("/events"):
        raise SignInNeeded(_what_api_needs() if is_api() else _("Sign in first"))
    if request.method in READING:
        target = request.full_path.rstrip("?")
    else:
        target = page_before()
        flash(_("Your session is over. Nothing was sent: sign in to go on where you were."), "warn")
    return redirect(url_for("staff.login", next=target if target and target != "/" else None))


def _what_api_needs() -> str:
    if _sent_token():
        return _(
            "This token counts no more: it was revoked, its time is over, or it was never made "
            "here."
        )
    return _("Send your token in the header Authorization: Bearer TOKEN.")


def page_before() -> str | None:
    """The page of ours that a form was sent from, if the browser tells it."""
    before = urlsplit(request.referrer or "")
    if before.netloc != request.host or before.path == url_for("staff.login"):
        return None
    return before.path + (f"?{before.query}" if before.query else "")


def sign_in(user: User) -> None:
    """A new session id at each sign-in, so that one planted before it is worth nothing."""
    row, secret = UserSession.open(user)
    db.session.add(row)
    session.clear()
    session["sid"] = secret
    session["knows"] = digest(user.email)
    session.permanent = True


def sign_out() -> None:
    if session.get("sid"):
        db.session.execute(
            db.delete(UserSession).where(UserSession.id_hash == digest(session["sid"]))
        )
    _clear_session()


def _clear_session() -> None:
    """Nothing is left of who was signed in, but that the browser knows the account; see
    `webapp.staff.throttle`."""
    known = session.get("knows")
    session.clear()
    if known:
        session["knows"] = known
        session.permanent = True
