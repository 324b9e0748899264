"""The API described for programs and for people."""

from typing import Any

from flask import Blueprint, Response, current_app, jsonify, render_template

from webapp.http.localization import locale
from webapp.staff.access import anyone
from webapp.web.openapi import calls_of, document

bp = Blueprint("docs", __name__, url_prefix="/api")


def api_document() -> dict[str, Any]:
    """In the reader's language; made once for each."""
    made: dict[str, dict[str, Any]] = current_app.extensions.setdefault("api_documents", {})
    language = locale()
    if language not in made:
        made[language] = document(calls_of(current_app))
    return made[language]


@bp.get("/openapi.json")
@anyone
def openapi_json() -> Response:
    return jsonify(api_document())


@bp.get("/docs")
@anyone
def page() -> str:
    address = current_app.extensions["settings"].public_url
    return render_template("docs/page.html", api=api_document(), address=address)
