"""A list gone through row by row: the address of a row carries the list's filters and sort, and the
place.

The place is the row's keys as they were when it was met. What comes, goes or changes meanwhile
moves nobody: the next row is the first one behind that place.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from flask import Flask, has_request_context, request, url_for

from webapp.http.lists import COUNT_LIMIT, Place, count_text, cursor_of, first_in, place_in
from webapp.http.sealing import seal, unseal
from webapp.platform.errors import Invalid
from webapp.web.listings import Asked, Listing, listing_called, listings

# In the address of a row: the list's address, and in that the place.
WALK, AT = "walk", "at"


@dataclass(frozen=True)
class Walk:
    """Where a walk through `listing`, as `asked` has it, is now."""

    listing: Listing
    asked: dict[str, str]
    place: Place

    @property
    def number(self) -> str:
        return count_text(min(self.place.ahead, COUNT_LIMIT) + 1)

    @property
    def count(self) -> str:
        """With the row at hand, though it may have left the list since."""
        return count_text(self.place.rows + (not self.place.is_in))

    @property
    def is_in(self) -> bool:
        return self.place.is_in

    @property
    def prev_url(self) -> str | None:
        return self.place.before and _to(self.listing, self.asked, *self.place.before)

    @property
    def next_url(self) -> str | None:
        return self.place.after and _to(self.listing, self.asked, *self.place.after)

    @property
    def list_url(self) -> str:
        asked: dict[str, Any] = self.asked
        return url_for(self.listing.endpoint, **asked)


def _to(listing: Listing, asked: Asked, cursor: str, row_id: int) -> str:
    endpoint, name = listing.record or ("", "")
    told = {key: seal(value) if key == "q" else value for key, value in asked.items()}
    values: dict[str, Any] = {name: row_id, WALK: urlencode(told | {AT: cursor})}
    return url_for(endpoint, **values)


def first_url(listing: Listing, query: Asked) -> str | None:
    """The address of the first row; None where nothing fits. Raises WrongFilter."""
    asked = listing.asked_of(query)
    first = first_in(listing.in_sorting(asked), listing.sorting(asked))
    return first and _to(listing, asked, *first)


def row_url(name: str, row: Any) -> str:
    """Of a row of the list that the address at hand filters or sorts; of the plain list the row
    alone."""
    listing = listing_called(name)
    endpoint, id_name = listing.record or ("", "")
    asked, keys = listing.asked_of(request.args), listing.sorting(request.args).keys
    row_id = getattr(row, keys[-1].key)
    if not asked:
        values: dict[str, Any] = {id_name: row_id}
        return url_for(endpoint, **values)
    return _to(listing, asked, cursor_of(row, keys), row_id)


def walk_here() -> Walk | None:
    """That of the page at hand. An address that was cut off, or asks for what the list does not
    know any more, shows its row all the same, and walks nowhere."""
    listing = _walked()
    if listing is None:
        return None
    asked = dict(parse_qsl(request.args[WALK]))
    asked["q"] = unseal(asked.get("q", "")) or ""
    cursor, asked = asked.get(AT, ""), listing.asked_of(asked)
    try:
        place = place_in(listing.in_sorting(asked), listing.sorting(asked), cursor)
    except Invalid:
        return None
    return Walk(listing, asked, place)


def _walked() -> Listing | None:
    """The list of which the page at hand shows a row: that of its address, or as a form that was
    refused shows it again."""
    if WALK not in request.args:
        return None
    return next((each for each in listings().values() if _shows_row(each) and each.is_open), None)


def _shows_row(listing: Listing) -> bool:
    endpoint, name = listing.record or ("", "")
    if request.method == "GET":
        return request.endpoint == endpoint
    return endpoint.split(".")[0] == request.blueprint and name in (request.view_args or {})


def _carry(endpoint: str, values: dict[str, Any]) -> None:
    """What is done to a row on its page leads back to it in the same place of the walk."""
    if not has_request_context() or WALK not in request.args or WALK in values:
        return
    here = request.view_args or {}
    shared = here.keys() & values.keys()
    same_row = bool(shared) and all(here[name] == values[name] for name in shared)
    if same_row and endpoint.split(".")[0] == request.blueprint:
        values[WALK] = request.args[WALK]


def set_up(app: Flask) -> None:
    app.url_defaults(_carry)
    app.jinja_env.globals.update(walk_here=walk_here, row_url=row_url)
