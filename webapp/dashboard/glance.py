"""Today and this month in figures, each beside the former period."""

import calendar
import datetime as dt
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

from webapp.dashboard import queries
from webapp.sums.queries import DayFigures, Sums, days_of, total_of

SPARK = 14


class Beside(NamedTuple):
    """What there is now, and what there was in the former period."""

    now: int | Decimal
    before: int | Decimal

    @property
    def change(self) -> Decimal | None:
        """By how many per cent it went up or down; None where there is nothing to compare with."""
        return Decimal(self.now - self.before) * 100 / self.before if self.before else None


def glance_since(today: dt.date) -> dt.date:
    """The first day that it looks at."""
    former_first = (today.replace(day=1) - dt.timedelta(1)).replace(day=1)
    return min(former_first, today - dt.timedelta(SPARK - 1))


class Glance:
    """All of it in few questions, however many orders there are. `days`: the sums of all orders
    from `glance_since` to today, which a chart may have asked for already."""

    def __init__(self, today: dt.date, days: Sums, of_the_day: queries.OfTheDay) -> None:
        self.today, self.yesterday = today, today - dt.timedelta(1)
        self.first = today.replace(day=1)
        self.former_first = (self.first - dt.timedelta(1)).replace(day=1)
        self._sums, self._of_the_day = days, of_the_day

    def _of(self, since: dt.date, until: dt.date) -> DayFigures:
        return total_of(self._sums[day][""] for day in days_of(since, until) if day in self._sums)

    @property
    def former_until(self) -> dt.date:
        """The same day of the former month, or its last."""
        last = calendar.monthrange(self.former_first.year, self.former_first.month)[1]
        return self.former_first.replace(day=min(self.today.day, last))

    @cached_property
    def last_days(self) -> list[DayFigures]:
        days = days_of(self.today - dt.timedelta(SPARK - 1), self.today)
        return [self._of(day, day) for day in days]

    @property
    def sales(self) -> Beside:
        return Beside(self.last_days[-1].net, self.last_days[-2].net)

    @property
    def orders(self) -> Beside:
        return Beside(self.last_days[-1].orders, self.last_days[-2].orders)

    @property
    def month(self) -> Beside:
        """So far, and the former one as far."""
        now = self._of(self.first, self.today)
        return Beside(now.net, self._of(self.former_first, self.former_until).net)

    @property
    def month_day_by_day(self) -> list[Decimal]:
        days = days_of(self.first, self.today)
        return [self._of(self.first, day).net for day in days]

    @property
    def notes(self) -> Beside:
        return Beside(*self._of_the_day.notes)

    @property
    def parcels(self) -> Beside:
        return Beside(*self._of_the_day.parcels)
