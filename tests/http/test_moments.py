"""Moments as they are told on screen."""

import datetime as dt

import pytest
from flask_babel import force_locale

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
