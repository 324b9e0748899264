"""What a line takes from stock: its own product, or the parts of a kit as they were when it was
sold. Whatever moves stock for a line moves these."""

from collections import Counter
from collections.abc import Iterable
from operator import attrgetter
from typing import NamedTuple

from flask_babel import gettext as _

from webapp.catalog.models import in_kit
from webapp.sales.models import SaleLine

_BY_PRODUCT = attrgetter("product_id")


class Units(NamedTuple):
    """So many of one product, for a line; `kit`: the SKU of the kit that they are parts of."""

    product_id: int
    sku: str
    many: int
    kit: str = ""

    def reason(self, reason: str) -> str:
        """As a movement of them keeps it."""
        return in_kit(self.kit, reason) if self.kit else reason


def units_of(line: SaleLine, quantity: int | None = None) -> list[Units]:
    """Of so many of the line, or all of it. What keeps no stock takes none."""
    if not line.kind.is_goods:
        return []
    lines = line.quantity if quantity is None else quantity
    parts = line.product.get("parts")
    if parts is None:
        return [Units(line.product_id, line.sku, lines)]
    return [Units(part["id"], part["sku"], part["quantity"] * lines, line.sku) for part in parts]


def in_order(units: Iterable[Units]) -> list[Units]:
    """As everybody locks products: by their id."""
    return sorted(units, key=_BY_PRODUCT)


def too_few_parts(units: Units, left: str) -> str:
    """`left`: what is left of the part, in words."""
    return _(
        "The kit %(kit)s needs %(count)s of %(part)s. %(left)s",
        kit=units.kit,
        count=units.many,
        part=units.sku,
        left=left,
    )


def by_product(lines: Iterable[SaleLine]) -> Counter[int]:
    """All that the lines take, by the product's id."""
    taken = Counter[int]()
    for line in lines:
        for units in units_of(line):
            taken[units.product_id] += units.many
    return taken
