"""The blueprint that the pages of rules share, and what they have in common."""

from typing import Any

from flask import Blueprint, g, url_for
from flask_babel import gettext as _

from webapp.http.formatting import number_text
from webapp.rules.change_words import change_words
from webapp.rules.core.sentence import rule_name
from webapp.rules.drafting import Author, changes_of
from webapp.rules.labels import (
    CHANGE_KINDS,
    EVENT_LABELS,
    SCOPE_LABELS,
    kinds_text,
    validity,
)
from webapp.rules.queries import open_draft

bp = Blueprint("rules", __name__)


@bp.context_processor
def words() -> dict[str, Any]:
    return {
        "scopes": SCOPE_LABELS,
        "events": EVENT_LABELS,
        "change_kinds": CHANGE_KINDS,
        "change_words": change_words,
        "validity": validity,
        "rule_name": rule_name,
        "kinds_text": kinds_text,
        "rule_tabs": tabs,
    }


def author() -> Author:
    """The person signed in."""
    return Author(g.identity.user.id, g.identity.user.name)


def tabs(active: str) -> list[dict[str, Any]]:
    """The pages of rules; `active` is the endpoint's name."""
    draft = open_draft()
    count = number_text(len(changes_of(draft))) if draft else None
    return [
        {
            "label": label,
            "href": url_for(f"rules.{name}"),
            "active": name == active,
            "count": count if name == "draft" else None,
        }
        for name, label in (
            ("index", _("In force")),
            ("draft", _("Draft")),
            ("versions", _("Versions")),
        )
    ]
