"""The lists of counts, and of what one counted, as declarations."""

from collections.abc import Callable
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext
from sqlalchemy import Select

from webapp.audit.history import who
from webapp.counting.models import Count, CountLine, CountStatus
from webapp.counting.queries import count_by_id, counts, shown_lines
from webapp.http.lists import Order, newest_first
from webapp.http.query import WrongFilter
from webapp.platform.whole import whole_number
from webapp.web.listings import Asked, Cell, Listing, Value

LATEST = {"when": Order((CountLine.at, CountLine.id), down=True)}


def _field(label: Any, name: str) -> Cell:
    return Cell(label, lambda row: getattr(row, name))


def _reviewed(label: Any, value: Callable[[CountLine], Value]) -> Cell:
    """People count blind: what should be there is told when they are done."""
    return Cell(
        label, lambda line: value(line) if line.count.status is not CountStatus.OPEN else ""
    )


def _value(line: CountLine) -> Value:
    return None if line.product.cost is None else line.product.cost * line.difference


def _lines(asked: Asked) -> Select[Any]:
    count_id = whole_number(asked.get("count"), 1)
    if count_id is None:
        raise WrongFilter("count", args=asked)
    return shown_lines(count_by_id(count_id))


COUNTS = Listing(
    name="counts",
    label=_l("Counts of stock"),
    endpoint="counting.index",
    rows=lambda _asked: counts(),
    orders=newest_first(Count.id),
    cells=(
        _field(_l("Count"), "name"),
        Cell(_l("What is counted"), lambda count: str(count.scope.label)),
        Cell(_l("Status"), lambda count: str(count.status.label)),
        _field(_l("When"), "created_at"),
        Cell(_l("Who"), lambda count: who(count.begun_by).name),
        _field(_l("Reason"), "reason"),
        Cell(
            lazy_pgettext("a count", "Taken by"),
            lambda count: who(count.taken_by).name if count.taken_by else "",
        ),
        _field(_l("Taken on"), "taken_at"),
    ),
)
COUNT_LINES = Listing(
    name="count-lines",
    label=_l("Lines of a count"),
    endpoint="counting.index",
    rows=_lines,
    orders=LATEST,
    cells=(
        Cell(_l("SKU"), lambda line: line.product.sku),
        Cell(_l("Product"), lambda line: line.product.name),
        _field(lazy_pgettext("stock", "Counted"), "counted"),
        _reviewed(_l("Expected"), lambda line: line.expected),
        _reviewed(_l("Difference"), lambda line: line.difference),
        _reviewed(_l("Value at cost"), _value),
        _field(_l("Taken"), "moved"),
        _field(_l("When"), "at"),
        Cell(_l("Who"), lambda line: who(line.counted_by).name),
    ),
    filters=("count",),
    has_page=False,
)
