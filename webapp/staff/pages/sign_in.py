"""Signing in and out."""

from urllib.parse import urlsplit

from flask import current_app, g, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf

from webapp.audit.tracking import acting_as, record
from webapp.http.forms import Form
from webapp.http.handling import submits
from webapp.platform.database import db
from webapp.staff import access
from webapp.staff.access import anyone
from webapp.staff.forms import SignInIn
from webapp.staff.models import User
from webapp.staff.pages.blueprint import bp
from webapp.staff.passwords import DEMO_PASSWORD, DEMO_USERS
from webapp.staff.people import authenticate


@bp.get("/login")
@anyone
def login() -> ResponseReturnValue:
    if g.identity:
        return redirect(url_for("dashboard.page"))
    return _login_page(Form({"next": request.args.get("next", "")}))


def _login_page(form: Form) -> str:
    demo = current_app.extensions["settings"].demo
    users = (
        [{"email": f"{role}@balcao.example", "role": role} for role in DEMO_USERS] if demo else []
    )
    form.raw_input.pop("password", None)
    return render_template(
        "staff/login.html", form=form, demo_users=users, demo_password=DEMO_PASSWORD if demo else ""
    )


@bp.post("/login")
@anyone
@submits(SignInIn, again=_login_page, own_status=True)
def sign_in(wanted: SignInIn) -> ResponseReturnValue:
    user = db.session.get_one(User, authenticate(wanted.email, wanted.password))
    access.sign_in(user)
    with acting_as(user.email):
        record(db.session, "signed_in", "users", user.id, user.email)
    if request.accept_mimetypes.best == "application/json":
        # Over the page that was open: it stays, and goes on with the new session's token.
        g.pop("csrf_token", None)
        return jsonify(csrf_token=generate_csrf(), person=user.id)
    return redirect(own_page(wanted.next) or url_for("dashboard.page"), 303)


def own_page(target: str) -> str | None:
    """`target` when it is a page of ours: never another host, however it is written."""
    try:
        parts = urlsplit(target)
    except ValueError:
        return None
    ours = (
        target.startswith("/")
        and not target.startswith("//")
        and not parts.netloc
        and not parts.scheme
    )
    return target if ours and "\\" not in target and target.isprintable() else None


@bp.post("/logout")
@anyone
def sign_out() -> ResponseReturnValue:
    if g.identity:
        user = g.identity.user
        record(db.session, "signed_out", "users", user.id, user.email)
    access.sign_out()
    return redirect(url_for("staff.login"), 303)
