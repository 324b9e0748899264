"""A person's own account: language, colours, password, and where they are signed in."""

from collections.abc import Collection

from flask import flash, g, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from htmx_flask import request

from webapp.audit.tracking import record
from webapp.http.forms import Form
from webapp.http.handling import submits
from webapp.http.localization import LOCALES
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.staff.access import allow, anyone
from webapp.staff.forms import OwnPasswordIn
from webapp.staff.pages.blueprint import bp
from webapp.staff.pages.sign_in import own_page
from webapp.staff.people import end_session, end_sessions, prove, set_new_password
from webapp.staff.queries import sessions_of

THEMES = ("light", "dark")
DENSITIES = ("normal", "compact")


@bp.get("/account")
@allow("clerk", "accountant")
def account() -> str:
    return _account_page(Form())


def _account_page(form: Form) -> str:
    now = utc_now()
    sessions = [
        row
        for row in db.session.scalars(sessions_of(g.identity.user.id)).unique()
        if row.is_live(now)
    ]
    return render_template(
        "staff/account.html", form=form, sessions=sessions, present=g.user_session.id_hash
    )


def _password_again(form: Form) -> str:
    form.raw_input.clear()
    return _account_page(form)


@bp.post("/account/password")
@allow("clerk", "accountant")
@submits(OwnPasswordIn, again=_password_again, own_status=True)
def change_password(wanted: OwnPasswordIn) -> ResponseReturnValue:
    """A new password for oneself; every other browser is signed out."""
    user = g.identity.user
    prove(user, wanted.old_password, "old_password")
    set_new_password(user, wanted.password, wanted.old_password, g.user_session.id_hash)
    flash(_("Your password was changed. Other browsers were signed out."), "good")
    return redirect(url_for("staff.account"), 303)


@bp.post("/account/sessions/end")
@allow("clerk", "accountant")
def sign_out_elsewhere() -> ResponseReturnValue:
    """Ends the session named by `session`, or all but this one."""
    user, chosen = g.identity.user, request.form.get("session", "")
    if chosen:
        end_session(user, chosen)
    else:
        end_sessions(user, but=g.user_session.id_hash)
    record(db.session, "sessions_ended", "users", user.id, user.email)
    flash(_("Signed out there."), "good")
    return redirect(url_for("staff.account"), 303)


@bp.post("/account/locale")
@anyone
def choose_locale() -> ResponseReturnValue:
    if request.form.get("locale") in LOCALES:
        session["locale"] = request.form["locale"]
        if g.identity:
            g.identity.user.locale = request.form["locale"]
    return redirect(_back(), 303)


@bp.post("/account/theme")
@anyone
def choose_theme() -> ResponseReturnValue:
    return _keep_look("theme", THEMES)


@bp.post("/account/density")
@anyone
def choose_density() -> ResponseReturnValue:
    """How close the rows of lists stand."""
    return _keep_look("density", DENSITIES)


def _keep_look(name: str, values: Collection[str]) -> ResponseReturnValue:
    """With the person; a stranger's browser keeps it by itself."""
    chosen = request.form.get(name)
    if g.identity and chosen in values:
        setattr(g.identity.user, name, chosen)
    if request.htmx:
        return "", 204
    return redirect(_back(), 303)


def _back() -> str:
    return own_page(request.form.get("next", "")) or url_for("dashboard.page")
