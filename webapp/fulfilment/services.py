"""A month's commissions and royalties as files for a spreadsheet, as those of the reader's country read them: semicolons
and a decimal comma in Brazil."""

import csv
import io
from collections.abc import Iterable
from decimal import Decimal

from webapp.extensions import db
from webapp.fulfilment.models import Commission, RoyaltySlip
from webapp.fulfilment.months import author_totals, paid_agents, royalty_slips
from webapp.fulfilment.payments import settlements

# A spreadsheet takes a cell that begins so for a formula.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def commissions_csv(month: str, header: list[str], brazilian: bool) -> str:
    """A line for each agent."""
    found = settlements(month)
    agents = db.session.scalars(paid_agents(month).order_by(Commission.agent_code))
    return _csv(header, (_commission_cells(month, row, found[row.agent_code]) for row in agents), brazilian)


def _commission_cells(month: str, row: Commission, found) -> list:
    paid_on = found.payment.paid_at.date().isoformat() if found.payment else ""
    total = found.total
    return [row.agent_code, row.agent_name, month, total.sales, total.sold, total.commission, found.paid, paid_on, found.left]


def royalties_csv(month: str, header: list[str], brazilian: bool) -> str:
    """A line for each author."""
    rows = ([total.author, month, total.copies, total.base, total.amount, total.reversals] for total in author_totals(month))
    return _csv(header, rows, brazilian)


def royalty_slips_csv(month: str, author: str, header: list[str], brazilian: bool) -> str:
    """A line for each slip of one author."""
    slips = db.session.scalars(royalty_slips(month, author).order_by(RoyaltySlip.id).execution_options(yield_per=500))
    rows = (
        [slip.author, month, slip.sale.reference, slip.sku, slip.name, slip.copies, slip.base, slip.percent, slip.amount]
        for slip in slips
    )
    return _csv(header, rows, brazilian)


def _csv(header: list[str], rows: Iterable[list], brazilian: bool) -> str:
    file = io.StringIO()
    writer = csv.writer(file, delimiter=";" if brazilian else ",")
    writer.writerow(header)
    writer.writerows([_cell(cell, brazilian) for cell in row] for row in rows)
    return file.getvalue()


def _cell(value, brazilian: bool):
    if isinstance(value, Decimal):
        return str(value).replace(".", "," if brazilian else ".")
    return "'" + value if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value
