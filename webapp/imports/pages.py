"""Pages of imports: files sent, looked over, and taken in."""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext
from sqlalchemy import Select

from webapp.audit.history import who
from webapp.http.forms import Form
from webapp.http.handling import acts, submits
from webapp.http.lists import Order, Tab, newest_first, page_of, tabs_of
from webapp.http.localization import locale
from webapp.http.numbers import field_text, is_brazilian
from webapp.http.query import WrongFilter, query_choice
from webapp.http.spreadsheets import csv_file
from webapp.http.uploads import takes_archive, takes_file
from webapp.imports.forms import ColumnsIn, SentIn, TakeIn
from webapp.imports.importing import discard_import, take_import, tell_columns
from webapp.imports.kinds import TableImport
from webapp.imports.models import Import, ImportKind, ImportRow, RowOutcome
from webapp.imports.queries import all_refused, import_by_id, imports, rows_of
from webapp.imports.works import ImportWork, Sending, refuse_role
from webapp.incoming import words as incoming_words
from webapp.platform.errors import Forbidden, NotFound
from webapp.platform.whole import whole_number
from webapp.processing.import_steps import WORKS
from webapp.staff.access import allow, may, sees_documents
from webapp.web.listings import Asked, Cell, Listing

bp = Blueprint("imports", __name__)
# Products that the catalog has not: a person reads no more of them.
SHOWN_UNMATCHED = 50
BY_NUMBER = {"number": Order((ImportRow.number,))}
_FRACTION = re.compile(r"[0-9]+\.[0-9]+", re.ASCII)


@bp.context_processor
def shared() -> dict[str, object]:
    return {"incoming_words": incoming_words}


@bp.get("/imports")
@allow("clerk", "accountant")
def import_list() -> str:
    return _list_page(Form({"kind": request.args.get("kind", "")}))


def _list_page(form: Form) -> str:
    sendable = [kind for kind, work in WORKS.items() if may(work.role)]
    page = IMPORTS.page(request.args)
    return render_template("imports/index.html", page=page, form=form, kinds=sendable)


def _all_readable(_asked: Asked) -> Select[Any]:
    return imports([kind for kind, work in WORKS.items() if may(work.role, *work.readers)])


@bp.post("/imports")
@allow("clerk")
@takes_file
@takes_archive
@submits(SentIn, again=_list_page)
def send(wanted: SentIn) -> ResponseReturnValue:
    work = WORKS[ImportKind(wanted.kind)]
    refuse_role(work)
    # As it was pasted: a first cell may be blank.
    pasted = request.form.get("pasted", "")
    files = request.files.getlist("file")
    sending = Sending(files, g.identity.actor, pasted, wanted.mapping, wanted.decimal)
    return _to(work.begin(sending).id)


def _to(import_id: int, **_values: Any) -> ResponseReturnValue:
    return redirect(url_for("imports.import_page", import_id=import_id), 303)


@bp.get("/imports/samples/<kind>.csv")
@allow("clerk")
def sample(kind: str) -> Response:
    """A file of the kind with one row, in the reader's language."""
    work = WORKS.get(ImportKind(kind)) if kind in list(ImportKind) else None
    if not isinstance(work, TableImport):
        raise NotFound(_("There is no sample of this kind."))
    told = [each for each in work.fields if each.sample != ""]
    cells = [
        Decimal(str(each.sample)) if each.is_number and "." in str(each.sample) else each.sample
        for each in told
    ]
    return csv_file(f"{_('sample')}-{kind}", [str(each.label) for each in told], [cells])


def _readable(import_id: int) -> Import:
    found = import_by_id(import_id)
    refuse_role(WORKS[found.kind], reading=True)
    return found


def _own(import_id: int) -> Import:
    """Locked, to be changed."""
    found = import_by_id(import_id, lock=True)
    refuse_role(WORKS[found.kind])
    return found


@bp.get("/imports/<id:import_id>")
@allow("clerk", "accountant")
def import_page(import_id: int) -> str:
    return _import_page(_columns_form(_readable(import_id)), import_id)


def _import_page(form: Form, import_id: int) -> str:
    return render_template("imports/import.html", **_context(_readable(import_id), form))


@bp.get("/imports/<id:import_id>/state")
@allow("clerk", "accountant")
def import_state(import_id: int) -> str:
    """The part of the page that moves."""
    found = _readable(import_id)
    return render_template("imports/_import.html", **_context(found, _columns_form(found)))


def _columns_form(found: Import) -> Form:
    told = {str(place): column["field"] for place, column in enumerate(found.columns)}
    return Form.filled({"columns": told, "decimal": {"br": ",", "en": "."}.get(found.notation, "")})


def _context(found: Import, form: Form) -> dict[str, Any]:
    outcome = query_choice("outcome", RowOutcome)
    work = WORKS[found.kind]
    return {
        "found": found,
        "form": form,
        "work": work,
        "page": page_of(rows_of(found.id, outcome), BY_NUMBER),
        "tabs": _tabs(outcome),
        "unmatched": sorted(found.unmatched, key=lambda row: -row[-1])[:SHOWN_UNMATCHED],
        "changes_of": lambda row: _changes(work, row),
        "words_of": lambda words: words[locale()],
        "sees_cells": _sees_cells(found),
    }


def _changes(work: ImportWork[Any, Any], row: ImportRow) -> list[tuple[str, str, str]]:
    """What taking the row changes: the field, before and after."""
    if not isinstance(work, TableImport):
        return []
    said = row.facts.get("said", {})
    return [
        (work.label(name), _shown(before), _shown(said.get(name, said.get("weight_kg"))))
        for name, before in row.facts.get("before", {}).items()
    ]


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if value in (None, ""):
        return "—"
    text = str(value)
    return field_text(text, is_brazilian()) if _FRACTION.fullmatch(text) else text[:120]


def _tabs(outcome: RowOutcome | None) -> list[dict[str, object]]:
    tabs = [Tab(each.label, {"outcome": each}) for each in RowOutcome]
    return tabs_of([Tab(_("All"), {"outcome": None}), *tabs], {"outcome": outcome})


@bp.post("/imports/<id:import_id>/columns")
@allow("clerk")
@submits(ColumnsIn, again=_import_page)
def columns(wanted: ColumnsIn, import_id: int) -> ResponseReturnValue:
    found = _own(import_id)
    work = WORKS[found.kind]
    if not isinstance(work, TableImport):
        raise NotFound(_("This import has no columns."))
    notation = {",": "br", ".": "en"}.get(wanted.decimal, "")
    tell_columns(found, work, dict(enumerate(wanted.columns)), notation)
    return _to(import_id)


@bp.post("/imports/<id:import_id>/take")
@allow("clerk")
@acts(back=_to)
def take(import_id: int) -> ResponseReturnValue:
    wanted = Form(request.form, TakeIn).parse()
    take_import(_own(import_id), wanted.skip_refused)
    return _to(import_id)


@bp.post("/imports/<id:import_id>/discard")
@allow("clerk")
@acts(back=_to)
def discard(import_id: int) -> ResponseReturnValue:
    discard_import(_own(import_id))
    flash(_("Nothing of it was taken."), "good")
    return _to(import_id)


def _sees_cells(found: Import) -> bool:
    """Whether they see the file's own cells: documents of persons stand there as they were sent."""
    work = WORKS[found.kind]
    names_persons = isinstance(work, TableImport) and work.names_persons
    return not names_persons or sees_documents() or found.asked_by == g.identity.actor


@bp.get("/imports/<id:import_id>/refused.csv")
@allow("clerk", "accountant")
def refused(import_id: int) -> Response:
    """The refused rows as they were sent, with what is wrong: mended, they can be sent again."""
    found = _readable(import_id)
    if not found.kind.is_table:
        raise NotFound(_("This import has no columns."))
    if not _sees_cells(found):
        raise Forbidden(_("Only who sent the file sees these rows, for they name persons."))
    names = [column["name"] for column in found.columns]
    return csv_file(
        f"{_('refused')}-{found.id}", [*names, _("Problem")], _refused(found.id, len(names))
    )


def _refused(import_id: int, columns: int) -> Iterator[list[object]]:
    language = locale()
    # What is left of a person who was anonymised has no cells.
    for row in (each for each in all_refused(import_id) if "cells" in each.facts):
        cells = [_written(cell) for cell in row.facts["cells"][:columns]]
        blank = [""] * (columns - len(cells))
        said = "; ".join(
            f"{column}: {words[language]}" if column else words[language]
            for column, words in row.problems
        )
        yield [*cells, *blank, said]


def _written(cell: object) -> object:
    if isinstance(cell, Mapping):
        return _written(next(iter(cell.values())))
    return Decimal(str(cell)) if isinstance(cell, float) else cell


# -- as files -------------------------------------------------------------------------------------


class JudgedRow(NamedTuple):
    work: ImportWork[Any, Any]
    row: ImportRow

    @property
    def words(self) -> str:
        """What is said of it, or what taking it changes."""
        row = self.row
        if row.problem:
            return incoming_words.problem_words(row.problem)
        said = [
            f"{column}: {words[locale()]}" if column else words[locale()]
            for column, words in row.problems
        ]
        changes = [
            f"{label}: {before} → {after}" for label, before, after in _changes(self.work, row)
        ]
        if isinstance(self.work, TableImport) and row.outcome is RowOutcome.ACCEPTED:
            changes = [*filter(None, [self.work.told_of(row)]), *changes]
        return "; ".join(said or changes)


def _judged(found: list[ImportRow]) -> list[JudgedRow]:
    work = WORKS[import_by_id(found[0].import_id).kind] if found else None
    return [JudgedRow(work, row) for row in found if work]


def _rows(asked: Asked) -> Select[Any]:
    import_id = whole_number(asked.get("import_id"), 1)
    if import_id is None:
        raise WrongFilter("import_id", args=asked)
    return rows_of(_readable(import_id).id, query_choice("outcome", RowOutcome, asked))


def _field(label: Any, name: str) -> Cell:
    return Cell(label, lambda found: getattr(found, name))


IMPORTS = Listing(
    name="imports",
    label=_l("Imports"),
    endpoint="imports.import_list",
    rows=_all_readable,
    orders=newest_first(Import.id),
    cells=(
        _field(_l("File"), "file_name"),
        Cell(_l("What is in it"), lambda found: str(found.kind.label)),
        Cell(_l("Status"), lambda found: str(found.status.label)),
        _field(_l("Rows"), "rows"),
        _field(lazy_pgettext("rows", "Accepted"), "accepted"),
        _field(lazy_pgettext("rows", "Here already"), "known"),
        _field(lazy_pgettext("rows", "Refused"), "refused"),
        Cell(_l("Who"), lambda found: who(found.asked_by).name),
        _field(_l("When"), "created_at"),
    ),
)
IMPORT_ROWS = Listing(
    name="import-rows",
    label=_l("Rows of an import"),
    endpoint="imports.import_list",
    rows=_rows,
    orders=BY_NUMBER,
    cells=(
        Cell(_l("Line"), lambda judged: judged.row.line or judged.row.number),
        Cell(_l("What it is about"), lambda judged: judged.row.name),
        Cell(_l("Outcome"), lambda judged: str(judged.row.outcome.label)),
        Cell(_l("What is said of it"), lambda judged: judged.words),
    ),
    filters=("import_id", "outcome"),
    gather=_judged,
    has_page=False,
)
