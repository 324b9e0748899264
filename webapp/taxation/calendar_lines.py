"""The fiscal calendar as people and programs read it, and what it asks of the shop."""

import datetime as dt
from typing import NamedTuple

from flask_babel import gettext

from webapp.fiscal.calendar import (
    ASKED,
    MONTHLY,
    P_CBS,
    P_CBS_SIMPLES,
    P_IBS_CITY,
    P_IBS_SIMPLES,
    P_IBS_STATE,
    Term,
)
from webapp.store.queries import the_shop
from webapp.taxation.book import the_tax_book

# Which of the values a shop's notes need, by its CRT.
NEEDED = {
    "1": (P_IBS_SIMPLES, P_CBS_SIMPLES),
    "2": (P_CBS_SIMPLES,),
    "3": (P_IBS_STATE, P_IBS_CITY, P_CBS),
    "4": (),
}
LOOK_AHEAD = dt.timedelta(days=62)


class AskedValue(NamedTuple):
    """A value that the shop's notes need from a day on, and that nobody typed in."""

    code: str
    what: str
    day: dt.date


def asked_labels() -> dict[str, str]:
    return {code: gettext(what) for code, what in ASKED.items()}


def asked_now(today: dt.date) -> list[AskedValue]:
    """What is missing today and in the next two months, each with its first day."""
    calendar, crt = the_tax_book().calendar, the_shop().crt
    starts = {term.start for term in calendar.coming(today)} | set(_months(today))
    days = [today, *sorted(day for day in starts if day <= today + LOOK_AHEAD)]
    due = [day for day in days if crt in calendar.on(day).regimes]
    found = []
    for code in NEEDED[crt]:
        day = next((day for day in due if calendar.value(code, day) is None), None)
        if day is not None:
            found.append(AskedValue(code, gettext(ASKED[code]), first_day_asked(code, day)))
    return found


def first_day_asked(code: str, day: dt.date) -> dt.date:
    """From when a value that is missing on `day` is to hold."""
    if code in MONTHLY:
        return day.replace(day=1)
    term = the_tax_book().calendar.in_force(code, day)
    return term.start if term and term.value is None else day


def _months(today: dt.date) -> list[dt.date]:
    """The first days of the next two."""
    return [(today.replace(day=1) + dt.timedelta(days=32 * n)).replace(day=1) for n in (1, 2)]


def calendar_terms() -> tuple[Term, ...]:
    """All dates, the oldest first; the shop's own values among them."""
    return the_tax_book().calendar.terms
