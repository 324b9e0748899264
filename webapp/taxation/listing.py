"""Lists as declarations: tax profiles, categories that take one, the states' own rates."""

from typing import Any

from flask_babel import lazy_gettext as _l

from webapp.http.lists import Order, newest_first
from webapp.taxation import words
from webapp.taxation.models import StateRate, TaxChoice, TaxProfileVersion
from webapp.taxation.queries import category_choices, own_rates, profiles, shop_regime
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
CATEGORY_PROFILES = Listing(
    name="category-profiles",
    label=_l("Profiles of categories"),
    endpoint="taxation.index",
    rows=lambda _asked: category_choices(),
    orders={"name": Order((TaxChoice.name, TaxChoice.id))},
    cells=(_field(_l("Category"), "name"), _field(_l("Profile"), "profile")),
    has_page=False,
)
STATE_RATES = Listing(
    name="state-rates",
    label=_l("Rates of the states"),
    endpoint="taxation.rates",
    rows=lambda _asked: own_rates(),
    orders=newest_first(StateRate.id),
    cells=(
        _field(_l("State"), "state"),
        _field("NCM", "ncm"),
        _field(_l("SKU"), "sku"),
        _field(_l("Valid from"), "valid_from"),
        _field("ICMS", "icms"),
        _field("FCP", "fcp"),
    ),
)
