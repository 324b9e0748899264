"""The list of sales as a file for a spreadsheet."""

from collections.abc import Iterator
from typing import Any

from flask import Response
from flask_babel import gettext as _
from sqlalchemy import Select

from webapp.http.csv import csv_file
from webapp.platform.database import db
from webapp.platform.transactions import only_reading
from webapp.sale_pages.listing import SaleFilters, SaleRow, rows_of
from webapp.sales.models import Sale

MOST_EXPORTED = 50_000
ROWS_AT_ONCE = 500


def export_file(filters: SaleFilters) -> Response:
    """The filtered list, the newest first, at most MOST_EXPORTED rows, sent while it is read."""
    header = (
        _("Order"),
        _("When"),
        _("Customer"),
        _("Status"),
        _("Channel"),
        _("Agent"),
        _("Payment"),
        _("Freight"),
        _("Discount"),
        _("Total"),
        _("Series"),
        _("NF-e"),
        _("Access key"),
        _("Shipping"),
    )
    return csv_file("sales", header, _all_cells(filters))


def _all_cells(filters: SaleFilters) -> Iterator[list[object]]:
    query, left, last = filters.query(), MOST_EXPORTED, None
    while left:
        some = query if last is None else query.where(Sale.id < last)
        cells, last = _read_cells(some.order_by(Sale.id.desc()).limit(min(ROWS_AT_ONCE, left)))
        if last is None:
            return
        left -= len(cells)
        yield from cells


def _read_cells(query: Select[Any]) -> tuple[list[list[object]], int | None]:
    """The cells of some rows and the last sale's id. No transaction stays open while somebody's
    slow line takes them in."""
    with only_reading():
        found = list(db.session.scalars(query))
        cells = [_cells(row) for row in rows_of(found)]
        last = found[-1].id if found else None
        db.session.rollback()
        db.session.expunge_all()
    return cells, last


def _cells(row: SaleRow) -> list[object]:
    sale, invoice = row.sale, row.invoice
    return [
        sale.reference,
        sale.created_at.isoformat(timespec="seconds"),
        sale.customer_name,
        str(sale.status.label),
        str(row.channel),
        sale.agent_code or "",
        str(sale.payment_method.label),
        sale.freight,
        sale.discount,
        sale.total,
        (invoice and invoice.series) or "",
        (invoice and invoice.number) or "",
        (invoice and invoice.access_key) or "",
        str(sale.shipping.label),
    ]
