"""A month's royalties as the cells of a spreadsheet."""

from collections.abc import Iterator

from webapp.fulfilment.royalties.models import RoyaltySlip
from webapp.fulfilment.royalties.queries import author_totals, royalty_slips
from webapp.platform.database import db


def royalty_cells(month: str) -> Iterator[list]:
    """A line for each author."""
    for total in author_totals(month):
        yield [total.author, month, total.copies, total.base, total.amount, total.reversals]


def royalty_slip_cells(month: str, author: str) -> Iterator[list]:
    """A line for each slip of one author."""
    query = royalty_slips(month, author).order_by(RoyaltySlip.id)
    for slip in db.session.scalars(query.execution_options(yield_per=500)):
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
