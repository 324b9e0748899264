"""The chart of the home page: what paid orders came to over a range of days, alone beside the same
days before, or parted by channel, agent or product."""

import datetime as dt
import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple

from flask import url_for
from flask_babel import format_date, pgettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from webapp.dashboard.queries import agent_names, products_sold
from webapp.http.formatting import day_text, money_text, number_text, shop_day
from webapp.http.periods import Period
from webapp.http.query import Asked, WrongFilter, query_choice
from webapp.platform.clock import utc_now
from webapp.sales.forms import CHANNELS
from webapp.staff.access import may
from webapp.sums.models import By
from webapp.sums.queries import DayFigures, Sums, days_of, kept_sums, sums, total_of

USUAL, MOST = 30, 366
# A longer range is told by weeks.
BY_DAY = 92
WEEK = 7
# So many lines; what else there is makes one of its own.
LINES, ROWS = 6, 20


class Measure(enum.StrEnum):
    """What is looked at. A margin is for those who see what goods cost and others earn."""

    SALES = "sales"
    ORDERS = "orders"
    MARGIN = "margin"

    @property
    def label(self) -> LazyString:
        return MEASURES[self]

    @property
    def is_money(self) -> bool:
        return self is not Measure.ORDERS

    def of(self, figures: DayFigures) -> Decimal | int:
        if self is Measure.ORDERS:
            return figures.orders
        return figures.margin if self is Measure.MARGIN else figures.net

    def text(self, figures: DayFigures) -> str:
        value = self.of(figures)
        return number_text(value) if isinstance(value, int) else money_text(value)


MEASURES = {
    Measure.SALES: _l("Sales"),
    Measure.ORDERS: _l("Paid orders"),
    Measure.MARGIN: _l("Margin"),
}
WITH_MARGIN = ("manager", "accountant")


@dataclass(frozen=True)
class ChartFilters:
    """What the address asks for."""

    since: dt.date
    until: dt.date
    by: By
    measure: Measure

    @classmethod
    def of(cls, asked: Asked = None) -> "ChartFilters":
        """Raises WrongFilter."""
        period, today = Period.asked(asked), shop_day(utc_now())
        until = min(period.until or today, today)
        since = period.since or until - dt.timedelta(USUAL - 1)
        if since > until:
            raise WrongFilter("since", _("This day is still to come."))
        if (until - since).days >= MOST:
            raise WrongFilter("since", _("A chart shows a year at most."))
        measure = query_choice("of", Measure, asked) or Measure.SALES
        if measure is Measure.MARGIN and not may(*WITH_MARGIN):
            raise WrongFilter("of", args=asked)
        return cls(since, until, query_choice("by", By, asked) or By.ALL, measure)

    @property
    def days(self) -> int:
        return (self.until - self.since).days + 1

    @property
    def is_by_week(self) -> bool:
        return self.days > BY_DAY

    def href(self, **changes: Any) -> str:
        told: dict[str, Any] = {"since": self.since, "until": self.until}
        told |= {"by": self.by, "of": self.measure}
        return url_for("dashboard.page", **told | changes)


class Line(NamedTuple):
    """`values`: one a step of the chart. `is_former`: of the days before."""

    label: str
    values: list[float]
    is_former: bool = False


class Row(NamedTuple):
    """A step of the chart, or one of what it is parted by, with the list that it is of."""

    label: str
    figures: DayFigures
    href: str


class Chart:
    """Each part is worked out once, when the template needs it."""

    def __init__(self, filters: ChartFilters, since: dt.date | None = None) -> None:
        """`since`: also the days from then until today are asked for. A product has no freight: of
        a chart by products they are added up apart, by one look at what is kept."""
        self.filters = filters
        with_costs, until = filters.measure is Measure.MARGIN, filters.until
        first = filters.since - dt.timedelta(filters.days if filters.by is By.ALL else 0)
        known = None
        if since and filters.by is By.PRODUCT:
            known = kept_sums(By.ALL, min(first, since), shop_day(utc_now()))
        elif since:
            first, until = min(first, since), shop_day(utc_now())
        self._known = known
        self._sums = sums(filters.by, first, until, with_costs, known)

    def days(self, since: dt.date, until: dt.date) -> Sums:
        """Of all orders together."""
        if self.filters.by is By.PRODUCT:
            return sums(By.ALL, since, until, with_costs=False, known=self._known)
        return {day: {"": total_of(of_day.values())} for day, of_day in self._sums.items()}

    @cached_property
    def _steps(self) -> list[list[dt.date]]:
        days = days_of(self.filters.since, self.filters.until)
        size = WEEK if self.filters.is_by_week else 1
        return [days[index : index + size] for index in range(0, len(days), size)]

    @cached_property
    def _by_key(self) -> dict[str, DayFigures]:
        """Over all the range, the most first."""
        found: dict[str, list[DayFigures]] = {}
        for step in self._steps:
            for day in step:
                for key, figures in self._sums.get(day, {}).items():
                    found.setdefault(key, []).append(figures)
        totals = {key: total_of(figures) for key, figures in found.items()}
        of = self.filters.measure.of
        return dict(sorted(totals.items(), key=lambda item: (-of(item[1]), item[0])))

    @property
    def total(self) -> DayFigures:
        return total_of(self._by_key.values())

    @property
    def former(self) -> DayFigures:
        """Of as many days before."""
        back = dt.timedelta(self.filters.days)
        return self._of_step([day - back for step in self._steps for day in step])

    @property
    def is_empty(self) -> bool:
        return not self._by_key

    # -- what is drawn ----------------------------------------------------------------------------

    @property
    def drawn(self) -> dict[str, Any]:
        """What static/js/charts.js draws: a step's first moment in UTC, and the lines."""
        begins = (dt.datetime.combine(step[0], dt.time(), dt.UTC) for step in self._steps)
        return {
            "step": _("Day"),
            "steps": [int(moment.timestamp()) for moment in begins],
            "money": self.filters.measure.is_money,
            "lines": [
                {"label": line.label, "values": line.values, "former": line.is_former}
                for line in self._lines()
            ],
        }

    def _lines(self) -> list[Line]:
        if self.filters.by is By.ALL:
            back = dt.timedelta(self.filters.days)
            before = [[day - back for day in step] for step in self._steps]
            return [
                Line(str(self.filters.measure.label), self._values(self._steps)),
                Line(_("The days before"), self._values(before), True),
            ]
        shown = list(self._by_key)[:LINES]
        lines = [Line(self.names[key], self._values(self._steps, {key})) for key in shown]
        others = self._by_key.keys() - set(shown)
        if others and self.filters.by is not By.PRODUCT:
            lines.append(Line(pgettext("chart", "Others"), self._values(self._steps, others)))
        return lines

    def _values(self, steps: list[list[dt.date]], keys: Iterable[str] = ("",)) -> list[float]:
        return [float(self.filters.measure.of(self._of_step(step, keys))) for step in steps]

    def _of_step(self, days: Iterable[dt.date], keys: Iterable[str] = ("",)) -> DayFigures:
        return total_of(
            self._sums[day][key]
            for day in days
            if day in self._sums
            for key in keys
            if key in self._sums[day]
        )

    # -- what is told -----------------------------------------------------------------------------

    @cached_property
    def _products(self) -> Mapping[str, tuple[int, str]]:
        """Id and name, by SKU; not of one that bears another SKU by now."""
        return products_sold(list(self._by_key)[:ROWS])

    @cached_property
    def names(self) -> Mapping[str, str]:
        keys = list(self._by_key)[:ROWS]
        if self.filters.by is By.CHANNEL:
            return {key: str(CHANNELS.get(key, key)) for key in keys}
        if self.filters.by is By.AGENT:
            return {"": _("No agent")} | agent_names(keys)
        return {key: self._products[key][1] if key in self._products else key for key in keys}

    @property
    def rows(self) -> list[Row]:
        if self.filters.by is By.ALL:
            steps = ((step, self._of_step(step)) for step in reversed(self._steps))
            return [
                Row(_step_text(step), figures, paid_orders(step[0], step[-1]))
                for step, figures in steps
                if figures.orders
            ]
        return [
            Row(self.names[key], figures, self._list_of(key))
            for key, figures in list(self._by_key.items())[:ROWS]
        ]

    def _list_of(self, key: str) -> str:
        since, until = self.filters.since, self.filters.until
        if self.filters.by is By.PRODUCT:
            known = self._products.get(key)
            return url_for("catalog.show", product_id=known[0]) if known else ""
        if not key:
            return paid_orders(since, until)
        return paid_orders(since, until, **{str(self.filters.by): key})

    @property
    def ranges(self) -> list[dict[str, Any]]:
        """Those that are chosen at once."""
        today = shop_day(utc_now())
        first = today.replace(day=1)
        before = first - dt.timedelta(1)
        offered = {
            _("7 days"): (today - dt.timedelta(6), today),
            _("30 days"): (today - dt.timedelta(USUAL - 1), today),
            _("This month"): (first, today),
            _("Last month"): (before.replace(day=1), before),
            _("12 months"): (today - dt.timedelta(MOST - 2), today),
        }
        now = (self.filters.since, self.filters.until)
        return [
            {
                "label": label,
                "href": self.filters.href(since=span[0], until=span[1]),
                "active": span == now,
            }
            for label, span in offered.items()
        ]

    @property
    def measures(self) -> list[dict[str, Any]]:
        return [
            {
                "label": measure.label,
                "href": self.filters.href(of=measure),
                "active": measure is self.filters.measure,
            }
            for measure in Measure
            if measure is not Measure.MARGIN or may(*WITH_MARGIN)
        ]

    @property
    def parts(self) -> list[dict[str, Any]]:
        return [
            {"label": by.label, "href": self.filters.href(by=by), "active": by is self.filters.by}
            for by in By
        ]


def paid_orders(since: dt.date, until: dt.date, **filters: Any) -> str:
    """The list of the orders that were paid on these days, the latest payment first."""
    return url_for("sales.index", paid_since=since, paid_until=until, **filters)


def _step_text(step: list[dt.date]) -> str:
    if len(step) == 1:
        return format_date(step[0], "short")
    return _("%(first)s to %(last)s", first=day_text(step[0]), last=day_text(step[-1]))
