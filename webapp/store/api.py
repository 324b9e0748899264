"""The shop as issuer, as JSON."""

from typing import Any

from flask_babel import lazy_gettext as _l

from webapp.http.forms import Shape
from webapp.http.patches import patched
from webapp.platform.database import db
from webapp.store.forms import IssuerIn, IssuerPatch
from webapp.store.queries import the_shop
from webapp.store.settings_edits import issuer_facts, set_issuer
from webapp.store.shapes import IssuerOut
from webapp.web.api import api_blueprint, endpoint

bp = api_blueprint("store")


@endpoint(
    bp,
    "GET",
    "/issuer",
    "admin",
    answer=IssuerOut,
    summary=_l("The shop as the issuer of its NF-e."),
)
def show_issuer() -> dict[str, Any]:
    return issuer_facts(the_shop())


@endpoint(
    bp,
    "PATCH",
    "/issuer",
    "admin",
    body=IssuerPatch,
    answer=IssuerOut,
    summary=_l("Changes the fields that are sent; what they make together must be whole."),
)
def change_issuer(patch: Shape) -> dict[str, Any]:
    shop = the_shop()
    held = issuer_facts(shop)
    if {"city", "state"} & patch.model_fields_set and "ibge" not in patch.model_fields_set:
        # The code is the former city's: it is found anew.
        held["ibge"] = ""
    set_issuer(shop, patched(IssuerIn, held, patch))
    db.session.flush()
    return issuer_facts(shop)
