"""The list of sales, its rows, and it as a file."""

from flask import Response, render_template, request

from webapp.http.query import query_ids
from webapp.http.spreadsheets import FileKind
from webapp.sale_pages import listing
from webapp.sale_pages.blueprint import bp
from webapp.sale_pages.export import SALES
from webapp.sale_pages.listing import SaleRow
from webapp.sales.models import Sale
from webapp.sales.queries import agents, load_lines, sales_by_ids, tags
from webapp.staff.access import allow
from webapp.views.queries import my_columns


@bp.get("/sales")
@allow("clerk", "accountant")
def index() -> str:
    filters = listing.SaleFilters.of(request.args)
    page = SALES.page(request.args, narrowed=filters.narrowed)
    return render_template(
        "sales/index.html",
        rows=_rows(page.items),
        page=page,
        filters=filters,
        asked=SALES.asked_of(request.args),
        tabs=listing.tabs(filters),
        chosen=listing.chosen(filters),
        choices=listing.choices(filters, agents(), tags()),
    )


def _rows(found: list[Sale]) -> list[SaleRow]:
    """With the lines too where a person chose columns of the file."""
    if my_columns(SALES.name).more:
        load_lines(found)
    return listing.rows_of(found, with_waits=True)


@bp.get("/sales/rows")
@allow("clerk", "accountant")
def rows() -> str:
    """The rows of ?ids=1,2, each in a <template>, for pages whose rows move by themselves."""
    found = sales_by_ids(query_ids())
    return render_template("sales/_rows_alone.html", rows=_rows(found))


@bp.get("/sales/export.csv")
@allow("clerk", "accountant")
def export() -> Response:
    return SALES.file(FileKind.CSV, request.args)
