"""Imports of files as calls."""

from collections.abc import Iterator

from flask import g, request
from flask_babel import lazy_gettext as _l

from webapp.http.localization import locale
from webapp.http.uploads import takes_archive
from webapp.imports.forms import ImportIn, TakeIn
from webapp.imports.importing import take_import
from webapp.imports.kinds import TableImport
from webapp.imports.models import Import, ImportKind
from webapp.imports.queries import import_by_id, refused_rows
from webapp.imports.shapes import ImportBegunOut, ImportOut
from webapp.imports.works import Sending, refuse_role
from webapp.incoming.words import problem_words
from webapp.processing.import_steps import WORKS
from webapp.web.api import api_blueprint, endpoint

bp = api_blueprint("imports")
NO_IMPORT = {404: _l("There is no such import.")}
Problem = dict[str, object]


@endpoint(
    bp,
    "POST",
    "/imports",
    "clerk",
    body=ImportIn,
    file="file",
    answer=ImportBegunOut,
    status=202,
    summary=_l(
        "Sends a file to be looked over: a table (CSV, XLSX, XLS, ODS) of products, stock, prices, "
        "customers or sales, or a statement (a manager's; OFX, too); of NF-e (a manager's), an XML "
        "file or a zip of them."
    ),
)
@takes_archive
def send(wanted: ImportIn) -> dict[str, object]:
    work = WORKS[ImportKind(wanted.kind)]
    refuse_role(work)
    sending = Sending(
        request.files.getlist("file"),
        g.identity.actor,
        mapping=wanted.mapping,
        decimal=wanted.decimal,
    )
    return {"id": work.begin(sending).id}


def import_json(found: Import) -> dict[str, object]:
    names = ("id", "kind", "status", "rows", "accepted", "known", "refused")
    columns = [{"name": each["name"], "field": each["field"]} for each in found.columns]
    return {name: getattr(found, name) for name in names} | {
        "columns": columns,
        "problems": list(_problems(found)),
    }


def _problems(found: Import) -> Iterator[Problem]:
    work = WORKS[found.kind]
    if found.problem and isinstance(work, TableImport):
        yield {"row": 0, "column": "", "message": work.words(found.problem)}
    for row in refused_rows(found.id):
        if row.problem:
            yield {"row": row.number, "column": row.name, "message": problem_words(row.problem)}
        for column, words in row.problems:
            yield {"row": row.line, "column": column, "message": words[locale()]}


@endpoint(
    bp,
    "GET",
    "/imports/<id:import_id>",
    "clerk",
    "accountant",
    answer=ImportOut,
    refusals=NO_IMPORT,
    summary=_l("How far an import is, and what is wrong with its rows."),
)
def show(import_id: int) -> dict[str, object]:
    found = import_by_id(import_id)
    refuse_role(WORKS[found.kind], reading=True)
    return import_json(found)


@endpoint(
    bp,
    "POST",
    "/imports/<id:import_id>/take",
    "clerk",
    body=TakeIn,
    answer=ImportOut,
    status=202,
    refusals=NO_IMPORT | {409: _l("It is being looked over, was put away, or rows are refused.")},
    summary=_l("Takes what is fit to be taken; said twice, it is taken once."),
)
def take(wanted: TakeIn, import_id: int) -> dict[str, object]:
    found = import_by_id(import_id, lock=True)
    refuse_role(WORKS[found.kind])
    take_import(found, wanted.skip_refused)
    return import_json(found)
