"""Who may sign in, and the tokens of the programs that call the API."""

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import exists, select

from webapp.audit.tracking import record
from webapp.http.forms import Form
from webapp.http.lists import page_of
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.errors import FieldError, Invalid, NotFound, Refusal, Stale
from webapp.staff import people as services
from webapp.staff.access import allow
from webapp.staff.forms import NewUserIn, PasswordIn, TokenIn, UserIn
from webapp.staff.models import ApiToken, Role, User
from webapp.staff.pages.blueprint import bp
from webapp.staff.queries import people, tokens

PEOPLE_SHOWN = TOKENS_SHOWN = 100
ROLES = [(role, role.label) for role in Role]


@bp.get("/staff")
@allow("admin")
def index():
    return _index_page(Form())


def _index_page(token_form: Form, secret: str = ""):
    newest = tokens().order_by(ApiToken.id.desc()).limit(TOKENS_SHOWN)
    return render_template(
        "staff/index.html",
        people=page_of(people(), (User.id,), limit=PEOPLE_SHOWN, descending=False),
        roles=ROLES,
        tokens=db.session.scalars(newest).all(),
        form=token_form,
        secret=secret,
    )


@bp.get("/staff/new")
@allow("admin")
def new_person():
    return _person_page(Form({"role": Role.CLERK}))


@bp.post("/staff")
@allow("admin")
def add_person():
    form = Form(request.form, NewUserIn)
    try:
        wanted = form.parse()
        services.add_user(wanted.email, wanted.name, wanted.role, wanted.password)
        db.session.commit()
    except Refusal as refusal:
        db.session.rollback()
        form.typed.pop("password", None)
        return _person_page(form.refuse(refusal)), 422
    flash(_("%(name)s can sign in now.", name=wanted.name), "good")
    return redirect(url_for("staff.index"), 303)


@bp.get("/staff/<id:user_id>")
@allow("admin")
def person(user_id):
    user = _person(user_id)
    return _person_page(Form.filled(_facts(user)), user)


@bp.post("/staff/<id:user_id>")
@allow("admin")
def change_person(user_id):
    user, form = _person(user_id), Form(request.form, UserIn)
    try:
        if form.value("version") != _version(user):
            raise Stale
        services.change_user(user, form.parse())
        db.session.commit()
    except Refusal as refusal:
        db.session.rollback()
        return _person_page(form.refuse(refusal), user), 422
    flash(_("Saved."), "good")
    return redirect(url_for("staff.index"), 303)


@bp.post("/staff/<id:user_id>/password")
@allow("admin")
def set_password(user_id):
    """A new password for somebody else, who is signed out everywhere. One's own asks for the old
    one."""
    user, form = _person(user_id), Form(request.form, PasswordIn)
    try:
        if user is g.identity.user:
            raise Refusal(
                _("Change your own password under your account; it asks for the present one."),
                "password",
            )
        user.set_password(form.parse().password)
        services.end_sessions(user)
        record(db.session, "password_set", "users", user.id, user.email)
        db.session.commit()
    except Refusal as refusal:
        db.session.rollback()
        refused = Form.filled(_facts(user)).refuse(refusal)
        return _person_page(refused, user), 422
    flash(_("The new password of %(name)s is set.", name=user.name), "good")
    return redirect(url_for("staff.index"), 303)


def _person(user_id: int) -> User:
    user = db.session.get(User, user_id)
    if user is None:
        raise NotFound(_("There is no such person."))
    return user


def _version(user: User) -> str:
    return user.updated_at.isoformat()


def _facts(user: User) -> dict:
    return {
        "email": user.email,
        "name": user.name,
        "role": user.role,
        "active": int(user.active),
        "version": _version(user),
    }


def _person_page(form: Form, user: User | None = None):
    return render_template("staff/person.html", form=form, person=user, roles=ROLES)


@bp.post("/staff/tokens")
@allow("admin")
def create_token():
    """Answers the page with the secret on it, this once; nothing keeps it."""
    form = Form(request.form, TokenIn)
    try:
        wanted = form.parse()
        if db.session.scalar(
            select(exists().where(ApiToken.name == wanted.name, ApiToken.revoked_at.is_(None)))
        ):
            raise Invalid(
                [
                    FieldError(
                        "name",
                        _(
                            "A token of this name is in use; revoke it first or choose another "
                            "name."
                        ),
                    )
                ]
            )
    except Refusal as refusal:
        return _index_page(form.refuse(refusal)), 422
    token, secret = ApiToken.issue(wanted.name, wanted.role)
    db.session.add(token)
    db.session.commit()
    return _index_page(Form(), secret), 201


@bp.post("/staff/tokens/<id:token_id>/revocation")
@allow("admin")
def revoke_token(token_id):
    token = db.session.get(ApiToken, token_id)
    if token is None:
        raise NotFound(_("There is no such token."))
    token.revoke(utc_now())
    db.session.commit()
    flash(_("The token %(name)s is worth nothing any more.", name=token.name), "good")
    return redirect(url_for("staff.index"), 303)
