"""How far below the catalog's prices somebody may sell without a manager."""

from dataclasses import dataclass
from decimal import Decimal

from webapp.platform.transactions import reading_ahead
from webapp.staff.access import Identity
from webapp.staff.models import Role
from webapp.store.queries import the_shop


@dataclass(frozen=True)
class PriceRights:
    """`limit`: in percent, of the discount and lowered unit prices together; None for none.
    `sets_prices`: whether they may ask for another unit price than the catalog's. `says_why`:
    whether they are asked for the reason of one."""

    limit: Decimal | None = None
    sets_prices: bool = True
    says_why: bool = False

    @property
    def lowers_catalog(self) -> bool:
        """Whether they may lower a product's own price: what they sell is measured by it."""
        return self.limit is None and self.sets_prices


# A program's, which carries out what the shop has decided: a coupon, a campaign.
UNBOUND = PriceRights()


def price_rights_of(identity: Identity) -> PriceRights:
    """As the shop's settings say for a person's role. Who calls with a token is bound by rules
    alone."""
    if identity.user is None:
        return UNBOUND
    if identity.role not in (Role.CLERK, Role.REVIEWER):
        return PriceRights(says_why=True)
    with reading_ahead():
        shop = the_shop()
    if identity.role is Role.REVIEWER:
        return PriceRights(shop.reviewer_discount_limit, says_why=True)
    return PriceRights(shop.clerk_discount_limit, not shop.clerk_prices_locked, says_why=True)
