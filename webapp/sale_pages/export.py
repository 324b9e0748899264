"""The list of sales as a file for a spreadsheet."""

from collections.abc import Callable, Iterator
from typing import Any

from flask import Response
from flask_babel import gettext as _
from sqlalchemy import Select

from webapp.http.csv import csv_file
from webapp.http.formatting import access_key_text
from webapp.platform.database import db
from webapp.platform.documents import format_document, masked_document
from webapp.platform.transactions import only_reading
from webapp.sale_pages.listing import SaleFilters, SaleRow, rows_of
from webapp.sale_pages.told_details import in_one_line
from webapp.sales.models import Sale
from webapp.sales.queries import load_lines
from webapp.staff.access import sees_documents

MOST_EXPORTED = 50_000
ROWS_AT_ONCE = 500


def export_file(filters: SaleFilters) -> Response:
    """The filtered list, the newest first, at most MOST_EXPORTED rows, sent while it is read."""
    header = (
        _("Order"),
        _("When"),
        _("Customer"),
        _("CPF or CNPJ"),
        _("City"),
        _("State"),
        _("Items"),
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
        _("Invoice details"),
    )
    document = format_document if sees_documents() else masked_document
    return csv_file("sales", header, _all_cells(filters, document))


def _all_cells(filters: SaleFilters, document: Callable[[str], str]) -> Iterator[list[object]]:
    query, left, last = filters.query(), MOST_EXPORTED, None
    while left:
        some = query if last is None else query.where(Sale.id < last)
        some = some.order_by(Sale.id.desc()).limit(min(ROWS_AT_ONCE, left))
        cells, last = _read_cells(some, document)
        if last is None:
            return
        left -= len(cells)
        yield from cells


def _read_cells(
    query: Select[Any], document: Callable[[str], str]
) -> tuple[list[list[object]], int | None]:
    """The cells of some rows and the last sale's id. No transaction stays open while somebody's
    slow line takes them in."""
    with only_reading():
        found = list(db.session.scalars(query))
        load_lines(found)
        cells = [_cells(row, document) for row in rows_of(found)]
        last = found[-1].id if found else None
        db.session.rollback()
        db.session.expunge_all()
    return cells, last


def _cells(row: SaleRow, document: Callable[[str], str]) -> list[object]:
    sale, invoice = row.sale, row.invoice
    return [
        sale.reference,
        sale.created_at,
        sale.customer_name,
        document(sale.customer_document),
        sale.city,
        sale.state,
        ", ".join(f"{line.quantity} × {line.sku}" for line in sale.lines),
        str(sale.status.label),
        str(row.channel),
        sale.agent_code or "",
        ", ".join(map(str, sale.payment_labels)),
        sale.freight,
        sale.discount,
        sale.total,
        (invoice and invoice.printed_series) or "",
        (invoice and invoice.number) or "",
        access_key_text((invoice and invoice.access_key) or ""),
        str(sale.shipping.label),
        in_one_line(sale.invoice_details),
    ]
