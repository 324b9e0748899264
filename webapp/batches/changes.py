"""What a batch makes of one product: pure, from its columns to the values that they get."""

import datetime as dt
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from webapp.catalog.models import Product
from webapp.platform.money import MAX_MONEY, cents

ONE = Decimal(1)
# The columns that a change writes, by its name; those that are not here bear its name.
FIELD_OF = {"price_percent": "price", "price_amount": "price", "archived": "archived_at"}


class CannotChange(Exception):
    """This product is not changed; the message is a code of webapp.batches.words."""


@dataclass(frozen=True)
class BatchChange:
    """One change as it is kept: `told` by its name in ChangeIn, an `ending` of the cents beside a
    price's."""

    name: str
    told: Any
    ending: str = ""

    @classmethod
    def kept_in(cls, change: dict[str, Any]) -> "BatchChange":
        others = dict(change)
        ending = others.pop("price_ending", "")
        ((name, told),) = others.items()
        return cls(name, told, ending)

    @property
    def field(self) -> str:
        return FIELD_OF.get(self.name, self.name)

    def value_for(self, product: Product, now: dt.datetime) -> Any:
        """Raises CannotChange."""
        if self.field == "price":
            return self._price(product.price)
        if self.name == "archived":
            return (product.archived_at or now) if self.told else None
        if self.name == "low_stock" and product.stock is None:
            raise CannotChange("keeps_no_stock")
        return self.told

    def _price(self, price: Decimal) -> Decimal:
        number = Decimal(self.told)
        if self.name == "price_percent":
            number = cents(price * (100 + number) / 100)
        elif self.name == "price_amount":
            number = price + number
        if number < 0:
            raise CannotChange("below_zero")
        # What is free stays free.
        if self.ending and number:
            number = nearest_ending(number, Decimal(self.ending) / 100)
        if number > MAX_MONEY:
            raise CannotChange("too_large")
        return number


def nearest_ending(price: Decimal, ending: Decimal) -> Decimal:
    """The amount that ends so and is nearest to `price`, the higher one of two; never below
    zero."""
    below = price.to_integral_value(ROUND_FLOOR) + ending
    if below > price:
        below -= ONE
    above = below + ONE
    return cents(below if below >= 0 and price - below < above - price else above)


def written_columns(field: str) -> tuple[str, ...]:
    """Who sets a price also stands for it."""
    return ("price", "price_confirmed") if field == "price" else (field,)


def plain_values(product: Product, field: str) -> dict[str, Any]:
    """As rows of batches keep them."""
    return {name: plain(getattr(product, name)) for name in written_columns(field)}


def plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    return value.isoformat() if isinstance(value, dt.datetime) else value


def unplain(name: str, kept: Any) -> Any:
    if kept is None:
        return None
    if name == "price":
        return Decimal(kept)
    return dt.datetime.fromisoformat(kept) if name == "archived_at" else kept
