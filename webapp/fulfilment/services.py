"""A month's commissions and royalties line by line, as the cells of a spreadsheet."""

from collections.abc import Iterator

from webapp.fulfilment.models import Commission, RoyaltySlip
from webapp.fulfilment.months import author_totals, paid_agents, royalty_slips
from webapp.fulfilment.payments import settlements
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


def royalty_cells(month: str) -> Iterator[list]:
    """A line for each author."""
    for total in author_totals(month):
        yield [total.author, month, total.copies, total.base, total.amount, total.reversals]


def royalty_slip_cells(month: str, author: str) -> Iterator[list]:
    """A line for each slip of one author."""
    for slip in db.session.scalars(
        royalty_slips(month, author).order_by(RoyaltySlip.id).execution_options(yield_per=500)
    ):
        yield [
            slip.author,
            month,
            slip.sale.reference,
            slip.sku,
            slip.name,
            slip.copies,
            slip.base,
            slip.percent,
            slip.amount,
        ]
