"""The shapes of a batch: what is changed, of which products, and how the page asks it."""

import enum
import re
from decimal import Decimal
from typing import Annotated, Any, Literal

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from pydantic import AfterValidator, Field, model_validator

from webapp.catalog.filters import ProductFilter
from webapp.catalog.forms import Category, Ncm, ProfileCode, Stock, Supplier
from webapp.http.forms import (
    BlankIsNone,
    FieldRefused,
    Flag,
    Money,
    Shape,
    SignedMoney,
    SignedPercent,
    Text,
    example,
    parse,
)
from webapp.platform.money import ZERO
from webapp.platform.whole import MAX_ID

MOST_IDS = 10_000
_ENDING = re.compile(r"(?:0?[.,])?([0-9]{2})", re.ASCII)


def _ending(written: str) -> str:
    found = _ENDING.fullmatch(written)
    if written and not found:
        raise ValueError(_l("Write the cents that prices end in, like 90."))
    return found[1] if found else ""


class What(enum.StrEnum):
    """Of what a batch can change, one."""

    PRICE_PERCENT = "price_percent"
    PRICE_AMOUNT = "price_amount"
    PRICE = "price"
    CATEGORY = "category"
    SUPPLIER = "supplier"
    TAX_PROFILE = "tax_profile"
    NCM = "ncm"
    LOW_STOCK = "low_stock"
    ARCHIVED = "archived"

    @property
    def label(self) -> LazyString:
        return _WHAT_LABELS[self]


_WHAT_LABELS = {
    What.PRICE_PERCENT: _l("Price, by a percentage"),
    What.PRICE_AMOUNT: _l("Price, by an amount"),
    What.PRICE: _l("Price, to one value"),
    What.CATEGORY: _l("Category"),
    What.SUPPLIER: _l("Supplier"),
    What.TAX_PROFILE: _l("Tax profile"),
    What.NCM: _l("NCM"),
    What.LOW_STOCK: _l("Minimum stock"),
    What.ARCHIVED: _l("Archive or bring back"),
}


class ChangeIn(Shape):
    """One of these, and no more. `price_percent` and `price_amount` may be below zero;
    `price_ending` are the cents that the new price ends in, the nearest such amount; text that is
    blank, or a `low_stock` of null, takes away what is there."""

    model_config = example({"price_percent": "-10.00", "price_ending": "90"}, {"category": "Chás"})

    price_percent: SignedPercent = ZERO
    price_amount: SignedMoney = ZERO
    price: Money = ZERO
    price_ending: Annotated[str, Text(4), AfterValidator(_ending)] = ""
    category: Category = ""
    supplier: Supplier = ""
    tax_profile: ProfileCode = ""
    ncm: Ncm = ""
    low_stock: Annotated[Stock | None, BlankIsNone] = None
    archived: Flag = False

    @model_validator(mode="after")
    def one_change(self):
        told = self.model_fields_set - {"price_ending"}
        if len(told) != 1:
            raise FieldRefused("", _l("Say one thing that is to be changed."))
        if self.price_ending and not told <= {"price_percent", "price_amount"}:
            raise FieldRefused("price_ending", _l("Only a price that is reckoned has an ending."))
        return self

    @property
    def to_keep(self) -> dict[str, Any]:
        """As a batch keeps it."""
        told = self.model_dump(include=self.model_fields_set)
        if not told.get("price_ending", True):
            del told["price_ending"]
        return {
            name: str(value) if isinstance(value, Decimal) else value
            for name, value in told.items()
        }


Id = Annotated[int, Field(strict=True, ge=1, le=MAX_ID)]
Sku = Annotated[str, Text(200, required=True)]


class BatchIn(Shape):
    """`ids`: products by their SKU, or by their id. `filter`: all that fit it now."""

    model_config = example(
        {"of": "products", "filter": {"view": "all"}, "change": {"price_percent": "5.00"}}
    )

    of: Literal["products"]
    filter: ProductFilter | None = None
    ids: Annotated[list[Id | Sku], Field(min_length=1, max_length=MOST_IDS)] | None = None
    change: ChangeIn
    name: Annotated[str, Text(120)] = ""

    @model_validator(mode="after")
    def one_choice(self):
        if (self.filter is None) == (self.ids is None):
            raise FieldRefused("filter", _l("Send either a filter or ids."))
        return self


class BatchFormIn(Shape):
    """What a person fills in: the fields of all changes, of which `what` names the one that is
    meant. `ids`: those that were marked, with commas between; `filter`: the list's address."""

    what: What
    price_percent: str = ""
    price_amount: str = ""
    price: str = ""
    price_ending: str = ""
    category: str = ""
    supplier: str = ""
    tax_profile: str = ""
    ncm: str = ""
    low_stock: str = ""
    archived: str = ""
    name: Annotated[str, Text(120)] = ""
    ids: str = ""
    filter: str = ""

    def change(self) -> ChangeIn:
        """Raises Invalid."""
        told: dict[str, str] = {str(self.what): getattr(self, self.what)}
        if self.what in (What.PRICE_PERCENT, What.PRICE_AMOUNT):
            told["price_ending"] = self.price_ending
        return parse(ChangeIn, told, form=True)
