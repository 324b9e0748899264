"""Many NF-e at once, marked ones or the list as it is filtered, in the list's order: their XML as
one zip, their DANFE or their parcels' labels as one PDF."""

from flask import Response, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug import Response as AnyResponse

from webapp.fiscal.danfe import Paper
from webapp.fulfilment.bulk import MOST_AT_ONCE, selected_ids
from webapp.http.query import query_ids, query_word
from webapp.invoice_pages.blueprint import bp
from webapp.invoice_pages.downloads import papers_file, zip_file
from webapp.invoice_pages.list_pages import list_filters, page_asked_for
from webapp.invoices.queries import issued_among
from webapp.staff.access import allow

# What is made of many, by its name in the address.
PARTS = {"labels": "invoices.labels", "danfes": "invoices.danfes", "files": "invoices.files"}


@bp.post("/invoices/printing")
@allow("clerk", "accountant")
def print_selected() -> AnyResponse:
    """Leads to the file of the marked rows, and tells of those that do not come along."""
    file = to_file(query_word("what", PARTS) or "labels", selected_ids())
    return file or redirect(url_for("invoices.index", **list_filters()), 303)


def to_file(what: str, ids: list[int], asked: int = 0) -> AnyResponse | None:
    """None where no file comes of these NF-e; then, or where some are passed over, that is told.
    `asked`: of how many rows, where some have no NF-e at all."""
    asked = max(asked, len(ids))
    if not asked or len(ids) > MOST_AT_ONCE:
        flash(_("Mark from 1 to %(most)s rows.", most=MOST_AT_ONCE), "warn")
        return None
    good = issued_among(ids, with_cancelled=what != "labels")
    left_out = asked - len(good)
    if left_out:
        flash(
            ngettext(
                "%(num)s was passed over: it has no authorized NF-e.",
                "%(num)s were passed over: they have no authorized NF-e.",
                left_out,
            ),
            "warn",
        )
    if not good:
        return None
    address = ",".join(str(row_id) for row_id in ids if row_id in good)
    return redirect(url_for(PARTS[what], ids=address), 303)


def _ids() -> list[int]:
    """Those of the address, else the first of the list that it filters."""
    if "ids" in request.args:
        return query_ids()
    return [invoice.id for invoice in page_asked_for(MOST_AT_ONCE).items]


@bp.get("/invoices/labels.pdf")
@allow("clerk", "accountant")
def labels() -> Response:
    return papers_file(Paper.LABEL, _ids())


@bp.get("/invoices/danfes.pdf")
@allow("clerk", "accountant")
def danfes() -> Response:
    return papers_file(Paper.DANFE, _ids())


@bp.get("/invoices/files.zip")
@allow("clerk", "accountant")
def files() -> Response:
    return zip_file(_ids())
