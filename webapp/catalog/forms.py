"""The shapes of a product, of a change of its stock and of what is asked of their list."""

import re
import unicodedata
from typing import Annotated

from flask_babel import lazy_gettext as _l
from flask_babel import lazy_ngettext
from pydantic import AfterValidator, Field, model_validator

from webapp.catalog.models import Kind
from webapp.fiscal.digits import has_length_of_gtin, is_gtin, is_gtin_given_out
from webapp.http.filters import ListQuery
from webapp.http.forms import (
    BlankIsNone,
    FieldRefused,
    Flag,
    LongText,
    Money,
    Percent,
    Shape,
    Text,
    Whole,
    example,
)
from webapp.http.patches import partial

MAX_STOCK = 9_999_999
_NCM = re.compile(r"[0-9]{8}", re.ASCII)
_TOO_FEW_FOR_NCM = re.compile(r"[0-9]{1,7}", re.ASCII)
# It stands in addresses, so nothing that means something there; "." and ".." are steps of a path.
_SKU = re.compile(r"(?!\.{1,2}$)[^\s/?#%\\]{1,60}")
_ISBN_10 = re.compile(r"[0-9]{9}[0-9X]", re.ASCII)


def _sku(written: str) -> str:
    """Full-width and other styled letters become plain ones: they only look different."""
    written = unicodedata.normalize("NFKC", written)
    if not _SKU.fullmatch(written):
        raise ValueError(_l("Use up to 60 letters, digits and signs, without spaces or slashes."))
    return written


def _ncm(written: str) -> str:
    bare = written.replace(".", "")
    if bare and not _NCM.fullmatch(bare):
        if _TOO_FEW_FOR_NCM.fullmatch(bare):
            raise ValueError(
                lazy_ngettext(
                    "The NCM has 8 digits; %(num)s is missing.",
                    "The NCM has 8 digits; %(num)s are missing.",
                    8 - len(bare),
                )
            )
        raise ValueError(_l("The NCM has 8 digits."))
    return bare


def _gtin(written: str) -> str:
    if written and not has_length_of_gtin(written):
        raise ValueError(
            _l("A bar code has 8, 12, 13 or 14 digits and nothing else; leave it blank without.")
        )
    if written and not is_gtin(written):
        raise ValueError(
            _l(
                "The bar code's last digit does not fit; type it again from the package, or leave "
                "it blank."
            )
        )
    if written and not is_gtin_given_out(written):
        raise ValueError(
            _l(
                "This bar code is a shop's own, not a GTIN of its maker, and SEFAZ refuses it; "
                "leave it blank."
            )
        )
    return written


def _isbn(written: str) -> str:
    """ISBN-13, or ISBN-10 (ISO 2108: weights 10 to 1, modulo 11), without its dashes."""
    bare = written.replace("-", "").replace(" ", "").upper()
    if _ISBN_10.fullmatch(bare):
        digits = [10 if char == "X" else int(char) for char in bare]
        fits = (
            sum(weight * digit for weight, digit in zip(range(10, 0, -1), digits, strict=True)) % 11
            == 0
        )
    else:
        fits = len(bare) == 13 and is_gtin(bare)
    if bare and not fits:
        raise ValueError(
            _l(
                "This is not an ISBN: its last digit does not fit. Type it again, or leave it "
                "blank."
            )
        )
    return bare


def _origin(written: str) -> str:
    if written not in set("012345678"):
        raise ValueError(_l("The origin is one digit from 0 to 8."))
    return written


def _url(written: str) -> str:
    if written and not written.startswith(("https://", "http://")):
        raise ValueError(_l("Write the whole address, beginning with https://."))
    return written


Supplier = Annotated[str, Text(80)]
Category = Annotated[str, Text(60)]
ProfileCode = Annotated[str, Text(40)]
Ncm = Annotated[str, Field(strict=True, max_length=20), AfterValidator(_ncm)]
Stock = Annotated[int, Whole(0, MAX_STOCK)]
StockChange = Annotated[int, Whole(-MAX_STOCK, MAX_STOCK)]
Months = Annotated[int, Whole(0, 1200)]
MAX_PARTS, MAX_OF_PART = 50, 999


class KitPartIn(Shape):
    sku: Annotated[str, Text(200, required=True)]
    quantity: Annotated[int, Whole(1, MAX_OF_PART)] = 1


class ProductIn(Shape):
    model_config = example(
        {
            "sku": "LV-0002",
            "name": "Travessias",
            "kind": "book",
            "price": "89.90",
            "stock": 12,
            "author": "Lívia Moraes",
            "royalty_percent": "10.00",
            "weight_g": 420,
        }
    )

    sku: Annotated[str, Text(200, required=True), AfterValidator(_sku)]
    name: Annotated[str, Text(120, required=True)]
    kind: Kind
    price: Money
    stock: Annotated[Stock | None, BlankIsNone] = None
    supplier: Supplier = ""
    category: Category = ""
    shelf: Annotated[str, Text(20)] = ""
    description: Annotated[str, LongText(5000)] = ""
    specifications: Annotated[str, LongText(5000)] = ""
    warranty_months: Annotated[Months | None, BlankIsNone] = None
    ncm: Ncm = ""
    gtin: Annotated[str, Field(strict=True, max_length=20), AfterValidator(_gtin)] = ""
    origin: Annotated[str, Field(strict=True), AfterValidator(_origin)] = "0"
    unit: Annotated[str, Text(6, required=True)] = "UN"
    weight_g: Annotated[int, Whole(0, 10_000_000)] = 0
    cost: Annotated[Money | None, BlankIsNone] = None
    low_stock: Annotated[Stock | None, BlankIsNone] = None
    # Left out: goods go on the NF-e, the others do not.
    on_nfe: Annotated[Flag | None, BlankIsNone] = None
    # Blank: that of its category, else the shop's.
    tax_profile: ProfileCode = ""
    royalty_percent: Annotated[Percent | None, BlankIsNone] = None
    author: Annotated[str, Text(80)] = ""
    isbn: Annotated[str, Text(20), AfterValidator(_isbn)] = ""
    video_url: Annotated[str, Text(500), AfterValidator(_url)] = ""
    plan: Annotated[str, Text(40)] = ""
    # Those of a kit. Left out: as they are.
    parts: Annotated[list[KitPartIn], Field(max_length=MAX_PARTS)] | None = None

    @model_validator(mode="after")
    def kinds_and_what_they_need(self):
        if self.parts and not self.kind.is_goods:
            raise FieldRefused("kind", _l("A kit is goods: choose a kind that ships."))
        if self.parts and self.stock:
            raise FieldRefused("stock", _l("A kit keeps no stock of its own; its parts do."))
        if self.stock is not None and not self.kind.is_goods:
            raise FieldRefused("stock", _l("Only goods keep stock; this kind does not."))
        return self


ProductPatch = partial(ProductIn)


class TaxFactsIn(Shape):
    """What many products are given at once; a field left blank stays as each has it."""

    ncm: Ncm = ""
    tax_profile: ProfileCode = ""

    @model_validator(mode="after")
    def something(self):
        if not (self.ncm or self.tax_profile):
            raise FieldRefused("ncm", _l("Write an NCM or choose a tax profile."))
        return self


class ProductQuery(ListQuery):
    q: str = ""
    kind: Kind | None = None


class StockIn(Shape):
    """Either the new stock or the change."""

    model_config = example({"change": -2, "reason": "two copies were damaged"}, {"set": 5})

    set: Annotated[Stock | None, BlankIsNone] = None
    change: Annotated[StockChange | None, BlankIsNone] = None
    reason: Annotated[str, Text(200)] = ""

    @model_validator(mode="after")
    def one_of_both(self):
        if (self.set is None) == (self.change is None):
            raise FieldRefused("set", _l("Send either the new stock or the change."))
        return self


class StockFormIn(StockIn):
    """A person's change, with the stock that stood on the screen."""

    seen: Annotated[Stock | None, BlankIsNone] = None


class CellIn(Shape):
    """One fact of a product as it is typed in a cell, and what stood there before."""

    value: str = ""
    seen: str = ""


class RowIn(Shape):
    """Price and stock as edited in a row of the list."""

    price: Money
    stock: Annotated[Stock | None, BlankIsNone] = None
    seen: Annotated[Stock | None, BlankIsNone] = None
