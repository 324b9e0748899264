"""A month's royalties as the cells of a spreadsheet."""

from collections.abc import Iterator

from webapp.fulfilment.royalties.queries import author_totals


def royalty_cells(month: str) -> Iterator[list]:
    """A line for each author."""
    for total in author_totals(month):
        yield [total.author, month, total.copies, total.base, total.amount, total.reversals]
