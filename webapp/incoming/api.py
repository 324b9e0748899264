"""Imports of files as calls."""

from flask import g, request
from flask_babel import lazy_gettext as _l

from webapp.http.uploads import takes_archive
from webapp.imports.models import Import, ImportKind
from webapp.incoming.forms import ImportIn, TakeIn
from webapp.incoming.importing import begin_import, take_import
from webapp.incoming.queries import import_by_id, refused_rows
from webapp.incoming.shapes import ImportBegunOut, ImportOut
from webapp.incoming.words import problem_words
from webapp.web.api import api_blueprint, endpoint

bp = api_blueprint("incoming")
NO_IMPORT = {404: _l("There is no such import.")}


@endpoint(
    bp,
    "POST",
    "/imports",
    "manager",
    body=ImportIn,
    file="file",
    answer=ImportBegunOut,
    status=202,
    summary=_l("Sends a file to be looked over: of NF-e, an XML file or a zip of them."),
)
@takes_archive
def send(wanted: ImportIn) -> dict[str, object]:
    files = request.files.getlist("file")
    return {"id": begin_import(ImportKind(wanted.kind), files, g.identity.actor).id}


def import_json(found: Import) -> dict[str, object]:
    names = ("id", "kind", "status", "rows", "accepted", "known", "refused")
    problems = (
        {"row": row.number, "column": row.name, "message": problem_words(row.problem)}
        for row in refused_rows(found.id)
    )
    return {name: getattr(found, name) for name in names} | {"problems": list(problems)}


@endpoint(
    bp,
    "GET",
    "/imports/<id:import_id>",
    "manager",
    "accountant",
    answer=ImportOut,
    refusals=NO_IMPORT,
    summary=_l("How far an import is, and what is wrong with its rows."),
)
def show(import_id: int) -> dict[str, object]:
    return import_json(import_by_id(import_id))


@endpoint(
    bp,
    "POST",
    "/imports/<id:import_id>/take",
    "manager",
    body=TakeIn,
    answer=ImportOut,
    status=202,
    refusals=NO_IMPORT | {409: _l("It is being looked over, was put away, or rows are refused.")},
    summary=_l("Takes what is fit to be taken; said twice, it is taken once."),
)
def take(wanted: TakeIn, import_id: int) -> dict[str, object]:
    found = import_by_id(import_id, lock=True)
    take_import(found, wanted.skip_refused)
    return import_json(found)
