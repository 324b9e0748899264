"""By when an order must leave the shop, and on which days parcels leave at all. Pure: the same
answer for the same terms."""

import datetime as dt
import functools
from collections.abc import Collection
from zoneinfo import ZoneInfo

from webapp.store.dispatch import DispatchTerms


def ship_by(paid_at: dt.datetime, terms: DispatchTerms) -> dt.datetime:
    """When parcels are picked up on the last day of its preparation. What is paid up to the cut-off
    of a working day counts from that day on, else from the next one."""
    paid = paid_at.astimezone(ZoneInfo(terms.time_zone))
    day = paid.date()
    if not is_working_day(day, terms) or paid.time() > dt.time.fromisoformat(terms.cut_off):
        day = next_working_day(day, terms)
    for _day in range(terms.preparation_days):
        day = next_working_day(day, terms)
    pick_up = dt.time.fromisoformat(terms.pick_up)
    return dt.datetime.combine(day, pick_up, paid.tzinfo).astimezone(dt.UTC)


def next_working_day(day: dt.date, terms: DispatchTerms) -> dt.date:
    day += dt.timedelta(1)
    while not is_working_day(day, terms):
        day += dt.timedelta(1)
    return day


def is_working_day(day: dt.date, terms: DispatchTerms) -> bool:
    return (
        str(day.isoweekday()) in terms.dispatch_weekdays
        and day not in holidays_of(day.year, terms.state)
        and day.isoformat() not in terms.days_off
    )


@functools.cache
def holidays_of(year: int, state: str) -> Collection[dt.date]:
    """By law, of the nation and of the state; the nation's alone where no state is known."""
    # Brings its registry along: only a process that enters orders pays for it, and the web server
    # once for all of its own.
    from holidays.countries.brazil import Brazil

    return frozenset(Brazil(years=year, subdiv=state if state in Brazil.subdivisions else None))
