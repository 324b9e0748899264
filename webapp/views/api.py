"""Lists as files, and their views, as calls."""

from flask import Response
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.http.query import WrongFilter
from webapp.http.spreadsheets import FileKind
from webapp.platform.database import db
from webapp.views.forms import ExportQuery, SharedViewIn
from webapp.views.keeping import share_view
from webapp.views.models import View
from webapp.views.queries import KnownView, my_views, view_to_change
from webapp.views.shapes import ViewOut, ViewsOut
from webapp.web.api import Download, api_blueprint, endpoint
from webapp.web.listings import SORT, listing_called

bp = api_blueprint("views")
ROLES = ("clerk", "accountant")
REFUSALS = {404: _l("There is no such list."), 403: _l("The list's page is closed to the role.")}


def _file(kind: FileKind, asked: ExportQuery, listing: str) -> Response:
    """Raises WrongFilter for a filter that the list does not have."""
    found = listing_called(listing)
    query = {name: value for name, value in asked.model_dump().items() if value}
    for name in query:
        if name not in (*found.filters, SORT):
            raise WrongFilter(name, _("This list has no such filter."))
    return found.file(kind, query)


@endpoint(
    bp,
    "GET",
    "/exports/<listing>.csv",
    *ROLES,
    query=ExportQuery,
    answer=Download(FileKind.CSV.media_type, _l("The list, as filtered and sorted.")),
    refusals=REFUSALS,
    summary=_l("A list as CSV, by the filters of its page."),
)
def export_csv(asked: ExportQuery, listing: str) -> Response:
    return _file(FileKind.CSV, asked, listing)


@endpoint(
    bp,
    "GET",
    "/exports/<listing>.xlsx",
    *ROLES,
    query=ExportQuery,
    answer=Download(FileKind.XLSX.media_type, _l("The list, as filtered and sorted.")),
    refusals=REFUSALS,
    summary=_l("A list as XLSX, by the filters of its page."),
)
def export_xlsx(asked: ExportQuery, listing: str) -> Response:
    return _file(FileKind.XLSX, asked, listing)


@endpoint(
    bp,
    "GET",
    "/views",
    *ROLES,
    answer=ViewsOut,
    summary=_l("The shared views of the lists that are open to the token's role."),
)
def views() -> dict[str, object]:
    return {"items": [_view(view) for view in my_views()]}


def _view(view: View | KnownView) -> dict[str, object]:
    return {name: getattr(view, name) for name in ViewOut.model_fields}


@endpoint(
    bp,
    "POST",
    "/views",
    "manager",
    body=SharedViewIn,
    answer=ViewOut,
    status=201,
    refusals=REFUSALS | {409: _l("This list has no views, or there are as many as fit.")},
    summary=_l("Keeps the filters of a list under a name, for all; a same name takes its place."),
)
def share(wanted: SharedViewIn) -> dict[str, object]:
    view = share_view(wanted)
    db.session.flush()
    return _view(view)


@endpoint(
    bp,
    "DELETE",
    "/views/<id:view_id>",
    "manager",
    status=204,
    refusals={404: _l("There is no such view.")},
    summary=_l("Deletes a shared view."),
)
def delete_view(view_id: int) -> None:
    db.session.delete(view_to_change(view_id))
