"""Views: kept, opened, shared, pinned, renamed, deleted."""

from typing import Any
from urllib.parse import parse_qsl

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from webapp.http.forms import Form
from webapp.http.handling import acts, submits
from webapp.http.query import WrongFilter
from webapp.platform.database import db
from webapp.platform.errors import NotFound, Refusal
from webapp.staff.access import allow
from webapp.views.forms import RenameIn, ViewIn
from webapp.views.keeping import choose_columns, open_listing, pin, read_query, save_view
from webapp.views.models import View
from webapp.views.pages.blueprint import bp
from webapp.views.queries import (
    latest_runs,
    may_change,
    my_schedules,
    my_views,
    view_to_change,
    visible_view,
)
from webapp.views.words import rhythm_words
from webapp.web.listings import listing_called, listings
from webapp.web.walks import first_url

ROLES = ("clerk", "accountant")


@bp.get("/views")
@allow(*ROLES)
def index() -> str:
    return _index_page(Form())


def _index_page(form: Form, view_id: int | None = None) -> str:
    schedules = my_schedules()
    return render_template(
        "views/index.html",
        views=my_views(),
        listings=listings(),
        may_change=may_change,
        form=form,
        renamed=view_id,
        schedules=schedules,
        runs=latest_runs(schedules),
        rhythm_words=rhythm_words,
    )


@bp.get("/views/<id:view_id>")
@allow(*ROLES)
def lead(view_id: int) -> ResponseReturnValue:
    """To the list, as the view has it; to its first page where it does not know that any more."""
    view = visible_view(view_id)
    listing = listing_called(view.listing)
    try:
        listing.ids(view.query)
    except WrongFilter:
        lost = _("The list does not know the filter of “%(name)s” any more.", name=view.name)
        flash(lost, "warn")
        return redirect(url_for(listing.endpoint))
    asked: dict[str, Any] = dict(view.query)
    return redirect(url_for(listing.endpoint, **asked))


@bp.post("/columns/<name>")
@allow(*ROLES)
def columns(name: str) -> ResponseReturnValue:
    """Those of `columns` that are not among `shown` are hidden; `more` come from the list's
    file."""
    listing, form = open_listing(name), request.form
    shown = set(form.getlist("shown"))
    hidden = [each for each in form.getlist("columns") if each not in shown]
    choose_columns(listing, hidden, form.getlist("more"))
    asked: dict[str, Any] = read_query(listing, parse_qsl(form.get("query", "")))
    return redirect(url_for(listing.endpoint, **asked), 303)


@bp.get("/walks/<name>")
@allow(*ROLES)
def walk(name: str) -> ResponseReturnValue:
    """To the first row of a list as the address has it, from where all of them are gone through."""
    listing = open_listing(name)
    if listing.record is None:
        raise NotFound(_("This list is not worked through."))
    first = first_url(listing, request.args)
    if first is None:
        flash(_("Nothing in this list is left."), "info")
        asked: dict[str, Any] = dict(listing.asked_of(request.args))
        return redirect(url_for(listing.endpoint, **asked))
    return redirect(first)


def _to_views(**_values: object) -> ResponseReturnValue:
    return redirect(url_for("views.index"), 303)


@bp.post("/views")
@allow(*ROLES)
@submits(ViewIn, again=_index_page)
def save(wanted: ViewIn) -> ResponseReturnValue:
    view = save_view(wanted)
    db.session.flush()
    flash(_("The view “%(name)s” is kept.", name=view.name), "good")
    return redirect(url_for("views.lead", view_id=view.id), 303)


@bp.post("/views/<id:view_id>")
@allow(*ROLES)
@submits(RenameIn, again=_index_page)
def rename(wanted: RenameIn, view_id: int) -> ResponseReturnValue:
    view = view_to_change(view_id)
    same = (View.owner_id == view.owner_id, View.listing == view.listing, View.id != view.id)
    if db.session.scalar(select(View.id).where(*same, View.name == wanted.name)):
        raise Refusal(_("There is a view of this list with this name."), "name")
    view.name = wanted.name
    flash(_("That was saved."), "good")
    return _to_views()


@bp.post("/views/<id:view_id>/deletion")
@allow(*ROLES)
@acts(back=_to_views)
def delete(view_id: int) -> ResponseReturnValue:
    view = view_to_change(view_id)
    db.session.delete(view)
    flash(_("The view “%(name)s” is deleted.", name=view.name), "good")
    return _to_views()


@bp.post("/views/<id:view_id>/pin")
@allow(*ROLES)
@acts(back=_to_views)
def pin_view(view_id: int) -> ResponseReturnValue:
    pin(view_to_change(view_id))
    return _to_views()


@bp.post("/views/<id:view_id>/unpinning")
@allow(*ROLES)
@acts(back=_to_views)
def unpin_view(view_id: int) -> ResponseReturnValue:
    view_to_change(view_id).pinned = False
    return _to_views()


@bp.post("/views/<id:view_id>/sharing")
@allow("manager")
@acts(back=_to_views)
def share(view_id: int) -> ResponseReturnValue:
    view_to_change(view_id).shared = True
    return _to_views()


@bp.post("/views/<id:view_id>/unsharing")
@allow("manager")
@acts(back=_to_views)
def keep_to_oneself(view_id: int) -> ResponseReturnValue:
    """It is its owner's alone again."""
    view_to_change(view_id).shared = False
    return _to_views()
