"""The blueprint that the pages of what came in share."""

from flask import Blueprint

from webapp.incoming import words

bp = Blueprint("incoming", __name__)


@bp.context_processor
def shared() -> dict[str, object]:
    return {"incoming_words": words}
