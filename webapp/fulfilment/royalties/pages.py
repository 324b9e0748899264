"""Pages of what authors are owed, month by month."""

from flask import Blueprint, Response, render_template, request
from flask_babel import gettext as _

from webapp.fulfilment import months
from webapp.fulfilment.reversals import months_reversed
from webapp.fulfilment.royalties import queries
from webapp.fulfilment.royalties.listing import ROYALTIES
from webapp.fulfilment.royalties.models import RoyaltySlip
from webapp.fulfilment.royalties.spreadsheet import royalty_cells
from webapp.http.spreadsheets import FileKind, csv_file
from webapp.staff.access import allow

bp = Blueprint("royalties", __name__)
# An author's slips of a month belong on one sheet of paper, as long as it is no book itself.
MOST_SLIPS = 200


@bp.get("/royalties")
@allow("manager", "accountant")
def index() -> str:
    month, author = months.month_of(request.args.get("month")), request.args.get("author")
    totals = queries.author_totals(month)
    if author is not None:
        totals = [total for total in totals if total.author == author]
    page = ROYALTIES.page(
        request.args,
        limit=50 if author is None else MOST_SLIPS,
    )
    return render_template(
        "fulfilment/royalties/royalties.html",
        page=page,
        author=author,
        totals=totals,
        whole=queries.total_of(totals),
        reversed_of=months_reversed(RoyaltySlip, page.items),
        **months.month_context(month),
    )


@bp.get("/royalties.csv")
@allow("manager", "accountant")
def file() -> Response:
    """A line for each author; with ?author=, a line for each of their slips."""
    month, author = months.month_of(request.args.get("month")), request.args.get("author")
    if author is not None:
        return ROYALTIES.file(FileKind.CSV, {"month": month, "author": author})
    return _authors_file(month)


def _authors_file(month: str) -> Response:
    header = [
        _("Author"),
        _("Month"),
        _("Copies"),
        _("Sold"),
        _("Royalty"),
        _("of which reversals"),
    ]
    return csv_file(f"royalties-{month}", header, list(royalty_cells(month)))
