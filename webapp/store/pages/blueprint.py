"""The blueprint that the settings' pages share, and the way from one to the other."""

from flask import Blueprint, url_for
from flask_babel import lazy_gettext as _l

bp = Blueprint("store", __name__)
TABS = {
    "store.settings_page": _l("Company and shop"),
    "store.numbering_page": _l("Numbering"),
    "store.official_page": _l("Official tables"),
    "partners.index": _l("Partners"),
    "labels.settings_page": _l("Labels"),
    "alerts.limits_page": _l("Alerts"),
}


def settings_tabs(chosen: str) -> list[dict[str, object]]:
    """As `lists.tabs` takes them."""
    return [
        {"label": label, "href": url_for(endpoint), "active": endpoint == chosen}
        for endpoint, label in TABS.items()
    ]
