"""Lists that cost the same at a million rows as at a thousand: pages by key, counts that stop at a
thousand."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

from flask import request
from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    ScalarSelect,
    Select,
    func,
    literal,
    not_,
    select,
    tuple_,
    union_all,
)

from webapp.http.cursors import cursor_of, decode_cursor
from webapp.http.formatting import number_text, with_query
from webapp.http.query import Asked, query_word
from webapp.platform.database import db
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

    def beside(self, values: Sequence[Any], back: bool) -> list[Select]:
        """What stands behind a row of these values, or ahead of it, the nearest stretch first."""
        heads, others = self._heads_from(values, back), self._others_from(values, back)
        return others + heads if back else heads + others

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
        ordered = in_order(query, self.keys, self.down != back)
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
        in_order(rows.with_only_columns(*keys), keys, down).limit(most).subquery()
        for rows in stretches
    ]
    parts = (select(literal(place).label("place"), *first.c) for place, first in enumerate(firsts))
    found = union_all(*parts).subquery()
    place, *values = found.c
    return select(values[-1]).order_by(place, *_directed(values, down)).limit(most)


def in_order(query: Select, keys: tuple, down: bool) -> Select:
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
        rows = list(db.session.scalars(in_order(more, keys, down).limit(ROWS_AT_ONCE)).unique())
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
    first = in_order(query.with_only_columns(keys[-1]), keys, down).limit(COUNT_LIMIT)
    return query.where(keys[-1].in_(first))


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
