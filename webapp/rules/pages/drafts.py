"""The draft: what it changes, what stands in its way, and publishing it."""

from collections.abc import Callable

from flask import flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug import Response

from webapp.http.formatting import shop_day
from webapp.http.forms import Form
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.errors import Refusal, Stale
from webapp.platform.whole import whole_number
from webapp.rules import drafting, publishing
from webapp.rules.core.actions import ACTIONS
from webapp.rules.core.sentence import rule_name
from webapp.rules.forms import PublicationIn
from webapp.rules.pages.blueprint import author, bp
from webapp.rules.pages.listing import listing_of, query_action
from webapp.rules.queries import in_force, open_draft
from webapp.staff.access import allow


@bp.get("/rules/draft")
@allow("manager")
def draft() -> str:
    return _page(Form())


def _page(form: Form) -> str:
    present_draft = open_draft()
    if present_draft is None:
        return render_template("rules/draft.html", draft=None, form=form)
    present = in_force()
    found = publishing.readiness(present_draft, present, author())
    warned = {code for warning in found.warnings for code in (warning.code, warning.other)}
    return render_template(
        "rules/draft.html",
        draft=present_draft,
        present=present,
        found=found,
        listed=listing_of(found.book.rules, shop_day(utc_now())),
        form=form,
        actions=ACTIONS,
        action=query_action(),
        q=request.args.get("q", ""),
        names={rule.code: rule_name(rule) for rule in found.book.rules if rule.code in warned},
        changed={change.code: change.kind for change in found.changes},
    )


@bp.post("/rules/draft/publication")
@allow("manager")
def publish() -> Response:
    form = Form(request.form, PublicationIn)
    form.raw_input.pop("draft_id", None)
    try:
        wanted = form.parse()
        version = publishing.publish(
            _form_number("draft_id"), _form_number("version"), author(), wanted
        )
    except Refusal as refusal:
        db.session.rollback()
        return make_response(_page(form.refuse(refusal)), refusal.status)
    flash(_("Version %(number)s is in force.", number=version.id), "good")
    return redirect(url_for("rules.version", version_id=version.id), 303)


@bp.post("/rules/draft/discarding")
@allow("manager")
def discard() -> Response:
    return _act(
        lambda: drafting.discard_draft(_form_number("draft_id"), _form_number("version")),
        _("The draft is discarded; nothing else changed."),
    )


@bp.post("/rules/draft/rebase")
@allow("manager")
def rebase() -> Response:
    """Brings the draft up to the version in force."""
    return _act(
        lambda: drafting.rebase(_form_number("draft_id"), _form_number("version")),
        _("The draft is up to date with the version in force."),
    )


@bp.post("/rules/draft/rules/<code>/copies")
@allow("manager")
def duplicate(code: str) -> Response:
    return _act(
        lambda: drafting.duplicate_rule(author(), code, _form_number("version")),
        _("The copy comes right after it in the draft, disabled."),
        code,
    )


@bp.post("/rules/draft/rules/<code>/switch")
@allow("manager")
def switch(code: str) -> Response:
    on = request.form.get("enabled") == "1"
    done = _("Enabled in the draft.") if on else _("Disabled in the draft.")
    return _act(lambda: drafting.switch_rule(author(), code, on), done, code)


@bp.post("/rules/draft/rules/<code>/place")
@allow("manager")
def move(code: str) -> Response:
    up = request.form.get("step") == "up"
    if up:
        done = _("It runs one step earlier in the draft.")
    else:
        done = _("It runs one step later in the draft.")
    return _act(lambda: drafting.move_rule(author(), code, up, _form_number("version")), done, code)


@bp.post("/rules/draft/rules/<code>/removal")
@allow("manager")
def remove(code: str) -> Response:
    return _act(lambda: drafting.remove_rule(author(), code), _("Removed in the draft."))


def _act(verb: Callable[[], object], done: str, code: str = "") -> Response:
    """Does what a button says, and shows the draft where the rule of that code stands, or why it
    was not done."""
    try:
        verb()
        flash(done, "good")
    except Stale:
        db.session.rollback()
        flash(
            _(
                "The draft changed since this page was opened, so nothing was done. Look at it as "
                "it is now."
            ),
            "warn",
        )
    except Refusal as refusal:
        db.session.rollback()
        flash(str(refusal), "bad")
    anchor = f"rule-{code}" if code else None
    return redirect(url_for("rules.draft", at=code or None, _anchor=anchor), 303)


def _form_number(name: str) -> int:
    """What the form saw; 0, the number of no row, where that is none."""
    return whole_number(request.form.get(name)) or 0
