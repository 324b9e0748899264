"""A month's commissions as the cells of a spreadsheet."""

from collections.abc import Iterator

from webapp.fulfilment.commissions.models import Commission
from webapp.fulfilment.commissions.payments import Settlement, settlements
from webapp.fulfilment.commissions.queries import paid_agents
from webapp.http.formatting import shop_day
from webapp.platform.database import db


def commission_cells(month: str) -> Iterator[list]:
    """A line for each agent."""
    by_agent = settlements(month)
    for row in db.session.scalars(paid_agents(month).order_by(Commission.agent_code)):
        settlement = by_agent[row.agent_code]
        paid_on = _paid_on(settlement)
        yield [
            row.agent_code,
            row.agent_name,
            month,
            settlement.total.sales,
            settlement.total.sold,
            settlement.total.commission,
            settlement.paid,
            paid_on,
            settlement.left,
        ]


def _paid_on(settlement: Settlement) -> str:
    return shop_day(settlement.payment.paid_at).isoformat() if settlement.payment else ""
