"""A sale while it is typed: its lines, its address and its totals, before anything is written."""

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from flask_babel import gettext as _

from webapp.addresses.answer import PostalAnswer
from webapp.addresses.parts import PARTS, AddressColumns
from webapp.catalog.kits import read_parts, why_not_sold
from webapp.catalog.models import Product, too_few
from webapp.customers.address_filling import fill_address
from webapp.customers.models import Customer
from webapp.http.formatting import as_written
from webapp.http.forms import Form, Money, Shape, parse
from webapp.http.row_forms import rows_of
from webapp.http.row_merging import merge_rows
from webapp.platform.errors import FieldError, Invalid
from webapp.platform.money import ZERO
from webapp.platform.transactions import reading_ahead
from webapp.sale_pages.details_form import DetailsForm
from webapp.sales.forms import COUNTER, MAX_LINES, LineIn, SaleIn, TypedSaleIn
from webapp.sales.line_prices import held_prices, keep_catalog_prices
from webapp.sales.models import Below, Sale, SaleLine
from webapp.sales.placing import as_input, sale_line
from webapp.sales.queries import products_by_code
from webapp.sales.units import by_product, units_of

# What the page sends beside the sale itself.
BESIDES = frozenset(
    (
        "csrf_token",
        "form_key",
        "version",
        "do",
        "sale_id",
        "customer_search",
        "customer_confirmed",
        "known_zip_code",
        "beside",
    )
)
LINE_PARTS = ("sku", "quantity", "unit_price", "price_reason")
# What a line begins with.
BLANK_LINE = {"quantity": "1"}
_LINE = re.compile(rf"lines\.([0-9]{{1,6}})\.({'|'.join(LINE_PARTS)})", re.ASCII)


class SaleForm(DetailsForm):
    """The form of a sale. Its lines are numbered from 0 without gaps, so that an error finds the
    line it is about."""

    def __init__(self, values: Mapping[str, str], shape: type[Shape] = TypedSaleIn):
        super().__init__(
            {name: value for name, value in values.items() if name not in BESIDES}, shape
        )
        # What somebody else saved as the lines, where they differ: words for each.
        self.their_lines: list[str] = []
        for name in ("freight", "discount"):
            if self.raw_input.get(name) in (None, ""):
                self.raw_input[name] = "0"
        rows: dict[int, dict[str, str]] = {}
        for name in list(self.raw_input):
            if found := _LINE.fullmatch(name):
                rows.setdefault(int(found[1]), {})[found[2]] = self.raw_input.pop(name)
        # How the page counts its lines: gaps are those that were taken out there.
        self.numbers = sorted(rows) or [0]
        self.set_lines([rows[number] for number in sorted(rows)])

    @classmethod
    def of(cls, sale: Sale) -> "SaleForm":
        """As the sale stands, with the version that it is of."""
        form = cls(Form.filled(as_written(as_input(sale))).raw_input)
        form.raw_input["version"] = sale.version
        form.begin()
        return form

    def begin(self) -> None:
        values = {name: self.value(name) for name in self.raw_input if name not in BESIDES}
        self.raw_input["begun"] = json.dumps(values)

    def clashes(self, present: Form) -> dict[str, str]:
        """Lines come and go: where they clash, theirs are shown, and taken, as a whole."""
        self.their_lines = []
        if isinstance(present, SaleForm) and self._lines_with(present) is None:
            self.their_lines = [
                f"{quantity} × {sku} ({price})"
                for sku, quantity, price, _why in present.written_lines()
            ]
        return super().clashes(present)

    @property
    def asks(self) -> bool:
        return bool(self.theirs or self.their_lines)

    def take_untouched(self, present: Form) -> None:
        lines = self._lines_with(present) if isinstance(present, SaleForm) else None
        if lines is not None:
            self.set_lines([dict(zip(LINE_PARTS, line, strict=True)) for line in lines])
        super().take_untouched(present)

    def _lines_with(self, present: "SaleForm") -> list[tuple[str, ...]] | None:
        """What both made of the lines; None where they clash."""
        mine, theirs = self.written_lines(), present.written_lines()
        if not self.begun:
            return mine if mine == theirs else None
        return merge_rows(mine, theirs, self._begun_lines())

    def _begun_lines(self) -> list[tuple[str, ...]]:
        begun = self.begun
        return SaleForm(begun).written_lines() if begun else []

    def _compared(self) -> list[str]:
        return [name for name in super()._compared() if not name.startswith("lines.")]

    def written_lines(self) -> list[tuple[str, ...]]:
        """SKU, quantity and unit price of each line, as they stand in the form."""
        return [
            tuple(self.value(f"lines.{number}.{part}") for part in LINE_PARTS)
            for number in range(len(self._lines))
        ]

    @classmethod
    def empty(cls) -> "SaleForm":
        usual = {"channel": COUNTER, "payment_method": "pix", "address.country": "BR"}
        return cls(usual | {f"lines.0.{part}": text for part, text in BLANK_LINE.items()})

    @property
    def lines(self) -> list[dict[str, str]]:
        return self._lines

    def set_lines(self, lines: list[dict[str, str]]) -> None:
        self._lines = lines[:MAX_LINES] or [BLANK_LINE]
        self.raw_input = {
            name: value for name, value in self.raw_input.items() if not name.startswith("lines.")
        }
        for number, line in enumerate(self._lines):
            self.raw_input |= {f"lines.{number}.{part}": line.get(part, "") for part in LINE_PARTS}

    def parse(self) -> SaleIn:
        """A line that nobody touched is left out, unless it is the only one; a bar code
        is taken for its product's SKU. Goods need an address unless they are handed over at the
        counter; what is sent by e-mail does not."""
        self.set_lines([line for line in self._lines if _is_touched(line)])
        self._say_how_it_is_paid()
        with reading_ahead():
            have_goods = self._name_products()
        wanted = super().parse()
        address = wanted.address
        typed = any(address.model_dump(exclude={"country"}).values())
        is_handed_over = wanted.channel == COUNTER and not typed
        if have_goods and address.country == "BR" and not (address.zip_code or is_handed_over):
            message = _("These goods are sent to somebody: write the CEP of the delivery.")
            raise Invalid([FieldError("address.zip_code", message)])
        return wanted

    def _say_how_it_is_paid(self) -> None:
        """Where payments are told one by one, the field above them follows."""
        payments = rows_of(self.raw_input, "payments")
        if payments:
            self.raw_input["payment_method"] = payments[0].get("method", "")

    def _name_products(self) -> bool:
        """Puts the SKU in place of each bar code; whether any product is goods."""
        codes = [line.get("sku", "") for line in self._lines]
        found = products_by_code(codes)
        errors = [
            FieldError(f"lines.{number}.sku", _several(found[code]))
            for number, code in enumerate(codes)
            if len(found.get(code, ())) > 1
        ]
        if errors:
            raise Invalid(errors)
        self.set_lines(
            [
                line | ({"sku": found[code][0].sku} if code in found else {})
                for code, line in zip(codes, self._lines, strict=True)
            ]
        )
        return any(product.kind.is_goods for [product] in found.values())

    def go_on(self) -> None:
        """What Enter does without script: a blank line follows the last one that is filled."""
        if self._lines[-1].get("sku", "").strip():
            self.add_line()

    def add_line(self) -> None:
        self.set_lines([*self._lines, BLANK_LINE])

    def remove_line(self, number: int) -> None:
        self.set_lines([line for index, line in enumerate(self._lines) if index != number])

    def join_lines(self) -> None:
        """One line for each product and price: rules look at each line by itself."""
        codes = [line.get("sku", "") for line in self._lines]
        found = products_by_code(codes)
        joined: dict[tuple[int, Decimal] | int, dict[str, str]] = {}
        for number, (code, line) in enumerate(zip(codes, self._lines, strict=True)):
            wanted, products = _line(line), found.get(code, [])
            alike = (wanted, products[0]) if wanted and len(products) == 1 else None
            key = _product_and_price(*alike) if alike else number
            if wanted and key in joined:
                quantity = int(joined[key]["quantity"]) + wanted.quantity
                joined[key] = joined[key] | {"quantity": str(quantity)}
            else:
                joined[key] = dict(line)
        self.set_lines(list(joined.values()))

    @property
    def is_abroad(self) -> bool:
        return self.value("address.country").upper() not in ("", "BR")

    def take_customer(self, customer: Customer) -> None:
        """The customer as the shop keeps them, with their address."""
        facts = {fact: getattr(customer, fact) for fact in ("name", "document", "email", "phone")}
        for fact, written in as_written(facts).items():
            self.raw_input[f"customer.{fact}"] = written or ""
        places = (place for place in customer.addresses if place.for_delivery)
        self.take_place(next(places, customer))

    def take_place(self, place: AddressColumns | None) -> None:
        """None: it was removed meanwhile."""
        for part in PARTS if place else ():
            self.raw_input[f"address.{part}"] = getattr(place, part)

    def take_address(self, answer: PostalAnswer, before: str) -> None:
        """Fills blanks; another CEP than `before` brings its own street, and the number was of the
        other one."""
        changed = bool(before) and before != answer.cep
        fill_address(self, answer, anew=changed)
        if changed:
            self.raw_input["address.number"] = self.raw_input["address.complement"] = ""


def _is_touched(line: dict[str, str]) -> bool:
    """Whether a person wrote anything in it."""
    written = {part: text.strip() for part, text in line.items()}
    return any(text and text != BLANK_LINE.get(part) for part, text in written.items())


def _several(products: list[Product]) -> str:
    return _(
        "More than one product has this code; write the SKU: %(skus)s.",
        skus=", ".join(product.sku for product in products),
    )


def _problem(code: str, products: list[Product]) -> str:
    if len(products) > 1:
        return _several(products)
    if products and products[0].is_kit:
        return why_not_sold(products[0])
    return "" if products or not code.strip() else _("No product has this SKU, GTIN or ISBN.")


def _product_and_price(line: LineIn, product: Product) -> tuple[int, Decimal]:
    return product.id, product.price if line.unit_price is None else line.unit_price


class _Amount(Shape):
    amount: Money = ZERO


@dataclass(frozen=True)
class LineTotal:
    """`total` is before the discount of the order, so that the column adds up to its products; None
    where it cannot be told yet."""

    total: Decimal | None
    product: Product | None
    # What is wrong with its code, in words.
    problem: str
    # How many there are for this order; None for what keeps no stock.
    available: int | None
    # What is wrong with its quantity, beside the order's other lines of the product.
    shortage: str
    # Whether its price is another than the catalog's, or than it was.
    asks_why: bool


@dataclass(frozen=True)
class SaleTotals:
    """What the shop would charge, and what each line comes to. `below_catalog`: what is not
    asked for of the catalog's prices."""

    lines: list[LineTotal]
    products: Decimal
    discount: Decimal
    freight: Decimal
    total: Decimal
    note: Decimal
    below_catalog: Below
    # SKUs on more than one line, at one price.
    split: list[str]


def totals_of(form: SaleForm, changed: Sale | None = None) -> SaleTotals:
    """Worked out as the sale itself would be, from those parts that can be read already. Writes
    nothing. `changed`: the sale that the form edits."""
    codes = [line.get("sku", "") for line in form.lines]
    found = products_by_code(codes)
    products = [found[code][0] if len(found.get(code, ())) == 1 else None for code in codes]
    read_parts(filter(None, products))
    wanted = [_line(line) for line in form.lines]
    made = [
        sale_line(number, product, line.quantity, line.unit_price) if line and product else None
        for number, (line, product) in enumerate(zip(wanted, products, strict=True), 1)
    ]
    lines = [line for line in made if line]
    if changed:
        keep_catalog_prices(lines, held_prices(changed))
    gross = sum((line.gross for line in lines), ZERO)
    sale = Sale(
        lines=lines,
        discount=min(_amount(form, "discount"), gross),
        freight=_amount(form, "freight"),
    )
    sale.price()
    stock = _Stock(lines, changed)
    alike = Counter((line.product_id, line.sku, line.unit_price) for line in lines)
    return SaleTotals(
        [
            LineTotal(
                line.gross if line else None,
                product,
                _problem(code, found.get(code, [])),
                stock.available(product),
                stock.shortage(product, line),
                bool(line and line.unit_price != line.catalog_price),
            )
            for line, product, code in zip(made, products, codes, strict=True)
        ],
        gross,
        sale.discount,
        sale.freight,
        sale.total,
        sale.note_total,
        sale.below_catalog,
        sorted({sku for (_id, sku, _price), count in alike.items() if count > 1}),
    )


class _Stock:
    """What there is for the lines of an order that is typed; `changed`, when it is edited, holds
    its own goods until they are sold anew."""

    def __init__(self, lines: list[SaleLine], changed: Sale | None):
        self.held, self.wanted = by_product(changed.lines if changed else []), by_product(lines)

    def available(self, product: Product | None) -> int | None:
        return product.available_beside(self.held) if product else None

    def shortage(self, product: Product | None, line: SaleLine | None) -> str:
        """In words; empty where there is enough."""
        if not product or not line:
            return ""
        there = {each.part_id: each.part for each in product.parts} if product.is_kit else {}
        for units in units_of(line):
            its = there.get(units.product_id, product)
            left = (its.stock or 0) + self.held[its.id]
            if self.wanted[its.id] > left:
                return too_few(its.sku, left)
        return ""


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
