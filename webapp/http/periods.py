"""The days that a list is asked for: ?since= and ?until=, both counting, in the shop's zone."""

import datetime as dt
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.http.formatting import day_text, shop_day, with_query
from webapp.http.localization import time_zone
from webapp.http.query import Asked, WrongFilter, query_day
from webapp.platform.clock import utc_now

EARLIEST, LATEST = dt.date(1900, 1, 1), dt.date(2999, 12, 31)


WORDS = {
    "": (_l("Since %(day)s"), _l("Until %(day)s")),
    "paid_": (_l("Paid since %(day)s"), _l("Paid until %(day)s")),
    "shipped_": (_l("Shipped since %(day)s"), _l("Shipped until %(day)s")),
}


class ReversedDays(WrongFilter):
    title = _l("These days are reversed")

    def __init__(self):
        super().__init__("since", _("The first day is later than the last; change them over."))


class Period(NamedTuple):
    """`of` stands before the names in the address: that of a payment is ?paid_since=."""

    since: dt.date | None = None
    until: dt.date | None = None
    of: str = ""

    @classmethod
    def asked(cls, asked: Asked = None, of: str = "") -> "Period":
        """What the address asks for. Raises WrongFilter."""
        period = cls(_day(f"{of}since", asked), _day(f"{of}until", asked), of)
        if period.since and period.until and period.since > period.until:
            raise ReversedDays()
        return period

    @property
    def begins(self) -> dt.datetime | None:
        return _midnight(self.since) if self.since else None

    @property
    def ends(self) -> dt.datetime | None:
        """The first moment after it."""
        return _midnight(self.until + dt.timedelta(1)) if self.until else None

    def chosen(self) -> list[dict[str, Any]]:
        """Each bound that holds, as `lists.filters` takes them."""
        since, until = WORDS[self.of]
        words = {
            "since": self.since and since % {"day": day_text(self.since)},
            "until": self.until and until % {"day": day_text(self.until)},
        }
        return [
            {"label": label, "href": _href(f"{self.of}{name}", None)}
            for name, label in words.items()
            if label
        ]

    def choice(self) -> dict[str, Any]:
        """What one may choose, as `lists.filters` takes it."""
        today = shop_day(utc_now())
        ago = {0: _("Today"), 6: _("Last 7 days"), 29: _("Last 30 days")}
        options = [self._since(today - dt.timedelta(back), label) for back, label in ago.items()]
        return {"label": _("Period"), "options": options, "days": self}

    def _since(self, day: dt.date, label: str) -> dict[str, Any]:
        return {"label": label, "href": _href("since", day), "active": day == self.since}


def _href(name: str, day: dt.date | None) -> str:
    return with_query(**{name: day and day.isoformat(), "after": None, "before": None})


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), ZoneInfo(time_zone())).astimezone(dt.UTC)


def _day(name: str, asked: Asked) -> dt.date | None:
    day = query_day(name, asked)
    if day and not EARLIEST <= day <= LATEST:
        raise WrongFilter(name, args=asked)
    return day
