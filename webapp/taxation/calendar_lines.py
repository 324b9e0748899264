"""The fiscal calendar as people and programs read it, and what it asks of the shop."""

import datetime as dt
from typing import NamedTuple

from flask_babel import gettext

from webapp.fiscal.calendar import (
    ASKED,
    MONTHLY,
    P_CBS,
    P_IBS_CITY,
    P_IBS_STATE,
    Term,
)
from webapp.fiscal.note import choice_on
from webapp.fiscal.taxes import BY_LAW, standing
from webapp.store.queries import the_shop
from webapp.taxation.book import the_tax_book

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
    missing: dict[str, dt.date] = {}
    for day in due:
        for code in _needed(day):
            if calendar.value(code, day) is None:
                missing.setdefault(code, day)
    return [
        AskedValue(code, gettext(ASKED[code]), first_day_asked(code, missing[code]))
        for code in ASKED
        if code in missing
    ]


def _needed(day: dt.date) -> tuple[str, ...]:
    """The values that the shop's notes of a day need, by its regime and what it chose."""
    shop, today = the_shop(), the_tax_book().calendar.on(day)
    own = standing(shop.crt, choice_on(shop.ibs_cbs, day), today)
    return (*((P_IBS_STATE, P_IBS_CITY, P_CBS) if own.values == BY_LAW else ()), *own.share)


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
