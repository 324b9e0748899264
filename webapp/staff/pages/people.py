"""Who may sign in, and the tokens of the programs that call the API."""

from flask import flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.http.forms import Form
from webapp.http.handling import refuse_stale, submits
from webapp.http.lists import Order, page_of
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.errors import Refusal
from webapp.staff.access import allow
from webapp.staff.forms import NewUserIn, PasswordIn, TokenIn, UserIn
from webapp.staff.models import MOST_TOKEN_DAYS, TOKEN_DAYS, ApiToken, Role, User
from webapp.staff.pages.blueprint import bp
from webapp.staff.pages.proof import proved
from webapp.staff.people import add_user, change_user, issue_token, set_new_password
from webapp.staff.queries import people, token_by_id, tokens, tokens_of, user_by_id

PEOPLE_SHOWN = TOKENS_SHOWN = 100
ROLES = [(role, role.label) for role in Role]
LIFETIMES = [
    (30, _l("30 days")),
    (90, _l("90 days")),
    (TOKEN_DAYS, _l("1 year")),
    (MOST_TOKEN_DAYS, _l("2 years")),
]
OLDEST_FIRST = {"when": Order((User.id,))}


@bp.get("/staff")
@allow("admin")
@proved
def index() -> str:
    return _index_page(Form({"days": TOKEN_DAYS}))


def _index_page(form: Form, secret: str = "") -> str:
    newest = tokens().order_by(ApiToken.id.desc()).limit(TOKENS_SHOWN)
    return render_template(
        "staff/index.html",
        people=page_of(people(), OLDEST_FIRST, limit=PEOPLE_SHOWN),
        roles=ROLES,
        tokens=db.session.scalars(newest).all(),
        form=form,
        secret=secret,
        lifetimes=LIFETIMES,
    )


def _person_page(form: Form, user_id: int | None = None) -> str:
    user = user_by_id(user_id) if user_id else None
    form.raw_input.pop("password", None)
    theirs = [token.name for token in db.session.scalars(tokens_of(user))] if user else []
    return render_template(
        "staff/person.html", form=form, person=user, roles=ROLES, token_names=theirs
    )


@bp.get("/staff/new")
@allow("admin")
@proved
def new_person() -> str:
    return _person_page(Form({"role": Role.CLERK}))


@bp.post("/staff")
@allow("admin")
@proved
@submits(NewUserIn, again=_person_page)
def create_person(wanted: NewUserIn) -> ResponseReturnValue:
    add_user(wanted.email, wanted.name, wanted.role, wanted.password)
    flash(_("%(name)s can sign in now.", name=wanted.name), "good")
    return redirect(url_for("staff.index"), 303)


@bp.get("/staff/<id:user_id>")
@allow("admin")
@proved
def person(user_id: int) -> str:
    return _person_page(_present_person(user_id), user_id)


def _present_person(user_id: int) -> Form:
    return _form_of(user_by_id(user_id))


@bp.post("/staff/<id:user_id>")
@allow("admin")
@proved
@submits(UserIn, again=_person_page, present=_present_person)
def update_person(wanted: UserIn, user_id: int) -> ResponseReturnValue:
    user = user_by_id(user_id)
    refuse_stale(user)
    change_user(user, wanted)
    flash(_("Saved."), "good")
    return redirect(url_for("staff.index"), 303)


def _password_again(form: Form, user_id: int) -> str:
    """The page of the person as kept, with what is wrong with the password."""
    page_form = _form_of(user_by_id(user_id))
    page_form.errors, page_form.message = form.errors, form.message
    return _person_page(page_form, user_id)


@bp.post("/staff/<id:user_id>/password")
@allow("admin")
@proved
@submits(PasswordIn, again=_password_again)
def set_password(wanted: PasswordIn, user_id: int) -> ResponseReturnValue:
    """A new password for somebody else, who is signed out everywhere. One's own asks for the old
    one."""
    user = user_by_id(user_id)
    if user is g.identity.user:
        raise Refusal(
            _("Change your own password under your account; it asks for the present one."),
            "password",
        )
    set_new_password(user, wanted.password)
    flash(_("The new password of %(name)s is set.", name=user.name), "good")
    return redirect(url_for("staff.index"), 303)


def _form_of(user: User) -> Form:
    return Form.filled(
        {
            "email": user.email,
            "name": user.name,
            "role": user.role,
            "active": int(user.active),
            "version": user.version,
        }
    )


@bp.post("/staff/tokens")
@allow("admin")
@proved
@submits(TokenIn, again=_index_page)
def create_token(wanted: TokenIn) -> ResponseReturnValue:
    """Answers the page with the secret on it, this once; nothing keeps it."""
    secret = issue_token(wanted, g.identity.user)
    db.session.flush()
    return _index_page(Form({"days": TOKEN_DAYS}), secret), 201


@bp.post("/staff/tokens/<id:token_id>/revocation")
@allow("admin")
def revoke_token(token_id: int) -> ResponseReturnValue:
    token = token_by_id(token_id)
    token.revoke(utc_now())
    flash(_("The token %(name)s is worth nothing any more.", name=token.name), "good")
    return redirect(url_for("staff.index"), 303)
