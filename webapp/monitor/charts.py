"""The charts of the queue monitor: what was done, how long it took, what waited, over an hour, a
day or a week."""

import datetime as dt
import enum
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from webapp.http.localization import time_zone
from webapp.http.query import query_choice, query_word
from webapp.monitor.history import HOUR, MINUTE, TEN_MINUTES, SpanFigures, points, together
from webapp.monitor.words import QUEUES
from webapp.platform.clock import utc_now


class Range(enum.StrEnum):
    """How far back one looks."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"

    @property
    def spans(self) -> "Spans":
        return _RANGES[self]


class Spans(NamedTuple):
    """A range in words, and how many spans of how many seconds it has; in a table so many of them
    make a row."""

    label: LazyString
    seconds: int
    many: int
    in_row: int


_RANGES = {
    Range.HOUR: Spans(_l("1 hour"), MINUTE, 60, 5),
    Range.DAY: Spans(_l("24 hours"), TEN_MINUTES, 144, 12),
    Range.WEEK: Spans(_l("7 days"), HOUR, 168, 24),
}


class Choice(NamedTuple):
    label: object
    href: str
    is_on: bool


class Drawn(NamedTuple):
    """One chart: its title, and what static/js/charts.js draws."""

    key: str
    title: str
    plot: dict[str, Any]


@dataclass(frozen=True)
class Charts:
    """Of one queue, or of all ("") together."""

    range: Range
    queue: str

    @classmethod
    def asked(cls) -> "Charts":
        """As the address says. Raises WrongFilter."""
        return cls(query_choice("range", Range) or Range.HOUR, query_word("queue", list(QUEUES)))

    @property
    def url(self) -> str:
        return url_for("monitor.charts", range=self.range, queue=self.queue or None)

    @property
    def ranges(self) -> list[Choice]:
        return [self._choice(each.spans.label, each, self.queue) for each in Range]

    @property
    def queues(self) -> list[Choice]:
        every = {"": _("All queues")} | QUEUES
        return [self._choice(label, self.range, queue) for queue, label in every.items()]

    def _choice(self, label: object, asked: Range, queue: str) -> Choice:
        href = url_for("monitor.page", range=asked, queue=queue or None)
        return Choice(label, href, (asked, queue) == (self.range, self.queue))

    @cached_property
    def spans(self) -> list[tuple[dt.datetime, SpanFigures | None]]:
        """Each span of the range by when it began, the oldest first, up to the last that is over;
        without figures where nobody kept any."""
        seconds, many = self.range.spans.seconds, self.range.spans.many
        end = int(utc_now().timestamp()) // seconds * seconds
        begins = [dt.datetime.fromtimestamp(end - n * seconds, dt.UTC) for n in range(many, 0, -1)]
        until = begins[-1] + dt.timedelta(seconds=seconds)
        found = points(seconds, begins[0], until, self.queue)
        return [(moment, found.get(moment)) for moment in begins]

    @property
    def is_empty(self) -> bool:
        return not any(figures for _moment, figures in self.spans)

    @property
    def rows(self) -> list[tuple[dt.datetime, SpanFigures]]:
        """As the table tells it: several spans together, the newest first."""
        size, rows = self.range.spans.in_row, []
        for first in range(0, len(self.spans), size):
            part = self.spans[first : first + size]
            if kept := [figures for _moment, figures in part if figures]:
                rows.append((part[0][0], together(kept, sum(each.seconds for each in kept))))
        return rows[::-1]

    @property
    def drawn(self) -> list[Drawn]:
        minutes = self._plot(
            "",
            (_("Done"), lambda told: round(told.done_per_minute, 2)),
            (_("In vain"), lambda told: round(told.in_vain_per_minute, 2)),
        )
        times = self._plot(
            "second",
            (_("Half within"), lambda told: _seconds(told.p50_ms)),
            (_("19 of 20 within"), lambda told: _seconds(told.p95_ms)),
        )
        waiting = self._plot("", (_("Pending"), lambda told: told.owed))
        return [
            Drawn("pace", _("Steps per minute"), minutes),
            Drawn("times", _("From due to done"), times),
            Drawn("waiting", _("Pending steps"), waiting),
        ]

    def _plot(
        self, unit: str, *lines: tuple[str, Callable[[SpanFigures], float | None]]
    ) -> dict[str, Any]:
        zone = ZoneInfo(time_zone())
        return {
            "step": _("Moment"),
            # What the shop's clock shows, told as if it were UTC's.
            "steps": [
                int(moment.astimezone(zone).replace(tzinfo=dt.UTC).timestamp())
                for moment, _figures in self.spans
            ],
            "clock": True,
            "unit": unit,
            "lines": [
                {
                    "label": label,
                    "values": [figures and value(figures) for _moment, figures in self.spans],
                }
                for label, value in lines
            ],
        }


def _seconds(milliseconds: int | None) -> float | None:
    return None if milliseconds is None else math.ceil(milliseconds / 10) / 100
