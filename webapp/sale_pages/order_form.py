"""A sale while it is typed: its lines, its address and its totals, before anything is written."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select

from webapp.addresses.answer import PostalAnswer
from webapp.addresses.parts import PARTS
from webapp.catalog.models import Product
from webapp.customers.models import Customer
from webapp.http.forms import Form, Money, Shape, parse
from webapp.platform.cep import format_cep
from webapp.platform.database import db
from webapp.platform.errors import Invalid
from webapp.platform.money import ZERO
from webapp.sales.forms import MAX_LINES, LineIn, SaleIn
from webapp.sales.models import Sale
from webapp.sales.placing import sale_line

# What the page sends beside the sale itself.
BESIDES = frozenset(
    ("csrf_token", "form_key", "version", "do", "sale_id", "customer_search", "known_zip_code")
)
LINE_PARTS = ("sku", "quantity", "unit_price")
_LINE = re.compile(r"lines\.([0-9]{1,6})\.(sku|quantity|unit_price)", re.ASCII)


class SaleForm(Form):
    """The form of a sale. Its lines are numbered from 0 without gaps, so that an error finds the
    line it is about."""

    def __init__(self, values: Mapping[str, str], shape: type[Shape] = SaleIn):
        super().__init__(
            {name: value for name, value in values.items() if name not in BESIDES}, shape
        )
        for name in ("freight", "discount"):
            if self.raw_input.get(name) in (None, ""):
                self.raw_input[name] = "0"
        rows: dict[int, dict[str, str]] = {}
        for name in list(self.raw_input):
            if found := _LINE.fullmatch(name):
                rows.setdefault(int(found[1]), {})[found[2]] = self.raw_input.pop(name)
        self.set_lines([rows[number] for number in sorted(rows)])

    @classmethod
    def empty(cls) -> "SaleForm":
        return cls({"channel": "store", "payment_method": "pix", "lines.0.quantity": "1"})

    @property
    def lines(self) -> list[dict[str, str]]:
        return self._lines

    def set_lines(self, lines: list[dict[str, str]]) -> None:
        self._lines = lines[:MAX_LINES] or [{"quantity": "1"}]
        self.raw_input = {
            name: value for name, value in self.raw_input.items() if not name.startswith("lines.")
        }
        for number, line in enumerate(self._lines):
            self.raw_input |= {f"lines.{number}.{part}": line.get(part, "") for part in LINE_PARTS}

    def parse(self) -> SaleIn:
        """A line without product is one that nobody filled, unless it is the only one."""
        self.set_lines([line for line in self._lines if line.get("sku", "").strip()])
        return super().parse()

    def add_line(self) -> None:
        self.set_lines([*self._lines, {"quantity": "1"}])

    def remove_line(self, number: int) -> None:
        self.set_lines([line for index, line in enumerate(self._lines) if index != number])

    def take_customer(self, customer: Customer) -> None:
        """The customer as the shop keeps them, with their address."""
        for fact in ("name", "document", "email", "phone"):
            self.raw_input[f"customer.{fact}"] = getattr(customer, fact)
        for part in PARTS:
            self.raw_input[f"address.{part}"] = getattr(customer, part)

    def take_address(self, answer: PostalAnswer, before: str) -> None:
        """Fills blanks; another CEP than `before` brings its own street, and the number was of the
        other one."""
        changed = bool(before) and before != answer.cep
        for part in ("street", "neighborhood", "city", "state"):
            if changed or not self.value(f"address.{part}"):
                self.raw_input[f"address.{part}"] = getattr(answer, part)
        if changed:
            self.raw_input["address.number"] = self.raw_input["address.complement"] = ""
        self.raw_input["address.zip_code"] = format_cep(answer.cep)


class _Amount(Shape):
    amount: Money = ZERO


@dataclass(frozen=True)
class SaleTotals:
    """What the shop would charge; `lines` are each line's total (None where it cannot be told
    yet)."""

    lines: list[Decimal | None]
    products: Decimal
    discount: Decimal
    freight: Decimal
    total: Decimal
    note: Decimal


def totals_of(form: SaleForm) -> SaleTotals:
    """Worked out as the sale itself would be, from those parts that can be read already. Writes
    nothing."""
    wanted = [_line(line) for line in form.lines]
    skus = {line.sku for line in wanted if line}
    products = {
        product.sku: product
        for product in db.session.scalars(select(Product).where(Product.sku.in_(skus)))
    }
    made = [
        sale_line(number, products[line.sku], line.quantity, line.unit_price)
        if line and line.sku in products
        else None
        for number, line in enumerate(wanted, 1)
    ]
    lines = [line for line in made if line]
    gross = sum((line.gross for line in lines), ZERO)
    sale = Sale(
        lines=lines,
        discount=min(_amount(form, "discount"), gross),
        freight=_amount(form, "freight"),
    )
    sale.price()
    return SaleTotals(
        [line.total if line else None for line in made],
        gross,
        sale.discount,
        sale.freight,
        sale.total,
        sale.note_total,
    )


def _line(typed: dict[str, str]) -> LineIn | None:
    try:
        return parse(LineIn, typed, form=True)
    except Invalid:
        return None


def _amount(form: SaleForm, name: str) -> Decimal:
    try:
        return parse(_Amount, {"amount": form.value(name) or "0"}, form=True).amount
    except Invalid:
        return ZERO
