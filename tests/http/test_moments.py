"""Moments as they are told on screen."""

import datetime as dt

import pytest
from flask_babel import force_locale, format_date, format_datetime

from webapp.http import formatting

# New Year comes to the shop three hours after it came to UTC.
EVE = dt.datetime(2027, 1, 1, 2, 30, tzinfo=dt.UTC)
NEW_YEAR = dt.datetime(2027, 1, 1, 3, 0, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("told", "now", "locale", "words"),
    (
        (EVE, EVE, "pt_BR", "31/12 23:30"),
        (NEW_YEAR, EVE, "pt_BR", "01/01/27 00:00"),
        (EVE, NEW_YEAR, "pt_BR", "31/12/26 23:30"),
        (EVE, NEW_YEAR, "en", "31 Dec 26 23:30"),
        (NEW_YEAR, NEW_YEAR, "en", "1 Jan 00:00"),
    ),
)
def test_the_year_is_told_of_any_but_the_shop_s_own(app, monkeypatch, told, now, locale, words):
    monkeypatch.setattr(formatting, "utc_now", lambda: now)
    with app.test_request_context(), force_locale(locale):
        assert formatting.moment_text(told) == words


@pytest.mark.parametrize("locale", ("pt_BR", "en"))
@pytest.mark.parametrize("month", range(1, 13))
def test_a_day_and_a_moment_are_written_as_the_language_does(app, monkeypatch, month, locale):
    at = dt.datetime(2026, month, 3, 15, 4, 5, tzinfo=dt.UTC)
    monkeypatch.setattr(formatting, "utc_now", lambda: at)
    day, moment = (
        ("dd/MM/yyyy", "dd/MM HH:mm") if locale == "pt_BR" else ("d MMM yyyy", "d MMM HH:mm")
    )
    with app.test_request_context(), force_locale(locale):
        assert formatting.day_text(at.date()) == format_date(at.date(), day)
        # The day of a moment is the shop's.
        assert formatting.day_text(at.replace(hour=2)) == format_date(at - dt.timedelta(1), day)
        assert formatting.moment_text(at) == format_datetime(at, moment)
        assert formatting.clock_text(at) == format_datetime(at, "HH:mm")
        assert formatting.time_text(at) == format_datetime(at, "HH:mm:ss")
