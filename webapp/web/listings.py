"""Lists as declarations: what a page shows, a view counts and a file holds is one reading of one
address."""

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple

from flask import Flask, Response, current_app
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import Select

from webapp.http.best_first import Sought, best_first, searched
from webapp.http.filters import USUAL_PAGE
from webapp.http.formatting import amount_text, day_text, moment_text, number_text
from webapp.http.lists import Ordered, Orders, Page, Sorting, page_of, slices, sorted_part
from webapp.http.spreadsheets import FileKind, chunks_of, download
from webapp.platform.database import db
from webapp.platform.errors import Forbidden, NotFound
from webapp.platform.searching import Ids
from webapp.platform.transactions import only_reading
from webapp.staff.models import Role
from webapp.web.navigation import is_open_to, open_to_me

Asked = Mapping[str, str]
Value = str | int | Decimal | dt.datetime | dt.date | None
# What a reader of any list may ask for beside its filters.
SORT = "sort"


class Cell(NamedTuple):
    """One column of a file, which a person may choose for the page too."""

    label: Any
    value: Callable[[Any], Value]

    def text(self, row: Any) -> str:
        """As a page shows it."""
        value = self.value(row)
        if isinstance(value, dt.datetime):
            return moment_text(value)
        if isinstance(value, dt.date):
            return day_text(value)
        if isinstance(value, Decimal):
            return amount_text(value)
        return number_text(value) if isinstance(value, int) else value or ""


@dataclass(frozen=True)
class Listing:
    """A list.

    `endpoint`: its page; who may open that may have it as a file. `rows`: as an address filters
    them, in no order; raises WrongFilter. `filters`: what of an address it reads. `orders`: those
    of `http.lists`, or which ones an address has. `named`: of what is searched for (?q=), the ids
    of the rows that it is a code of, by the last key of the usual order. `gather`: what the cells
    read, of rows that are at hand; it loads at once what they need.
    `asks_ahead`: filters by which `rows` asks the database before it knows what to ask, so that a
    menu on every page counts by them in statements of their own, and rarely. `record`: the endpoint
    of one row's page and what its address calls the row's id, the last key of every order; then the
    list can be walked through (webapp.web.walks). `has_page`: the endpoint is the list itself, and
    not the page of what it belongs to; such a list has no views.
    """

    name: str
    label: Any
    endpoint: str
    rows: Callable[[Asked], Select[Any]]
    orders: Orders | Callable[[Asked], Orders]
    cells: tuple[Cell, ...]
    filters: tuple[str, ...] = ()
    named: Callable[[str], Ids | list[int] | None] | None = None
    gather: Callable[[list[Any]], Sequence[Any]] = list
    asks_ahead: tuple[str, ...] = ("q",)
    record: tuple[str, str] | None = None
    has_page: bool = True

    @property
    def is_open(self) -> bool:
        return open_to_me(self.endpoint)

    def is_open_to(self, role: Role) -> bool:
        return is_open_to(role, self.endpoint)

    @cached_property
    def named_cells(self) -> dict[str, Cell]:
        """By a name that is the same in every language."""
        with force_locale("en"):
            return {re.sub(r"\W+", "_", str(cell.label).lower()): cell for cell in self.cells}

    def orders_of(self, asked: Asked) -> Orders:
        return self.orders(asked) if callable(self.orders) else self.orders

    def sorting(self, asked: Asked) -> Sorting:
        """Raises WrongFilter."""
        return Sorting.asked(self.orders_of(asked), asked)

    def asked_of(self, query: Asked) -> dict[str, str]:
        """What of an address it is filtered and sorted by."""
        return {name: query[name] for name in (*self.filters, SORT) if query.get(name)}

    def in_sorting(self, asked: Asked) -> Ordered:
        """The rows that its pages show, one after the other: all that fit, or those of them that
        are sorted. Raises WrongFilter."""
        sorting, sought = self.sorting(asked), self.sought(asked)
        if sought and sorting.is_usual:
            return searched(lambda: self.rows(asked), sorting.usual, sought)
        rows = self.rows(asked)
        narrowed = any(asked.get(name) for name in self.filters)
        is_part = narrowed and sorting.keys != sorting.usual.keys
        rows = sorted_part(rows, sorting) if is_part else rows
        return Ordered(sorting.keys, sorting.down, rows)

    def ids(self, asked: Asked) -> Select[Any]:
        """The same rows, to be counted. Raises WrongFilter."""
        return self.rows(asked).with_only_columns(self.sorting(asked).usual.keys[-1])

    def first_ids(self, asked: Asked, most: int) -> Select[Any]:
        """Of as many rows of the usual order, which a search walks no further. Raises
        WrongFilter."""
        keys, down = self.sorting(asked).usual
        ordered = (key.desc() if down else key.asc() for key in keys)
        return self.rows(asked).with_only_columns(keys[-1]).order_by(*ordered).limit(most)

    def page(self, asked: Asked, limit: int = USUAL_PAGE, narrowed: bool = False) -> Page:
        """The page that an address asks for; in the usual order the best hits of a search stand
        first. Raises WrongFilter."""
        sorting, sought = self.sorting(asked), self.sought(asked)
        if not sought or not sorting.is_usual:
            return page_of(self.rows(asked), self.orders_of(asked), limit, narrowed, asked)
        after, before = asked.get("after"), asked.get("before")
        order, rows = sorting.usual, lambda: self.rows(asked)
        return replace(best_first(rows, order, sought, after, before, limit), sorting=sorting)

    def sought(self, asked: Asked) -> Sought | None:
        written = asked.get("q", "") if self.named else ""
        if not self.named or not written.strip():
            return None
        among = self.rows({**asked, "q": ""})
        return Sought(written, self.named(written), among)

    def file(self, kind: FileKind, query: Asked) -> Response:
        """Raises WrongFilter, and Forbidden where its page is not open to who asks."""
        return download(self.file_name(query), kind, self.chunks(kind, query))

    def file_name(self, query: Asked) -> str:
        return "-".join(filter(None, (self.name, self.asked_of(query).get("month"))))

    def chunks(self, kind: FileKind, query: Asked) -> Iterator[bytes]:
        """The bytes of the file, read while they are taken. Raises as `file` does."""
        if not self.is_open:
            raise Forbidden(_("Your role does not open this list."))
        asked = self.asked_of(query)
        found, sorting = self.rows(asked), self.sorting(asked)
        header = [str(cell.label) for cell in self.cells]
        return chunks_of(kind, header, self._lines(found, sorting), str(self.label))

    def _lines(self, found: Select[Any], sorting: Sorting) -> Iterator[list[Value]]:
        """No transaction is open while somebody's slow line takes them in, and no row is kept."""
        for rows in self._some(slices(found, sorting.keys, sorting.down)):
            yield from rows

    def _some(self, found: Iterator[list[Any]]) -> Iterator[list[list[Value]]]:
        while True:
            with only_reading():
                rows = next(found, None)
                if rows is None:
                    return
                lines = [[cell.value(row) for cell in self.cells] for row in self.gather(rows)]
                db.session.expunge_all()
                db.session.rollback()
            yield lines


def set_up(app: Flask, found: Sequence[Listing]) -> None:
    app.extensions["listings"] = {listing.name: listing for listing in found}


def listings() -> dict[str, Listing]:
    known: dict[str, Listing] = current_app.extensions["listings"]
    return known


def listing_called(name: str) -> Listing:
    """Raises NotFound."""
    if name not in listings():
        raise NotFound(_("There is no such list."))
    return listings()[name]
