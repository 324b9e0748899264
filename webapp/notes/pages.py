"""Whom a note may mention."""

from flask import Blueprint, render_template

from webapp.notes.queries import colleagues
from webapp.notes.writing import READERS
from webapp.staff.access import allow

bp = Blueprint("notes", __name__)


@bp.get("/notes/people")
@allow("clerk")
def people() -> str:
    return render_template("notes/_people.html", people=colleagues(READERS))
