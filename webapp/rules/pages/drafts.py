"""The draft: what it changes, what stands in its way, and publishing it."""

from collections.abc import Callable

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from webapp.http.formatting import shop_day
from webapp.http.forms import Form
from webapp.http.query import whole_number
from webapp.http.transactions import in_transaction
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.errors import Refusal, Stale
from webapp.rules import drafting as services
from webapp.rules import publishing
from webapp.rules.core.actions import ACTIONS
from webapp.rules.forms import PublicationIn
from webapp.rules.labels import rule_name
from webapp.rules.pages.blueprint import author, bp
from webapp.rules.pages.listing import asked_action, listing_of
from webapp.rules.queries import open_draft, published
from webapp.staff.access import allow


@bp.get("/rules/draft")
@allow("manager")
def draft():
    return _page(Form())


def _page(form: Form):
    kept = open_draft()
    if kept is None:
        return render_template("rules/draft.html", draft=None, form=form)
    present = published()
    found = publishing.readiness(kept, present, author())
    listed = listing_of(found.rules, shop_day(utc_now()))
    warned = {code for warning in found.warnings for code in (warning.code, warning.other)}
    return render_template(
        "rules/draft.html",
        draft=kept,
        present=present,
        found=found,
        listed=listed,
        form=form,
        actions=ACTIONS,
        action=asked_action(),
        q=request.args.get("q", ""),
        names={rule.code: rule_name(rule) for rule in found.rules if rule.code in warned},
        changed={change.code: change.kind for change in found.changes},
    )


@bp.post("/rules/draft/publication")
@allow("manager")
def publish():
    form, me = Form(request.form, PublicationIn), author()
    draft_id, seen = _number("draft_id"), _number("version")
    form.typed.pop("draft_id", None)
    try:
        wanted = form.parse()
        version = in_transaction(lambda: publishing.publish(draft_id, seen, me, wanted))
    except Refusal as refusal:
        db.session.rollback()
        return _page(form.refuse(refusal)), refusal.status
    flash(_("Version %(number)s is in force.", number=version.id), "good")
    return redirect(url_for("rules.version", version_id=version.id), 303)


@bp.post("/rules/draft/discarding")
@allow("manager")
def discard():
    draft_id, seen = _number("draft_id"), _number("version")
    return _done(
        lambda: services.discard_draft(draft_id, seen),
        _("The draft is discarded; nothing else changed."),
    )


@bp.post("/rules/draft/rebase")
@allow("manager")
def rebase():
    """Brings the draft up to the version in force."""
    draft_id, seen = _number("draft_id"), _number("version")
    return _done(
        lambda: services.rebase(draft_id, seen),
        _("The draft is up to date with the version in force."),
    )


@bp.post("/rules/draft/rules/<code>/copies")
@allow("manager")
def duplicate(code: str):
    me, seen = author(), _number("version")
    done = _("The copy stands behind it in the draft, switched off.")
    return _done(lambda: services.duplicate_rule(me, code, seen), done, code)


@bp.post("/rules/draft/rules/<code>/switch")
@allow("manager")
def switch(code: str):
    me, on = author(), request.form.get("enabled") == "1"
    done = _("Switched on in the draft.") if on else _("Switched off in the draft.")
    return _done(lambda: services.switch_rule(me, code, on), done, code)


@bp.post("/rules/draft/rules/<code>/place")
@allow("manager")
def move(code: str):
    me, seen, up = author(), _number("version"), request.form.get("step") == "up"
    done = (
        _("It is heard one step earlier in the draft.")
        if up
        else _("It is heard one step later in the draft.")
    )
    return _done(lambda: services.move_rule(me, code, up, seen), done, code)


@bp.post("/rules/draft/rules/<code>/removal")
@allow("manager")
def remove(code: str):
    me = author()
    return _done(lambda: services.remove_rule(me, code), _("Removed in the draft."))


def _done(verb: Callable[[], object], news: str, code: str = ""):
    """Does what a button says, and shows the draft where the rule of that code stands, or why it
    was not done."""
    try:
        in_transaction(verb)
        flash(news, "good")
    except Stale:
        flash(
            _(
                "The draft changed since this page was opened, so nothing was done. Look at it as "
                "it is now."
            ),
            "warn",
        )
    except Refusal as refusal:
        flash(str(refusal), "bad")
    return redirect(
        url_for("rules.draft", at=code or None, _anchor=f"rule-{code}" if code else None), 303
    )


def _number(name: str) -> int:
    """What the form saw; no row has the number 0, which is also what no column could hold."""
    number = whole_number(request.form.get(name)) or 0
    return number if number < 2**31 else 0
