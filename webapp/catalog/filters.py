"""What a list of products is narrowed by: the same in an address, in a call and for a batch."""

import enum
from collections.abc import Mapping
from typing import Annotated, Self

from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext
from flask_babel.speaklater import LazyString

from webapp.catalog.models import Kind
from webapp.http.forms import BlankIsNone, Shape, Text, parse
from webapp.http.query import WrongFilter
from webapp.platform.errors import Invalid


class ProductView(enum.StrEnum):
    """`lacks`: an NCM, a GTIN, a weight, a price or a cost. Without a tax profile of its own a
    product has its category's, or the shop's, so that alone is no lack."""

    ALL = "all"
    LOW = "low"
    LACKS = "lacks"
    NO_NCM = "no_ncm"
    NO_GTIN = "no_gtin"
    NO_WEIGHT = "no_weight"
    NO_PRICE = "no_price"
    NO_COST = "no_cost"
    NO_PROFILE = "no_profile"
    ARCHIVED = "archived"

    @property
    def label(self) -> LazyString:
        return VIEW_LABELS[self]


VIEW_LABELS = {
    ProductView.ALL: _l("All"),
    ProductView.LOW: _l("Low stock"),
    ProductView.LACKS: _l("Lacks something"),
    ProductView.NO_NCM: _l("Without NCM"),
    ProductView.NO_GTIN: _l("Without GTIN"),
    ProductView.NO_WEIGHT: _l("Without weight"),
    ProductView.NO_PRICE: _l("Without price"),
    ProductView.NO_COST: _l("Without cost"),
    ProductView.NO_PROFILE: _l("Without a tax profile of its own"),
    ProductView.ARCHIVED: lazy_pgettext("products", "Archived"),
}
# One tab of the list, whose chips lead to the others.
LACKING = (
    ProductView.LACKS,
    ProductView.NO_NCM,
    ProductView.NO_GTIN,
    ProductView.NO_WEIGHT,
    ProductView.NO_PRICE,
    ProductView.NO_COST,
    ProductView.NO_PROFILE,
)


class ProductFilter(Shape):
    """Without a view archived products are meant too. `tax_profile`: the products that have it as
    their own and go on the NF-e."""

    q: str = ""
    kind: Annotated[Kind | None, BlankIsNone] = None
    view: Annotated[ProductView | None, BlankIsNone] = None
    supplier: Annotated[str, Text(80)] = ""
    category: Annotated[str, Text(60)] = ""
    tax_profile: Annotated[str, Text(40)] = ""

    @classmethod
    def of_address(cls, args: Mapping[str, str]) -> Self:
        """Those on sale where the address names no view. Raises WrongFilter."""
        asked = {name: args[name] for name in cls.model_fields if args.get(name)}
        try:
            return parse(cls, {"view": ProductView.ALL} | asked)
        except Invalid as refusal:
            raise WrongFilter(refusal.errors[0].field, args=args) from None

    @property
    def lacks(self) -> bool:
        """Whether they are asked for by what is still to be written."""
        return self.view in LACKING

    @property
    def in_address(self) -> dict[str, str]:
        """What `of_address` reads it from."""
        said = {name: str(value) for name, value in self if value}
        return {
            name: value
            for name, value in said.items()
            if (name, value) != ("view", ProductView.ALL)
        }
