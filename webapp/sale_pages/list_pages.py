"""The list of sales, its rows, and it as a file."""

from flask import Response, render_template, request

from webapp.http.query import query_ids
from webapp.http.spreadsheets import FileKind
from webapp.sale_pages import listing
from webapp.sale_pages.blueprint import bp
from webapp.sale_pages.export import SALES
from webapp.sales.queries import agents, sales_by_ids, tags
from webapp.staff.access import allow


@bp.get("/sales")
@allow("clerk", "accountant")
def index() -> str:
    filters = listing.SaleFilters.of(request.args)
    page = SALES.page(request.args, narrowed=filters.narrowed)
    return render_template(
        "sales/index.html",
        rows=listing.rows_of(page.items, with_waits=True),
        page=page,
        filters=filters,
        asked=SALES.asked_of(request.args),
        tabs=listing.tabs(filters),
        chosen=listing.chosen(filters),
        choices=listing.choices(filters, agents(), tags()),
    )


@bp.get("/sales/rows")
@allow("clerk", "accountant")
def rows() -> str:
    """The rows of ?ids=1,2, each in a <template>, for pages whose rows move by themselves."""
    found = sales_by_ids(query_ids())
    return render_template("sales/_rows_alone.html", rows=listing.rows_of(found, with_waits=True))


@bp.get("/sales/export.csv")
@allow("clerk", "accountant")
def export() -> Response:
    return SALES.file(FileKind.CSV, request.args)
