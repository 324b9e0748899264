"""How numbers, money, times and words appear on screen, in the person's language and the shop's
zone."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.numbers import format_currency
from flask import request
from flask_babel import (
    format_date,
    format_decimal,
    get_locale,
    gettext,
    ngettext,
)

from webapp.fiscal.tables import COUNTRIES
from webapp.http.localization import time_zone
from webapp.http.numbers import is_brazilian
from webapp.http.sealing import address
from webapp.platform.clock import utc_now
from webapp.platform.documents import (
    DocumentKind,
    document_kind,
    format_document,
    masked_document,
)
from webapp.platform.text import fold

# What CLDR names beside countries: parts of some, unions, and codes for tests.
_NO_COUNTRIES = frozenset("AC CP CQ DG EA EU EZ IC QO TA UN XA XB ZZ".split())
# Whichever: its name is asked for.
_A_MONDAY = dt.date(2026, 11, 30)


def money_text(value: Decimal) -> str:
    before, signs = _money_in(get_locale())
    number = f"{value:,.2f}".translate(signs)
    return f"-{before}{number[1:]}" if number[0] == "-" else before + number


@cache
def _money_in(locale: Locale) -> tuple[str, dict[int, int]]:
    """What stands before an amount and what parts its digits, as Babel writes them; it looks its
    pattern up anew for each of a list's fifty."""
    written = format_currency(Decimal("1234.50"), "BRL", locale=locale)
    return written[:-8], str.maketrans(",.", written[-7] + written[-3])


def number_text(value: int) -> str:
    return format_decimal(value)


def amount_text(value: Decimal) -> str:
    return format_decimal(value, "#,##0.00")


def percent_text(value: Decimal) -> str:
    return format_decimal(value, "#,##0.00") + " %"


def fine_percent_text(value: Decimal) -> str:
    """A rate with two places, or as many of four as it has."""
    return format_decimal(value, "#,##0.00##") + " %"


def access_key_text(key: str) -> str:
    """In groups of four, as it is printed, which no spreadsheet takes for a number and cuts."""
    return " ".join(key[place : place + 4] for place in range(0, len(key), 4))


# A page of a list tells some two hundred moments: the two ways of writing one are spelled out here,
# at a quarter of what Babel's patterns cost.


def day_text(value: dt.date | None) -> str:
    if value is None:
        return "—"
    value = _in_the_shop(value) if isinstance(value, dt.datetime) else value
    return f"{value:%d/%m/%Y}" if is_brazilian() else f"{_day_and_month(value)} {value:%Y}"


def _day_and_month(day: dt.date) -> str:
    months = (get_locale() or Locale("en")).months["format"]["abbreviated"]
    return f"{day.day} {months[day.month]}"


def _in_the_shop(moment: dt.datetime) -> dt.datetime:
    return moment.astimezone(ZoneInfo(time_zone()))


def weekday_names() -> list[str]:
    """From Monday on."""
    return [format_date(_A_MONDAY + dt.timedelta(place), "cccc") for place in range(7)]


def moment_text(value: dt.datetime | None) -> str:
    """A moment in the shop's zone, short: 20/11 14:32, with the year when it is another one."""
    if value is None:
        return "—"
    at, is_of_this_year = _in_the_shop(value), shop_day(value).year == shop_day(utc_now()).year
    if is_brazilian():
        return f"{at:%d/%m %H:%M}" if is_of_this_year else f"{at:%d/%m/%y %H:%M}"
    year = "" if is_of_this_year else f" {at:%y}"
    return f"{_day_and_month(at)}{year} {at:%H:%M}"


def clock_text(value: dt.datetime) -> str:
    return f"{_in_the_shop(value):%H:%M}"


def time_text(value: dt.datetime) -> str:
    """To the second, of what comes soon."""
    return f"{_in_the_shop(value):%H:%M:%S}"


def duration_text(seconds: float) -> str:
    """A waiting time in words: 2 h 14 min."""
    minutes, seconds = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours >= 48:
        return ngettext("%(num)s day", "%(num)s days", hours // 24)
    if hours:
        return gettext("%(hours)s h %(minutes)s min", hours=hours, minutes=f"{minutes:02d}")
    if minutes:
        return gettext("%(minutes)s min", minutes=minutes)
    return gettext("%(seconds)s s", seconds=seconds)


def weight_text(grams: int) -> str:
    if grams < 1000:
        return f"{grams} g"
    return format_decimal(Decimal(grams) / 1000, "#,##0.###") + " kg"


def phone_text(digits: str) -> str:
    if len(digits) in (10, 11) and digits.isdigit():
        return f"({digits[:2]}) {digits[2:-4]}-{digits[-4:]}"
    return digits


_WRITTEN = {"document": format_document, "cnpj": format_document, "phone": phone_text}


def as_written(facts: Mapping[str, Any]) -> dict[str, Any]:
    """What a record holds, for a form: documents and phones as every page shows them, moments as
    their fields do."""
    return {name: _as_written(name, fact) for name, fact in facts.items()}


def _as_written(name: str, fact: Any) -> Any:
    if isinstance(fact, dict):
        return as_written(fact)
    if isinstance(fact, dt.datetime):
        return f"{fact.astimezone(ZoneInfo(time_zone())):%Y-%m-%dT%H:%M}"
    return _WRITTEN[name](fact) if name in _WRITTEN and fact else fact


def with_query(**changes) -> str:
    """The present address with some query parameters changed; None takes one away."""
    query = {name: value for name, value in request.args.items() if name != "partial"} | changes
    query = {name: value for name, value in query.items() if value not in (None, "")}
    return address(request.path, query)


def document_name(bare: str) -> str:
    """What the document is called."""
    kind = document_kind(bare)
    return gettext("Document") if kind is DocumentKind.FOREIGN else kind.upper()


def country_text(code: str) -> str:
    locale = get_locale()
    return locale.territories.get(code, code) if locale else code


@cache
def is_country(code: str) -> bool:
    """Whether two capital letters are a country's (ISO 3166), as CLDR tells them apart from unions
    and from codes for tests."""
    return code in Locale("en").territories and code not in _NO_COUNTRIES


def countries(chosen: str) -> list[tuple[str, str]]:
    """What a form offers, Brazil first: those that an NF-e can name, and the one chosen."""
    abroad = {*COUNTRIES, chosen.upper()} - {"", "BR"}
    named = sorted(((code, country_text(code)) for code in abroad), key=lambda each: fold(each[1]))
    return [("BR", country_text("BR")), *named]


FILTERS = {
    "money": money_text,
    "number": number_text,
    "percent": percent_text,
    "fine_percent": fine_percent_text,
    "access_key": access_key_text,
    "day": day_text,
    "moment": moment_text,
    "clock": clock_text,
    "duration": duration_text,
    "weight": weight_text,
    "phone": phone_text,
    "masked": masked_document,
    "document_name": document_name,
    "country": country_text,
    "countries": countries,
}


def shop_day(moment: dt.datetime) -> dt.date:
    """The calendar day of a moment in the shop's zone; months of commission and royalty follow
    it."""
    return _in_the_shop(moment).date()
