"""The list of tax profiles as a declaration."""

from typing import Any

from flask_babel import lazy_gettext as _l

from webapp.http.lists import Order
from webapp.taxation import words
from webapp.taxation.models import TaxProfileVersion
from webapp.taxation.queries import profiles, shop_regime
from webapp.web.listings import Cell, Listing


def _field(label: Any, name: str) -> Cell:
    return Cell(label, lambda version: getattr(version, name))


def _words(label: Any, name: str, meanings: dict[str, Any]) -> Cell:
    return Cell(label, lambda version: str(meanings[getattr(version, name)]))


TAX_PROFILES = Listing(
    name="tax-profiles",
    label=_l("Tax profiles"),
    endpoint="taxation.index",
    rows=lambda _asked: profiles(shop_regime()),
    orders={
        "code": Order((TaxProfileVersion.code, TaxProfileVersion.id)),
        "from": Order((TaxProfileVersion.valid_from, TaxProfileVersion.id), down=True),
    },
    cells=(
        _field(_l("Code"), "code"),
        _field(_l("Profile"), "name"),
        _field(_l("Version"), "number"),
        _field(_l("Valid from"), "valid_from"),
        _words(_l("Nature of the operation"), "nature", words.NATURES),
        _words(_l("ICMS"), "regime", words.REGIMES),
        _field("CSOSN / CST", "icms"),
        _field(_l("CST of PIS/COFINS"), "pis_cofins"),
        _field(_l("Class of IBS/CBS (cClassTrib)"), "ibs_cbs_class"),
        _field("CEST", "cest"),
        Cell(_l("Status"), lambda version: str(words.STATES[version.state][0])),
    ),
)
