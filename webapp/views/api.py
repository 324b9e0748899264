"""Lists as files, and their views, as calls."""

from flask import Response
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.http.query import WrongFilter
from webapp.http.spreadsheets import FileKind
from webapp.views.forms import ExportQuery
from webapp.views.queries import my_views
from webapp.views.shapes import ViewsOut
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
    names = ("id", "listing", "name", "query")
    return {"items": [{name: getattr(view, name) for name in names} for view in my_views()]}
