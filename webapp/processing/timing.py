"""When recurring work is owed, by the shop's own clock: pure functions."""

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True)
class Timing:
    """Once a day at `hour`, or once a month on `day` (1 to 28) at `hour`. What nobody came to
    `within` so many hours is not made up for."""

    hour: int
    within: int
    day: int | None = None

    def owed_for(self, now: dt.datetime, zone: dt.tzinfo) -> dt.datetime | None:
        """The moment for which it is owed now, in UTC; None while none is."""
        today = now.astimezone(zone).date()
        days = (today - dt.timedelta(back) for back in range(self.within // 24 + 2))
        moments = (self._on(day, zone) for day in days if self._falls_on(day))
        past = (moment for moment in moments if moment <= now)
        latest = next(past, None)
        return latest if latest and now < latest + dt.timedelta(hours=self.within) else None

    def following(self, now: dt.datetime, zone: dt.tzinfo) -> dt.datetime:
        """The first moment behind `now`, in UTC."""
        day = now.astimezone(zone).date()
        while not self._falls_on(day) or self._on(day, zone) <= now:
            day += dt.timedelta(1)
        return self._on(day, zone)

    def _falls_on(self, day: dt.date) -> bool:
        return self.day in (None, day.day)

    def _on(self, day: dt.date, zone: dt.tzinfo) -> dt.datetime:
        return dt.datetime.combine(day, dt.time(self.hour), zone).astimezone(dt.UTC)
