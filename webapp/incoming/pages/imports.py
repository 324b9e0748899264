"""Imports: files sent, looked over, and taken in."""

from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from webapp.http.forms import Form
from webapp.http.handling import acts, submits
from webapp.http.lists import Order, Tab, newest_first, page_of, tabs_of
from webapp.http.query import query_choice
from webapp.http.uploads import takes_archive, takes_file
from webapp.imports.models import Import, ImportKind, ImportRow, RowOutcome
from webapp.incoming.forms import ImportIn, TakeIn
from webapp.incoming.importing import begin_import, discard_import, take_import
from webapp.incoming.pages.blueprint import bp
from webapp.incoming.queries import import_by_id, imports, rows_of
from webapp.staff.access import allow

# Products that the catalog has not: a person reads no more of them.
SHOWN_UNMATCHED = 50


@bp.get("/imports")
@allow("manager", "accountant")
def import_list() -> str:
    return _list_page(Form({}))


def _list_page(form: Form) -> str:
    page = page_of(imports(), newest_first(Import.id))
    return render_template("incoming/imports.html", page=page, form=form)


@bp.post("/imports")
@allow("manager")
@takes_file
@takes_archive
@submits(ImportIn, again=_list_page)
def send(wanted: ImportIn) -> ResponseReturnValue:
    files = request.files.getlist("file")
    return _to(begin_import(ImportKind(wanted.kind), files, g.identity.actor).id)


def _to(import_id: int, **_values: Any) -> ResponseReturnValue:
    return redirect(url_for("incoming.import_page", import_id=import_id), 303)


@bp.get("/imports/<id:import_id>")
@allow("manager", "accountant")
def import_page(import_id: int) -> str:
    return render_template("incoming/import.html", **_context(import_by_id(import_id)))


@bp.get("/imports/<id:import_id>/state")
@allow("manager", "accountant")
def import_state(import_id: int) -> str:
    """The part of the page that moves."""
    return render_template("incoming/_import.html", **_context(import_by_id(import_id)))


def _context(found: Import) -> dict[str, Any]:
    outcome = query_choice("outcome", RowOutcome)
    query = rows_of(found.id, outcome)
    order = {"number": Order((ImportRow.number,))}
    return {
        "found": found,
        "page": page_of(query, order),
        "tabs": _tabs(outcome),
        "unmatched": sorted(found.unmatched, key=lambda row: -row[-1])[:SHOWN_UNMATCHED],
    }


def _tabs(outcome: RowOutcome | None) -> list[dict[str, object]]:
    tabs = [Tab(each.label, {"outcome": each}) for each in RowOutcome]
    return tabs_of([Tab(_("All"), {"outcome": None}), *tabs], {"outcome": outcome})


@bp.post("/imports/<id:import_id>/take")
@allow("manager")
@acts(back=_to)
def take(import_id: int) -> ResponseReturnValue:
    wanted = Form(request.form, TakeIn).parse()
    take_import(import_by_id(import_id, lock=True), wanted.skip_refused)
    return _to(import_id)


@bp.post("/imports/<id:import_id>/discard")
@allow("manager")
@acts(back=_to)
def discard(import_id: int) -> ResponseReturnValue:
    discard_import(import_by_id(import_id, lock=True))
    flash(_("Nothing of it was taken."), "good")
    return _to(import_id)
