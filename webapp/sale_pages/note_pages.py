"""Notes of the staff on the page of an order."""

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from webapp.audit.tracking import actor
from webapp.http.forms import Form
from webapp.http.handling import submits
from webapp.notes.forms import NoteIn
from webapp.notes.writing import remove_note
from webapp.sale_pages.blueprint import bp, notes_of_order
from webapp.sale_pages.order_pages import order_page
from webapp.sales.noting import add_note
from webapp.sales.queries import sale_of
from webapp.staff.access import allow


def _to_notes(sale_id: int) -> Response:
    return redirect(url_for("sales.page", sale_id=sale_id, _anchor="notes"), 303)


@bp.get("/sales/<id:sale_id>/notes")
@allow("clerk")
def notes(sale_id: int) -> str:
    sale = sale_of(sale_id)
    return render_template(
        "notes/_notes.html", noted=notes_of_order(sale.id), form=Form(), me=actor()
    )


@bp.post("/sales/<id:sale_id>/notes")
@allow("clerk")
@submits(NoteIn, again=order_page)
def write_note(wanted: NoteIn, sale_id: int) -> Response:
    add_note(sale_of(sale_id), wanted.text, actor())
    return _to_notes(sale_id)


@bp.post("/sales/<id:sale_id>/notes/<id:note_id>/deletion")
@allow("clerk")
def delete_note(sale_id: int, note_id: int) -> Response:
    remove_note("sale_id", sale_id, note_id, actor())
    return _to_notes(sale_id)
