"""Lists that cost the same at a million rows as at a thousand: pages by key, counts that stop at a
thousand."""

import base64
import json
from dataclasses import dataclass

from flask import request
from flask_babel import gettext as _
from sqlalchemy import Select, func, select, tuple_

from webapp.http.formatting import number_text, with_query
from webapp.platform.database import db
from webapp.platform.errors import FieldError, Invalid

COUNT_LIMIT = 1000


@dataclass(frozen=True)
class Page:
    items: list
    next_cursor: str | None
    prev_cursor: str | None

    def url(self, cursor_name: str, cursor: str) -> str:
        """This list's address with its filters and another page."""
        return with_query(**{"after": None, "before": None, cursor_name: cursor})

    @property
    def next_url(self) -> str | None:
        return self.next_cursor and self.url("after", self.next_cursor)

    @property
    def prev_url(self) -> str | None:
        return self.prev_cursor and self.url("before", self.prev_cursor)

    @property
    def live_url(self) -> str:
        """Where new rows are fetched; "" but on the first page, where they belong."""
        return "" if self.prev_cursor else with_query()


def encode_cursor(values: list) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, keys: tuple) -> list:
    """The values a cursor names, each of its key's own type; raises Invalid for any other text."""
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, RecursionError):
        values = None
    if (
        not isinstance(values, list)
        or len(values) != len(keys)
        or not all(map(_fits, values, keys))
    ):
        raise Invalid(
            [FieldError("cursor", _("This cursor is not one of ours; begin at the first page."))]
        )
    return values


def _fits(value, key) -> bool:
    if key.type.python_type is int:
        return type(value) is int and abs(value) < 2**63
    return isinstance(value, str) and value.isprintable()


def paginate(
    query: Select, keys: tuple, after=None, before=None, limit=50, descending=True
) -> Page:
    """One page of `query`, ordered by `keys` (columns of one entity, the last one unique).

    `after` and `before` are cursors of earlier pages; at most one row more than `limit` is read.
    """
    backwards = bool(before) and not after
    down = descending != backwards
    cursor = after or before
    if cursor:
        edge = tuple_(*decode_cursor(cursor, keys))
        query = query.where(tuple_(*keys) < edge if down else tuple_(*keys) > edge)
    query = query.order_by(*(key.desc() if down else key.asc() for key in keys)).limit(limit + 1)
    rows = list(db.session.scalars(query).unique())
    more, rows = len(rows) > limit, rows[:limit]
    if backwards:
        rows.reverse()

    def edge_of(row):
        return encode_cursor([getattr(row, key.key) for key in keys])

    has_next, has_prev = (True, more) if backwards else (more, bool(cursor))
    return Page(
        rows,
        edge_of(rows[-1]) if rows and has_next else None,
        edge_of(rows[0]) if rows and has_prev else None,
    )


def page_of(query: Select, keys: tuple, limit: int = 50, descending: bool = True) -> Page:
    """The page that the address asks for."""
    return paginate(
        query, keys, request.args.get("after"), request.args.get("before"), limit, descending
    )


def bounded_count(query: Select) -> int:
    """The number of rows, told exactly up to COUNT_LIMIT; one more stands for "more"."""
    found = query.limit(COUNT_LIMIT + 1).subquery()
    return db.session.scalars(select(func.count()).select_from(found)).one()


def count_text(count: int) -> str:
    return number_text(COUNT_LIMIT) + "+" if count > COUNT_LIMIT else number_text(count)


def status_tab(
    label: object, status: str | None, chosen: str | None, counted: Select | None = None
) -> dict[str, object]:
    """A tab for ?status=, as `lists.tabs` takes it, with how many rows `counted` finds."""
    return {
        "label": label,
        "href": with_query(status=status, after=None, before=None),
        "active": status == chosen,
        "count": None if counted is None else count_text(bounded_count(counted)),
    }
