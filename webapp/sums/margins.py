"""What is left of an order once all that it cost is paid."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import Select, func, literal, select, union_all

from webapp.fulfilment.commissions.models import Commission
from webapp.fulfilment.labels.models import Label
from webapp.fulfilment.labels.queries import IS_PAID
from webapp.fulfilment.parcels.models import PackingSlip
from webapp.fulfilment.royalties.models import RoyaltySlip
from webapp.payments.fees import Fee, fees_of
from webapp.platform.database import db
from webapp.platform.money import ZERO, share_in_percent
from webapp.sales.models import Sale


class Margin(NamedTuple):
    """`net`: what the buyer paid and was not given back. `cost`: of the units that were not given
    back, by what their products cost when they were sold. `freight`: what its labels cost; where
    none was bought, what the buyer paid for it, which goes to the carrier. `fee`: what the payment
    cost. `lacks_cost`, `lacks_fee`: of some of it nobody knows, so that the margin is less."""

    net: Decimal
    cost: Decimal
    freight: Decimal
    commission: Decimal
    royalty: Decimal
    fee: Decimal
    lacks_cost: bool
    lacks_fee: bool

    @property
    def amount(self) -> Decimal:
        costs = self.cost + self.freight + self.commission + self.royalty + self.fee
        return self.net - costs

    @property
    def percent(self) -> Decimal:
        return share_in_percent(self.amount, self.net) if self.net else ZERO

    @property
    def is_whole(self) -> bool:
        return not (self.lacks_cost or self.lacks_fee)


def margins_of(sales: Sequence[Sale]) -> dict[int, Margin]:
    """By id, of sales whose lines are loaded, in three statements; of those that were paid and not
    cancelled."""
    counted = [sale for sale in sales if sale.is_bought]
    if not counted:
        return {}
    earned, fees = _earned([sale.id for sale in counted]), fees_of(counted)
    return {sale.id: _margin(sale, earned[sale.id], fees[sale.id]) for sale in counted}


def _margin(sale: Sale, earned: dict[str, Decimal], fee: Fee) -> Margin:
    left = [line for line in sale.lines if line.left]
    costs = [line.cost and line.cost * line.left for line in left]
    return Margin(
        net=sale.total - sale.refunded_amount,
        cost=sum((cost for cost in costs if cost), ZERO),
        freight=earned.get("freight", sale.freight),
        commission=earned.get("commission", ZERO),
        royalty=earned.get("royalty", ZERO),
        fee=fee.amount or ZERO,
        lacks_cost=any(line.cost is None for line in left),
        lacks_fee=fee.amount is None,
    )


def _earned(ids: list[int]) -> dict[int, dict[str, Decimal]]:
    """What others earn of each, reversals taken off, and what was paid for labels."""

    def part(name: str, model: Any) -> Select[Any]:
        query = select(literal(name), model.sale_id, func.sum(model.amount))
        return query.where(model.sale_id.in_(ids)).group_by(model.sale_id)

    found: dict[int, dict[str, Decimal]] = defaultdict(dict)
    labels = select(literal("freight"), PackingSlip.sale_id, func.sum(Label.price))
    labels = labels.join(Label.slip).where(PackingSlip.sale_id.in_(ids), IS_PAID)
    parts = part("commission", Commission), part("royalty", RoyaltySlip)
    query: Any = union_all(*parts, labels.group_by(PackingSlip.sale_id))
    for name, sale_id, amount in db.session.execute(query):
        found[sale_id][name] = amount
    return found
