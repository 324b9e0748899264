"""What the lines of a sale may cost beside the catalog."""

from collections.abc import Container
from decimal import Decimal

from flask_babel import gettext as _

from webapp.platform.errors import FieldError, Invalid
from webapp.sales.models import SaleLine
from webapp.store.price_rights import PriceRights

# SKU and unit price of a line.
Price = tuple[str, Decimal]


def refuse_strange_prices(
    rights: PriceRights, lines: list[SaleLine], held: Container[Price] = ()
) -> None:
    """Raises Invalid for each price that is neither the catalog's nor was `held` before, where
    `rights` know no other."""
    if rights.sets_prices:
        return
    message = _(
        "Prices are the catalog's for your role. Leave it blank, or take the item out and add "
        "it again."
    )
    errors = [
        FieldError(f"lines.{line.position - 1}.unit_price", message)
        for line in lines
        if line.unit_price != line.catalog_price and (line.sku, line.unit_price) not in held
    ]
    if errors:
        raise Invalid(errors)
