"""A list gone through row by row: the address of a row carries the list's filters and sort, and the
place.

The place is the row's keys as they were when it was met. What comes, goes or changes meanwhile
moves nobody: the next row is the first one behind that place that was not met on this walk, and
where there is none, the first one of the list, so that what moved ahead of the place is not
skipped. Which were met is kept in Redis, for a while: without it only the place counts.
"""

import re
import secrets
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

import redis
from flask import Flask, has_request_context, request, url_for

from webapp.http.cursors import cursor_of
from webapp.http.lists import COUNT_LIMIT, count_text
from webapp.http.places import Neighbour, Place, first_in, place_in
from webapp.http.sealing import seal, unseal
from webapp.platform.errors import Invalid
from webapp.platform.queue import redis_of_app
from webapp.platform.whole import whole_number
from webapp.web.listings import Asked, Listing, listing_called, listings

# In the address of a row: the list's address, and in that the place, and the walk's own name.
WALK, AT, NAME = "walk", "at", "met"
KNOWN_NAME = re.compile(r"[A-Za-z0-9_-]{12}")
# Of so many rows of a walk it is known that they were met, for so long after the last one.
MOST_MET, MET_SECONDS = COUNT_LIMIT, 24 * 3600


@dataclass(frozen=True)
class Walk:
    """Where a walk through `listing`, as `asked` has it, is now."""

    listing: Listing
    asked: dict[str, str]
    place: Place
    name: str

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
        return self._to(self.place.before)

    @property
    def next_url(self) -> str | None:
        return self._to(self.place.after or self.place.left_behind)

    @property
    def turns(self) -> bool:
        """Whether the next one stands ahead of this one."""
        return self.place.left_behind is not None

    @property
    def list_url(self) -> str:
        asked: dict[str, Any] = self.asked
        return url_for(self.listing.endpoint, **asked)

    def _to(self, beside: Neighbour | None) -> str | None:
        return beside and _to(self.listing, self.asked, *beside, self.name)


def _to(listing: Listing, asked: Asked, cursor: str, row_id: int, name: str = "") -> str:
    endpoint, id_name = listing.record or ("", "")
    told = {key: seal(value) if key == "q" else value for key, value in asked.items()}
    told |= {AT: cursor, NAME: name} if name else {AT: cursor}
    values: dict[str, Any] = {id_name: row_id, WALK: urlencode(told)}
    return url_for(endpoint, **values)


def first_url(listing: Listing, query: Asked) -> str | None:
    """The address of the first row; None where nothing fits. Raises WrongFilter."""
    asked = listing.asked_of(query)
    first = first_in(listing.in_sorting(asked))
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
    name = asked.get(NAME, "")
    if not KNOWN_NAME.fullmatch(name):
        name = secrets.token_urlsafe(9)
    cursor, asked = asked.get(AT, ""), listing.asked_of(asked)
    try:
        met = _meet(name, (request.view_args or {})[(listing.record or ("", ""))[1]])
        place = place_in(listing.in_sorting(asked), cursor, met)
    except Invalid:
        return None
    return Walk(listing, asked, place, name)


def _meet(name: str, row_id: int) -> list[int]:
    """The latest rows that were met on the walk, this one among them; none where Redis is away."""
    key = f"balcao:walk:{name}"
    try:
        with redis_of_app().pipeline(transaction=False) as pipe:
            pipe.zadd(key, {str(row_id): time.time()})
            pipe.zremrangebyrank(key, 0, -MOST_MET - 1)
            pipe.expire(key, MET_SECONDS)
            pipe.zrange(key, 0, -1)
            met = pipe.execute()[-1]
    except redis.RedisError:
        return []
    ids = (whole_number(member.decode(errors="replace")) for member in met)
    return [row_id for row_id in ids if row_id is not None]


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
