"""The part of an order's form that is for its NF-e alone, in which payments, packages and
instalments are rows. Each row's fields are named like payments.0.amount; one that is blank is none.
"""

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from webapp.fiscal.payments import BRANDS
from webapp.http.forms import Form, Shape
from webapp.platform.database import db
from webapp.platform.whole import whole_number
from webapp.sales.detail_forms import BillIn, InvoiceDetailsIn, PackageIn, SalePaymentIn
from webapp.sales.invoice_details import brand_name
from webapp.sales.models import BuyerUse, FreightBy, PixKind
from webapp.store.models import PartnerKind
from webapp.store.partners.queries import partners

SHAPES: dict[str, type[Shape]] = {"payments": SalePaymentIn, "packages": PackageIn, "bills": BillIn}
PARTS = {name: tuple(shape.model_fields) for name, shape in SHAPES.items()}
# What is one thing in a sale, and several fields here.
GROUPS = ("marketplace", "billing_address")
_ROW = re.compile(r"(payments|packages|bills)\.([0-9]{1,6})\.([a-z_]{1,20})", re.ASCII)
Values = dict[str, Any]
Options = list[tuple[str, Any]]
NOTHING = ("", "—")


def rows_of(values: Values, name: str) -> list[Values]:
    """The rows that somebody filled, in their order."""
    rows = _numbered(values, name)
    filled = (rows[number] for number in sorted(rows))
    return [row for row in filled if any(str(value).strip() for value in row.values())]


def _numbered(values: Values, name: str) -> dict[int, Values]:
    rows: dict[int, Values] = {}
    for key, value in values.items():
        found = _ROW.fullmatch(key)
        number = whole_number(found[2]) if found and found[1] == name else None
        if found and number is not None:
            rows.setdefault(number, {})[found[3]] = value
    return rows


def with_rows(values: Values, name: str, rows: list[Values]) -> Values:
    """The same form with these rows, numbered from 0."""
    others = {key: value for key, value in values.items() if not key.startswith(f"{name}.")}
    return others | {
        f"{name}.{number}.{part}": row.get(part, "")
        for number, row in enumerate(rows)
        for part in PARTS[name]
    }


def tidied(values: Values) -> Values:
    """Without the rows, and the parts of things, that nobody filled."""
    for name in PARTS:
        values = with_rows(values, name, rows_of(values, name))
    for group in GROUPS:
        keys = [key for key in values if key.startswith(f"{group}.")]
        if not any(str(values[key]).strip() for key in keys if key != f"{group}.country"):
            values = {key: value for key, value in values.items() if key not in keys}
    return values


def is_detail(name: str) -> bool:
    """Whether a field is one of the invoice details."""
    return name.partition(".")[0] in InvoiceDetailsIn.model_fields


class DetailsForm(Form):
    """What one of two people has not filled is blank there."""

    def __init__(self, values: Mapping[str, Any], shape: type[Shape] = InvoiceDetailsIn):
        super().__init__(values, shape)
        self.raw_input = tidied(self.raw_input)
        # The row that was just asked for, which takes the focus.
        self.added = ""

    def rows(self, name: str) -> int:
        """How many rows of a list the page shows: those filled, or a blank one to begin with."""
        return max(_numbered(self.raw_input, name), default=0) + 1

    def add_row(self, name: str) -> None:
        if name in PARTS:
            rows = rows_of(self.raw_input, name)
            self.raw_input = with_rows(self.raw_input, name, [*rows, {}])
            self.added = f"{name}.{len(rows)}"

    @property
    def has_details(self) -> bool:
        """Whether they are shown open: somebody filled one, asked for a row, or must look at
        one."""
        filled = [name for name in self.raw_input if self.value(name) or _ROW.fullmatch(name)]
        return any(map(is_detail, (*self.errors, *self.theirs, *filled)))

    @property
    def begun(self) -> dict[str, str]:
        begun = super().begun
        blank = dict.fromkeys(filter(is_detail, self.raw_input), "")
        return blank | begun if begun else begun

    def clashes(self, present: Form) -> dict[str, str]:
        for one, other in ((self, present), (present, self)):
            for name in filter(is_detail, other.raw_input):
                one.raw_input.setdefault(name, "")
        return super().clashes(present)

    def parse(self) -> Any:
        self.raw_input = tidied(self.raw_input)
        return super().parse()


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
