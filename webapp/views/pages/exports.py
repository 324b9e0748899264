"""Every list as a file, by the address of its page."""

from flask import Response, request
from flask_babel import gettext as _

from webapp.http.spreadsheets import FileKind
from webapp.platform.errors import NotFound
from webapp.staff.access import allow
from webapp.views.pages.blueprint import bp
from webapp.web.listings import listing_called


@bp.get("/exports/<listing>.<ending>")
@allow("clerk", "accountant")
def export(listing: str, ending: str) -> Response:
    """Open to whom the list's page is open."""
    if ending not in list(FileKind):
        raise NotFound(_("A list can be had as CSV or as XLSX."))
    return listing_called(listing).file(FileKind(ending), request.args)
