"""The blueprint that the pages of taxes share."""

from flask import Blueprint, request, url_for
from flask_babel import lazy_gettext as _l

from webapp.taxation import words

bp = Blueprint("taxation", __name__)
TABS = (
    (_l("Tax profiles"), "taxation.index"),
    (_l("Rates of the states"), "taxation.rates"),
    (_l("Fiscal calendar"), "taxation.calendar"),
    (_l("What changes"), "rehearsals.index"),
)


@bp.context_processor
def shared() -> dict[str, object]:
    return {
        "tax_words": words,
        "tax_tabs": [
            {
                "label": label,
                "href": url_for(endpoint),
                "active": request.path.startswith(url_for(endpoint)),
            }
            for label, endpoint in TABS
        ],
    }
