"""How far below the catalog's prices somebody may sell without a manager."""

from collections.abc import Container
from dataclasses import dataclass
from decimal import Decimal

from flask_babel import gettext as _

from webapp.platform.errors import FieldError, Invalid
from webapp.platform.transactions import reading_ahead
from webapp.sales.models import SaleLine
from webapp.staff.access import Identity
from webapp.staff.models import Role
from webapp.store.queries import the_shop

# SKU and unit price of a line.
Price = tuple[str, Decimal]


@dataclass(frozen=True)
class PriceRights:
    """`limit`: in percent, of the discount and lowered unit prices together; None for none.
    `sets_prices`: whether they may ask for another unit price than the catalog's."""

    limit: Decimal | None = None
    sets_prices: bool = True

    def refuse_strange_prices(self, lines: list[SaleLine], held: Container[Price] = ()) -> None:
        """Raises Invalid for each price that is neither the catalog's nor was `held` before."""
        if self.sets_prices:
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


# A manager's; and a program's, which carries out what the shop has decided: a coupon, a campaign.
UNBOUND = PriceRights()


def price_rights_of(identity: Identity) -> PriceRights:
    """As the shop's settings say for a person's role. Who calls with a token is bound by rules
    alone."""
    if identity.user is None or identity.role not in (Role.CLERK, Role.REVIEWER):
        return UNBOUND
    with reading_ahead():
        shop = the_shop()
    if identity.role is Role.REVIEWER:
        return PriceRights(shop.reviewer_discount_limit)
    return PriceRights(shop.clerk_discount_limit, not shop.clerk_prices_locked)
