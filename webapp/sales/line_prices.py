"""What the lines of a sale may cost beside the catalog, and still may when it is changed."""

from collections.abc import Container, Mapping
from decimal import Decimal

from flask_babel import gettext as _

from webapp.platform.errors import FieldError, Invalid
from webapp.sales.models import Below, Sale, SaleLine
from webapp.store.price_rights import PriceRights

# Product and unit price of a line; a SKU may be another product's by now.
Price = tuple[int, Decimal]


def held_prices(sale: Sale) -> dict[Price, Decimal | None]:
    """What each of its lines was sold at, and the catalog's own price then."""
    return {(line.product_id, line.unit_price): line.catalog_price for line in sale.lines}


def keep_catalog_prices(lines: list[SaleLine], held: Mapping[Price, Decimal | None]) -> None:
    """Who leaves a line at its price gave nothing away, whatever the catalog says by now."""
    for line in lines:
        price = held.get((line.product_id, line.unit_price), line.catalog_price)
        line.product = line.product | {"price": None if price is None else str(price)}


def granted(sale: Sale) -> Below | None:
    """How far below the catalog it goes without waiting for a manager; None where it waits."""
    return None if sale.needs_approval else sale.below_catalog


def limit_of_change(usual: Decimal | None, below: Below, before: Below | None) -> Decimal | None:
    """How far a changed sale may go: as far as who changed it `usual`ly may, or as was granted
    `before`, in money too."""
    if usual is None or before is None or not below.is_within(before):
        return usual
    return max(usual, below.percent)


def explained(
    rights: PriceRights, lines: list[SaleLine], held: Container[Price] = ()
) -> list[SaleLine]:
    """The lines whose price somebody typed over, each with its reason. Raises Invalid for each that
    lacks one, where `rights` ask for it."""
    typed_over = [
        line
        for line in lines
        if line.unit_price != line.catalog_price and (line.product_id, line.unit_price) not in held
    ]
    errors = [
        FieldError(
            f"lines.{line.position - 1}.price_reason",
            _("Say why the price of %(sku)s is another than the catalog's.", sku=line.sku),
        )
        for line in typed_over
        if rights.says_why and not line.price_reason
    ]
    if errors:
        raise Invalid(errors)
    return [line for line in typed_over if line.price_reason]


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
        if line.unit_price != line.catalog_price and (line.product_id, line.unit_price) not in held
    ]
    if errors:
        raise Invalid(errors)
