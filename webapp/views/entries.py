"""Views as entries of the menu, and what stands beside the filters of a list."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode

from flask import g, request, url_for
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from webapp.http.query import WrongFilter
from webapp.http.spreadsheets import FileKind
from webapp.platform.database import db
from webapp.platform.kept import kept
from webapp.staff.access import may
from webapp.views.queries import KnownColumns, KnownView, my_columns, my_views, pinned_views
from webapp.web.listings import Cell, listing_called, listings
from webapp.web.navigation import Counter, MenuEntry, Offer

FILE_LABELS = {FileKind.CSV: "CSV", FileKind.XLSX: "Excel (XLSX)"}
ICON, LABEL, MOST_SEARCHED = "bookmark", _l("in this view"), 99


def view_offers() -> list[Offer]:
    """For the palette."""
    return [Offer(ICON, view.name, url_for("views.lead", view_id=view.id)) for view in my_views()]


def pinned_entries() -> Sequence[MenuEntry]:
    """With their counts; made once for each request, for a count is known by its entry."""
    if "pinned_views" not in g:
        g.pinned_views = [_entry(view, _counter(view)) for view in pinned_views()]
    found: Sequence[MenuEntry] = g.pinned_views
    return found


def _entry(view: KnownView, counter: Counter | None) -> MenuEntry:
    return MenuEntry(
        ICON,
        view.name,
        "views.lead",
        counter,
        values={"view_id": view.id},
        is_here=is_here(view),
    )


def is_here(view: KnownView) -> bool:
    """Whether the page at hand is the list as the view has it."""
    listing = listings()[view.listing]
    here = request.path == url_for(listing.endpoint)
    return here and listing.asked_of(request.args) == view.query


def _counter(view: KnownView) -> Counter | None:
    """None where the list does not know the filter any more."""
    listing = listings()[view.listing]
    if any(name in view.query for name in listing.asks_ahead):
        return Counter(lambda: _searched(view), LABEL, MOST_SEARCHED)
    try:
        return Counter(listing.ids(view.query), LABEL)
    except WrongFilter:
        return None


def _searched(view: KnownView) -> int | None:
    """A process searches for it once a minute, for as many as a page or two of the list has."""
    query = tuple(sorted(view.query.items()))
    return kept(("searched view", view.id), query, lambda: _count(view))


def _count(view: KnownView) -> int | None:
    try:
        found = listings()[view.listing].first_ids(view.query, MOST_SEARCHED + 1)
    except WrongFilter:
        return None
    return db.session.scalar(select(func.count()).select_from(found.subquery()))


class ListColumns(NamedTuple):
    """How a person sees the columns of a list: `more` are those of its file that stand behind its
    own, by their names."""

    known: KnownColumns
    cells: Mapping[str, Cell]

    @property
    def more(self) -> dict[str, Cell]:
        return {name: self.cells[name] for name in self.known.more if name in self.cells}

    def hides(self, name: str) -> bool:
        return name in self.known.hidden

    def others(self, labels: Sequence[str]) -> dict[str, Cell]:
        """Those to choose from beside columns with these labels."""
        return {name: cell for name, cell in self.cells.items() if str(cell.label) not in labels}


def list_columns(name: str) -> ListColumns:
    return ListColumns(my_columns(name), listing_called(name).named_cells)


def list_tools(name: str, query: Mapping[str, str] | None = None) -> dict[str, Any]:
    """What stands beside a list's filters: its views, and it as a file, as `query`, or the address,
    has it."""
    listing = listing_called(name)
    asked: dict[str, Any] = dict(listing.asked_of(request.args if query is None else query))
    return {
        "files": [
            (label, url_for("views.export", listing=name, ending=kind, **asked))
            for kind, label in FILE_LABELS.items()
        ],
        "schedule": url_for("views.new_schedule", name=name, **asked),
        "views": [view for view in my_views() if view.listing == name],
        "is_here": is_here,
        "query": urlencode(asked),
        "has_page": listing.has_page,
        "walk": url_for("views.walk", name=name, **asked) if listing.record else "",
        "may_share": may("manager"),
    }
