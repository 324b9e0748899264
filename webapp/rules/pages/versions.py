"""Published versions: who, when and why, what differs between two of them, and the way back."""

import json

from flask import flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug import Response

from webapp.http.formatting import shop_day
from webapp.http.forms import Form
from webapp.http.lists import newest_first
from webapp.http.query import query_int
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.errors import NotFound, Refusal
from webapp.platform.rows import row_by_id
from webapp.rules import drafting, publishing, queries
from webapp.rules.forms import RestorationIn
from webapp.rules.models import RuleSetVersion
from webapp.rules.pages.blueprint import author, bp
from webapp.rules.pages.listing import listing_of
from webapp.staff.access import allow
from webapp.web.listings import Cell, Listing

RULE_VERSIONS = Listing(
    name="rule-versions",
    label=_l("Versions of the rules"),
    endpoint="rules.versions",
    rows=lambda _asked: queries.without_rules(db.select(RuleSetVersion)),
    orders=newest_first(RuleSetVersion.id),
    cells=(
        Cell(_l("Version"), lambda version: version.id),
        Cell(_l("Published"), lambda version: version.published_at),
        Cell(_l("Reason"), lambda version: version.reason),
        Cell(_l("By"), lambda version: version.published_by),
        Cell(_l("Written by"), lambda version: ", ".join(version.drafted_by)),
        Cell(_l("Brings back"), lambda version: version.restores),
    ),
)


@bp.get("/rules/versions")
@allow("manager")
def versions() -> str:
    return render_template(
        "rules/versions.html",
        page=RULE_VERSIONS.page(request.args),
        present=queries.published(),
        draft=queries.open_draft(),
    )


@bp.get("/rules/versions/<id:version_id>")
@allow("manager")
def version(version_id: int) -> str:
    return _page(_version(version_id), Form())


def _page(shown: RuleSetVersion, form: Form) -> str:
    present, before = queries.in_force(), queries.version_before(shown.id)
    against = _version(query_int("against", 0)) if request.args.get("against") else before
    book = queries.version_book(shown.id)
    return render_template(
        "rules/version.html",
        version=shown,
        present=present,
        against=against,
        form=form,
        draft=queries.open_draft(),
        is_previous=shown == queries.version_before(present.id),
        changes=queries.version_book(against.id).diff(book) if against else [],
        listed=listing_of(book.rules, shop_day(utc_now())),
    )


def _version(version_id: int) -> RuleSetVersion:
    return row_by_id(RuleSetVersion, version_id, _l("There is no such version."))


@bp.post("/rules/versions/<id:version_id>/restoration")
@allow("manager")
def restore(version_id: int) -> Response:
    form = Form(request.form, RestorationIn)
    try:
        restored = publishing.restore(version_id, author(), form.parse())
    except Refusal as refusal:
        db.session.rollback()
        return make_response(_page(_version(version_id), form.refuse(refusal)), refusal.status)
    flash(_("The rules of version %(number)s are in force again.", number=version_id), "good")
    return redirect(url_for("rules.version", version_id=restored.id), 303)


@bp.post("/rules/versions/<id:version_id>/draft")
@allow("manager")
def begin_draft(version_id: int) -> Response:
    try:
        drafting.draft_from(author(), version_id)
    except Refusal as refusal:
        db.session.rollback()
        flash(str(refusal), "bad")
        return redirect(url_for("rules.versions"), 303)
    flash(_("This draft has the rules of version %(number)s.", number=version_id), "good")
    return redirect(url_for("rules.draft"), 303)


@bp.get("/rules/export.json")
@allow("manager")
def export() -> Response:
    present = queries.published()
    if present is None:
        raise NotFound(_("The shop has no published rules yet."))
    return _download(present)


@bp.get("/rules/versions/<id:version_id>.json")
@allow("manager")
def export_version(version_id: int) -> Response:
    return _download(_version(version_id))


def _download(version: RuleSetVersion) -> Response:
    """A file of the shape that GET /api/v1/rules answers."""
    written = json.dumps(version.to_json(), ensure_ascii=False, indent=2)
    headers = {
        "Content-Type": "application/json",
        "Content-Disposition": f'attachment; filename="rules-v{version.id}.json"',
    }
    return make_response(written, headers)
