"""Lists that cost the same at a million rows as at a thousand: pages by key, counts that stop at a
thousand."""

import base64
import datetime as dt
import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from operator import itemgetter
from typing import Any, NamedTuple

from flask import request
from flask_babel import gettext as _
from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Date,
    ScalarSelect,
    Select,
    func,
    literal,
    not_,
    select,
    tuple_,
    union_all,
)

from webapp.http.formatting import number_text, with_query
from webapp.http.query import Asked, query_word
from webapp.platform.columns import Hundredths, UtcDateTime
from webapp.platform.database import db
from webapp.platform.errors import FieldError, Invalid
from webapp.platform.notices import live_kind

COUNT_LIMIT = 1000
ROWS_AT_ONCE = 500


class Order(NamedTuple):
    """A way to order a list: by `keys`, columns of one entity and none of them NULL, the last one
    unique, as an index has them. `down`: how it begins when it is chosen."""

    keys: tuple
    down: bool = False


# The orders of a list by their names in its address; the first holds where none is named.
Orders = Mapping[str, Order]


def newest_first(row_id) -> Orders:
    """Ids rise with time."""
    return {"when": Order((row_id,), down=True)}


class Sort(NamedTuple):
    """A column's link and how it is sorted now ("asc", "desc" or not at all)."""

    href: str
    sort: str


@dataclass(frozen=True)
class Sorting:
    """Which of a list's orders holds, by ?sort=total or, downwards, ?sort=-total."""

    orders: Orders
    name: str
    down: bool

    @classmethod
    def asked(cls, orders: Orders, asked: Asked = None) -> "Sorting":
        """Raises WrongFilter."""
        known = [sign + name for name in orders for sign in ("", "-")]
        written = query_word("sort", known, asked)
        if written:
            return cls(orders, written.removeprefix("-"), written.startswith("-"))
        first = next(iter(orders))
        return cls(orders, first, orders[first].down)

    @property
    def keys(self) -> tuple:
        return self.orders[self.name].keys

    @property
    def usual(self) -> Order:
        return next(iter(self.orders.values()))

    @property
    def is_usual(self) -> bool:
        return self.orders[self.name] is self.usual and self.down == self.usual.down

    def of(self, name: str) -> Sort:
        """The link that sorts by `name`, the other way where that holds already."""
        order, holds = self.orders[name], name == self.name
        down = not self.down if holds else order.down
        usual = order is self.usual and down == order.down
        written = None if usual else f"-{name}" if down else name
        now = ("desc" if self.down else "asc") if holds else ""
        return Sort(with_query(sort=written, after=None, before=None), now)


@dataclass(frozen=True)
class Page:
    """`kinds`: with which rows it moves by itself, as live.js names them. `cut`: more rows fit than
    are sorted."""

    items: list
    next_cursor: str | None
    prev_cursor: str | None
    kinds: str = ""
    sorting: Sorting | None = None
    cut: bool = False

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
        """Where the page is fetched again when its rows may have changed."""
        return with_query()


def encode_cursor(values: list) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, keys: tuple) -> list:
    """The values a cursor names, each of its key's own type; raises Invalid for any other text."""
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, RecursionError):
        values = None
    if isinstance(values, list) and len(values) == len(keys):
        read = [_read(value, key) for value, key in zip(values, keys, strict=True)]
        if None not in read:
            return read
    raise Invalid(
        [FieldError("cursor", _("This cursor is not one of ours; begin at the first page."))]
    )


def _written(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value.scaleb(2))
    return value.isoformat() if isinstance(value, dt.date) else value


def cursor_of(row: Any, keys: tuple) -> str:
    """The place of a row in a list by `keys`, which are attributes of it."""
    return encode_cursor([_written(getattr(row, key.key)) for key in keys])


def _read(value: Any, key: Any) -> Any:
    """The value as `key` takes it, None for what cannot be one of its values."""
    is_money = isinstance(key.type, Hundredths)
    if is_money or key.type.python_type is int:
        if type(value) is not int or abs(value) >= 2**63:
            return None
        return Decimal(value).scaleb(-2) if is_money else value
    if not isinstance(value, str) or not value.isprintable():
        return None
    if isinstance(key.type, UtcDateTime):
        return _moment(value)
    return _day(value) if isinstance(key.type, Date) else value


def _day(written: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(written)
    except ValueError:
        return None


def _moment(written: str) -> dt.datetime | None:
    try:
        return dt.datetime.fromisoformat(written).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None


def paginate(
    query: Select, keys: tuple, after=None, before=None, limit=50, descending=True
) -> Page:
    """One page of `query`, ordered by `keys` (columns of one entity, the last one unique).

    `after` and `before` are cursors of earlier pages; at most one row more than `limit` is read.
    """
    return Ordered(keys, descending, query).page(after, before, limit)


class Head(NamedTuple):
    """Rows that stand together at the head of a list: what they fit, and whether a row whose keys
    have these values is one of them."""

    fits: ColumnElement[bool]
    has: Callable[[Sequence[Any]], bool]


@dataclass(frozen=True)
class Ordered:
    """A list in its order: the rows of its `heads`, of which no two share one, then the others;
    each of these stretches goes by `keys`.

    `rows` has all of them, or more: of a list that is searched those that are searched through.
    What is `found` is asked for where the heads do not fill a page; None: that is all of `rows`.
    """

    keys: tuple
    down: bool
    rows: Select
    heads: Sequence[Head] = ()
    found: Callable[[], Select] | None = None

    @cached_property
    def every(self) -> Select:
        return self.rows if self.found is None else self.found()

    @cached_property
    def _others(self) -> Select:
        return self.every.where(*(not_(head.fits) for head in self.heads))

    def page(self, after: str | None, before: str | None, limit: int) -> Page:
        """As `paginate`: one statement for the heads, and one for the others. Raises Invalid."""
        back, cursor = bool(before) and not after, after or before
        values = decode_cursor(cursor, self.keys) if cursor else None
        rows: list[Any] = []
        lots = (self._of_others, self._of_heads) if back else (self._of_heads, self._of_others)
        for read in lots:
            if len(rows) <= limit:
                rows += read(values, back, limit + 1 - len(rows))
        more, rows = len(rows) > limit, rows[:limit]
        if back:
            rows.reverse()

        has_next, has_prev = (True, more) if back else (more, bool(cursor))
        return Page(
            rows,
            cursor_of(rows[-1], self.keys) if rows and has_next else None,
            cursor_of(rows[0], self.keys) if rows and has_prev else None,
            live_kind(getattr(self.keys[-1], "class_", None)),
        )

    def beside(self, values: Sequence[Any], back: bool) -> list[list[Select]]:
        """What stands behind a row of these values, or ahead of it, the nearest stretch first; the
        others that come behind heads, which cost more to ask for, in a lot of their own."""
        heads, others = self._heads_from(values, back), self._others_from(values, back)
        return [lot for lot in ([others + heads] if back else [heads, others]) if lot]

    def stretch_of(self, values: Sequence[Any]) -> int:
        """The number of its head; the others' is the last one."""
        heads = (place for place, head in enumerate(self.heads) if head.has(values))
        return next(heads, len(self.heads))

    def _of_heads(self, values: Sequence[Any] | None, back: bool, most: int) -> list[Any]:
        heads = self._heads_from(values, back)
        if len(heads) > 1:
            down = self.down != back
            heads = [self.rows.where(self.keys[-1].in_(_nearest(heads, self.keys, down, most)))]
        rows = [row for query in heads for row in self._first(query, back, most)]
        return sorted(rows, key=self._stretch_of_row, reverse=back)

    def _of_others(self, values: Sequence[Any] | None, back: bool, most: int) -> list[Any]:
        others = self._others_from(values, back)
        return [row for query in others for row in self._first(query, back, most)]

    def _first(self, query: Select, back: bool, most: int) -> list[Any]:
        ordered = _in_order(query, self.keys, self.down != back)
        return list(db.session.scalars(ordered.limit(most)).unique())

    def _stretch_of_row(self, row: Any) -> int:
        return self.stretch_of([getattr(row, key.key) for key in self.keys])

    def _heads_from(self, values: Sequence[Any] | None, back: bool) -> list[Select]:
        at = 0 if values is None else self.stretch_of(values)
        heads = [
            self._from(self.rows.where(head.fits), values if place == at else None, back)
            for place, head in enumerate(self.heads)
            if (place <= at if back else place >= at)
        ]
        return heads[::-1] if back else heads

    def _others_from(self, values: Sequence[Any] | None, back: bool) -> list[Select]:
        if values is not None and self.stretch_of(values) == len(self.heads):
            return [self._from(self._others, values, back)]
        return [] if back else [self._others]

    def _from(self, query: Select, values: Sequence[Any] | None, back: bool) -> Select:
        return query if values is None else _beyond(query, self.keys, values, self.down != back)


def _nearest(stretches: Sequence[Select], keys: tuple, down: bool, most: int) -> Select:
    """Ids of as many rows of these stretches, one after the other. No more of either is read: of
    several ranges of an index in one condition SQLite would sort all rows."""
    firsts = [
        _in_order(rows.with_only_columns(*keys), keys, down).limit(most).subquery()
        for rows in stretches
    ]
    parts = (select(literal(place).label("place"), *first.c) for place, first in enumerate(firsts))
    found = union_all(*parts).subquery()
    place, *values = found.c
    return select(values[-1]).order_by(place, *_directed(values, down)).limit(most)


def _in_order(query: Select, keys: tuple, down: bool) -> Select:
    return query.order_by(*_directed(keys, down))


def _directed(keys: Sequence[Any], down: bool) -> Iterator[Any]:
    return (key.desc() if down else key.asc() for key in keys)


def _beyond(query: Select, keys: tuple, values: Sequence[Any], down: bool) -> Select:
    """Its rows behind the one whose keys have these values."""
    edge = tuple_(*(literal(v, key.type) for v, key in zip(values, keys, strict=True)))
    return query.where(tuple_(*keys) < edge if down else tuple_(*keys) > edge)


def slices(query: Select, keys: tuple, down: bool) -> Iterator[list]:
    """All rows of `query` in this order, ROWS_AT_ONCE at a time, each lot by a statement that
    begins where the one before ended: a transaction may end between two of them."""
    values: list[Any] | None = None
    while True:
        more = query if values is None else _beyond(query, keys, values, down)
        rows = list(db.session.scalars(_in_order(more, keys, down).limit(ROWS_AT_ONCE)).unique())
        values = [getattr(rows[-1], key.key) for key in keys] if rows else None
        yield rows
        if len(rows) < ROWS_AT_ONCE:
            return


def page_of(
    query: Select,
    orders: Orders,
    limit: int = 50,
    narrowed: bool = False,
    asked: Asked = None,
) -> Page:
    """The page that the address, or `asked`, asks for, in one of `orders`.

    `narrowed`: a filter holds, which an order's index does not know of. Then the first COUNT_LIMIT
    rows of the usual order are sorted, whatever the table holds; `cut` says that there are more.
    """
    asked = request.args if asked is None else asked
    sorting, cut = Sorting.asked(orders, asked), False
    if narrowed and sorting.keys != sorting.usual.keys:
        cut = bounded_count(query.with_only_columns(sorting.usual.keys[-1])) > COUNT_LIMIT
        query = sorted_part(query, sorting)
    after, before = asked.get("after"), asked.get("before")
    page = paginate(query, sorting.keys, after, before, limit, sorting.down)
    return replace(page, sorting=sorting, cut=cut)


def sorted_part(query: Select, sorting: Sorting) -> Select:
    """Its first COUNT_LIMIT rows in the usual order: what of a narrowed list another one sorts."""
    keys, down = sorting.usual
    first = _in_order(query.with_only_columns(keys[-1]), keys, down).limit(COUNT_LIMIT)
    return query.where(keys[-1].in_(first))


class Place(NamedTuple):
    """Where a row stands in a list: behind `ahead` of `rows`, itself among them while it
    `is_in`, as `bounded_counts` counts. `before`, `after`: cursors of the rows beside it, with
    their ids; `left_behind`: that of the first row of the list that was not met, where there is
    none behind."""

    ahead: int
    rows: int
    is_in: bool
    before: tuple[str, int] | None
    after: tuple[str, int] | None
    left_behind: tuple[str, int] | None = None


def place_in(ordered: Ordered, cursor: str, met: Collection[int] = ()) -> Place:
    """The place that `cursor` names, whether its row is still there or not; rows that were `met`
    stand behind nobody, and of COUNT_LIMIT of them there may be more. Two statements, at the last
    row of the heads three. Raises Invalid."""
    keys, down = ordered.keys, ordered.down
    values, rows = decode_cursor(cursor, keys), ordered.every.with_only_columns(*keys)
    ahead, behind = (ordered.beside(values, back) for back in (True, False))
    counts = bounded_counts([_together(ahead, keys), rows, rows.where(keys[-1] == values[-1])])
    unmet = keys[-1].not_in(met)
    sides = {
        "before": _Side(ahead, not down),
        "after": _Side([[rows.where(unmet) for rows in lot] for lot in behind], down),
    }
    if 0 < len(met) < COUNT_LIMIT:
        from_first = [[rows.where(unmet) for rows in lot[::-1]] for lot in ahead[::-1]]
        sides["left behind"] = _Side(from_first, down)
    beside = _firsts(sides, keys)
    after = beside.get("after")
    left_behind = None if after else beside.get("left behind")
    return Place(counts[0], counts[1], bool(counts[2]), beside.get("before"), after, left_behind)


def first_in(ordered: Ordered) -> tuple[str, int] | None:
    """The cursor and the id of the first row."""
    first = ordered.page(None, None, limit=1).items
    keys = ordered.keys
    return next(((cursor_of(row, keys), getattr(row, keys[-1].key)) for row in first), None)


def _together(lots: Sequence[Sequence[Select]], keys: tuple) -> Select | CompoundSelect:
    parts = [rows.with_only_columns(*keys) for lot in lots for rows in lot]
    return union_all(*parts) if len(parts) > 1 else parts[0]


class _Side(NamedTuple):
    """Lots of stretches, as `Ordered.beside` has them, and the direction of each."""

    lots: Sequence[Sequence[Select]]
    down: bool


def _firsts(sides: Mapping[str, _Side], keys: tuple) -> dict[str, tuple[str, int]]:
    """Of each side the first row's cursor and id; a lot is asked where those before have none."""
    found: dict[str, tuple[str, int]] = {}
    for place in range(max(len(side.lots) for side in sides.values())):
        asked = {
            name: (side.lots[place], side.down)
            for name, side in sides.items()
            if name not in found and place < len(side.lots)
        }
        found |= _firsts_of(asked, keys) if asked else {}
    return found


def _firsts_of(
    asked: Mapping[str, tuple[Sequence[Select], bool]], keys: tuple
) -> dict[str, tuple[str, int]]:
    firsts = [
        (name, place, _in_order(rows.with_only_columns(*keys), keys, down).limit(1).subquery())
        for name, (stretches, down) in asked.items()
        for place, rows in enumerate(stretches)
    ]
    parts = (select(literal(name), literal(place), *first.c) for name, place, first in firsts)
    rows = sorted(db.session.execute(union_all(*parts)), key=itemgetter(1), reverse=True)
    # Of several the nearest is the last one here.
    return {
        name: (encode_cursor([_written(value) for value in values]), values[-1])
        for name, _place, *values in rows
    }


def each_value(column: Any, *conditions: Any) -> Select:
    """Those that rows of these conditions have, blank ones left out: each is looked for in the
    column's index behind the one before, while a DISTINCT would walk over all rows."""
    next_one = select(func.min(column)).where(*conditions)
    found = next_one.where(column > "").cte(recursive=True)
    behind = next_one.where(column > found.c[0]).scalar_subquery()
    found = found.union_all(select(behind).where(found.c[0].is_not(None)))
    return select(found.c[0]).where(found.c[0].is_not(None))


def bounded(query: Select | CompoundSelect, most: int = COUNT_LIMIT) -> ScalarSelect:
    """The number of its rows, told exactly up to `most`; one more stands for "more"."""
    first = query.limit(most + 1).subquery()
    return select(func.count()).select_from(first).scalar_subquery()


def count_all(numbers: Sequence[ScalarSelect]) -> list[int]:
    """In one statement, however many they are."""
    return list(db.session.execute(select(*numbers)).one()) if numbers else []


def bounded_counts(queries: Sequence[Select | CompoundSelect]) -> list[int]:
    return count_all([bounded(query) for query in queries])


def bounded_count(query: Select) -> int:
    return bounded_counts([query])[0]


def count_text(count: int, most: int = COUNT_LIMIT) -> str:
    return number_text(most) + "+" if count > most else number_text(count)


class Tab(NamedTuple):
    """A view of a list: its name, what it sets in the address (None: takes out of it), and the rows
    that are counted behind it, or how many of them there are, if any; from one more than `most` on
    these are told as "more"."""

    label: object
    asked: Mapping[str, str | None]
    counted: Select | int | None = None
    most: int = COUNT_LIMIT


def tabs_of(tabs: Sequence[Tab], chosen: Mapping[str, str | None]) -> list[dict[str, object]]:
    """As `lists.tabs` takes them; the one whose `asked` is `chosen` is active."""
    asked = [bounded(tab.counted, tab.most) for tab in tabs if isinstance(tab.counted, Select)]
    counts = iter(count_all(asked))
    rows = [next(counts) if isinstance(tab.counted, Select) else tab.counted for tab in tabs]
    return [
        {
            "label": tab.label,
            "href": with_query(after=None, before=None, **tab.asked),
            "active": tab.asked == chosen,
            "count": None if count is None else count_text(count, tab.most),
        }
        for tab, count in zip(tabs, rows, strict=True)
    ]


def status_tab(label: object, status: str | None, counted: Select | None = None) -> Tab:
    return Tab(label, {"status": status}, counted)


def status_tabs(chosen: str | None, *tabs: Tab) -> list[dict[str, object]]:
    return tabs_of(tabs, {"status": chosen})
