"""The part of an order's form that is for its NF-e alone, in which payments, packages and
instalments are rows."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from webapp.fiscal.payments import BRANDS
from webapp.http.forms import Shape
from webapp.http.row_forms import RowsForm, Values, is_row_field
from webapp.platform.database import db
from webapp.sales.detail_forms import BillIn, InvoiceDetailsIn, PackageIn, SalePaymentIn
from webapp.sales.invoice_details import brand_name
from webapp.sales.models import BuyerUse, FreightBy, PixKind
from webapp.store.models import PartnerKind
from webapp.store.partners.queries import partners

SHAPES: dict[str, type[Shape]] = {"payments": SalePaymentIn, "packages": PackageIn, "bills": BillIn}
# What is one thing in a sale, and several fields here.
GROUPS = ("marketplace", "billing_address")
Options = list[tuple[str, Any]]
NOTHING = ("", "—")


def is_detail(name: str) -> bool:
    """Whether a field is one of the invoice details."""
    return name.partition(".")[0] in InvoiceDetailsIn.model_fields


class DetailsForm(RowsForm):
    row_parts = {name: tuple(shape.model_fields) for name, shape in SHAPES.items()}

    def __init__(self, values: Mapping[str, Any], shape: type[Shape] = InvoiceDetailsIn):
        super().__init__(values, shape)

    @property
    def has_details(self) -> bool:
        """Whether they are shown open: somebody filled one, asked for a row, or must look at
        one."""
        filled = [name for name in self.raw_input if self.value(name) or is_row_field(name)]
        return any(map(is_detail, (*self.errors, *self.theirs, *filled)))

    def may_be_left_out(self, name: str) -> bool:
        return is_detail(name)

    def tidied(self, values: Values) -> Values:
        """Without the parts of things, too, that nobody filled."""
        values = super().tidied(values)
        for group in GROUPS:
            keys = [key for key in values if key.startswith(f"{group}.")]
            if not any(str(values[key]).strip() for key in keys if key != f"{group}.country"):
                values = {key: value for key, value in values.items() if key not in keys}
        return values


def options_of(members: type[enum.StrEnum]) -> Options:
    return [(str(member), getattr(member, "label", member)) for member in members]


@dataclass(frozen=True)
class OrderChoices:
    """What the selects of the invoice details offer."""

    marketplaces: Options
    carriers: Options
    acquirers: Options

    @classmethod
    def read(cls) -> "OrderChoices":
        known: dict[PartnerKind, Options] = {kind: [NOTHING] for kind in PartnerKind}
        for partner in sorted(db.session.scalars(partners()), key=lambda row: row.name):
            known[partner.kind].append((partner.code, partner.name))
        kinds = (PartnerKind.MARKETPLACE, PartnerKind.CARRIER, PartnerKind.ACQUIRER)
        return cls(*(known[kind] for kind in kinds))

    @property
    def brands(self) -> Options:
        return [NOTHING, *((brand, brand_name(brand)) for brand in BRANDS)]

    @property
    def pix_kinds(self) -> Options:
        return [NOTHING, *options_of(PixKind)]

    @property
    def uses(self) -> Options:
        return [NOTHING, *options_of(BuyerUse)]

    @property
    def payers(self) -> Options:
        return [NOTHING, *options_of(FreightBy)]
