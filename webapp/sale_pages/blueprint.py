"""The blueprint that the pages of sales share; `webapp.sale_pages.pages` gathers them."""

from functools import partial

from flask import Blueprint, redirect, url_for
from werkzeug.wrappers import Response

from webapp.notes.queries import latest_notes

bp = Blueprint("sales", __name__)


@bp.context_processor
def shared() -> dict[str, object]:
    return {"notes_of_order": notes_of_order}


def notes_of_order(sale_id: int) -> dict[str, object]:
    """As templates/notes/_notes.html takes it."""
    return {
        "kind": "sale",
        "id": sale_id,
        "notes": latest_notes(sale_id=sale_id),
        "url": url_for("sales.notes", sale_id=sale_id),
        "write": url_for("sales.write_note", sale_id=sale_id),
        "remove": partial(_removal, sale_id),
        "closed": False,
    }


def _removal(sale_id: int, note_id: int) -> str:
    return url_for("sales.delete_note", sale_id=sale_id, note_id=note_id)


def to_order(sale_id: int, **_values: object) -> Response:
    return redirect(url_for("sales.page", sale_id=sale_id), 303)
