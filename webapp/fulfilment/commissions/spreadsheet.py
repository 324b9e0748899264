"""A month's commissions as the cells of a spreadsheet."""

from collections.abc import Iterator

from webapp.fulfilment.commissions.models import Commission
from webapp.fulfilment.commissions.payments import settlements
from webapp.fulfilment.commissions.queries import paid_agents
from webapp.platform.database import db


def commission_cells(month: str) -> Iterator[list]:
    """A line for each agent."""
    found = settlements(month)
    for row in db.session.scalars(paid_agents(month).order_by(Commission.agent_code)):
        one = found[row.agent_code]
        paid_on = one.payment.paid_at.date().isoformat() if one.payment else ""
        yield [
            row.agent_code,
            row.agent_name,
            month,
            one.total.sales,
            one.total.sold,
            one.total.commission,
            one.paid,
            paid_on,
            one.left,
        ]
