"""The list of sales as a declaration, with what a file of it holds."""

from dataclasses import replace
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select

from webapp.customers.queries import customer_by_id
from webapp.http.formatting import access_key_text
from webapp.http.lists import newest_first
from webapp.http.query import WrongFilter
from webapp.platform.whole import whole_number
from webapp.sale_pages.listing import SaleFilters, SaleRow, orders_of, rows_of
from webapp.sale_pages.told_details import in_one_line
from webapp.sales.finding import named_sales
from webapp.sales.models import Sale
from webapp.sales.queries import load_lines, sales_of_customer
from webapp.staff.access import may, shown_document
from webapp.sums.margins import margins_of
from webapp.web.listings import Asked, Cell, Listing


def _gather(found: list[Sale]) -> list[SaleRow]:
    """A margin is for those who may see one."""
    load_lines(found)
    margins = margins_of(found) if may("manager", "accountant") else {}
    return [replace(row, margin=margins.get(row.sale.id)) for row in rows_of(found)]


def _of_customer(asked: Asked) -> Select[Any]:
    customer_id = whole_number(asked.get("customer"), 1)
    if customer_id is None:
        raise WrongFilter("customer", args=asked)
    return sales_of_customer(customer_by_id(customer_id).id)


def _field(label: Any, name: str) -> Cell:
    return Cell(label, lambda row: getattr(row.sale, name))


def _of_invoice(label: Any, name: str) -> Cell:
    return Cell(label, lambda row: (row.invoice and getattr(row.invoice, name)) or "")


SALES = Listing(
    name="sales",
    label=_l("Orders"),
    endpoint="sales.index",
    rows=lambda asked: SaleFilters.of(asked).query(),
    orders=orders_of,
    named=named_sales,
    cells=(
        _field(_l("Order"), "reference"),
        _field(_l("When"), "created_at"),
        _field(_l("Customer"), "customer_name"),
        Cell(_l("CPF or CNPJ"), lambda row: shown_document(row.sale.customer_document)),
        _field(_l("City"), "city"),
        _field(_l("State"), "state"),
        Cell(
            _l("Items"),
            lambda row: ", ".join(f"{line.quantity} × {line.sku}" for line in row.sale.lines),
        ),
        Cell(_l("Status"), lambda row: str(row.sale.status.label)),
        Cell(_l("Channel"), lambda row: str(row.channel)),
        Cell(_l("Agent"), lambda row: row.sale.agent_code or ""),
        Cell(_l("Tags"), lambda row: ", ".join(tag.name for tag in row.tags)),
        Cell(_l("Payment"), lambda row: ", ".join(map(str, row.sale.payment_labels))),
        _field(_l("Freight"), "freight"),
        _field(_l("Discount"), "discount"),
        _field(_l("Total"), "total"),
        Cell(_l("Margin"), lambda row: row.margin.amount if row.margin else None),
        _of_invoice(_l("Series"), "printed_series"),
        _of_invoice(_l("NF-e"), "number"),
        Cell(
            _l("Access key"),
            lambda row: access_key_text((row.invoice and row.invoice.access_key) or ""),
        ),
        Cell(_l("Shipping"), lambda row: str(row.sale.shipping.label)),
        _field(_l("Ship by"), "ship_by"),
        Cell(_l("Invoice details"), lambda row: in_one_line(row.sale.invoice_details)),
    ),
    filters=(
        "q",
        "status",
        "shipping",
        "due",
        "channel",
        "agent",
        "tag",
        "since",
        "until",
        "paid_since",
        "paid_until",
    ),
    gather=_gather,
    record=("sales.page", "sale_id"),
)
CUSTOMER_SALES = replace(
    SALES,
    name="customer-sales",
    label=_l("Orders of a customer"),
    rows=_of_customer,
    orders=newest_first(Sale.id),
    named=None,
    filters=("customer",),
    record=None,
    has_page=False,
)
