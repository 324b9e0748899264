"""By when an order must leave: right values worked out by hand on a calendar of 2026 and 2027."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from webapp.sales.shipping_times import ship_by
from webapp.store.dispatch import DispatchTerms

# Taken till 14:00, prepared for one working day, picked up at 17:00; Monday to Friday, São Paulo.
USUAL = DispatchTerms("14:00", "17:00", 1, "12345", "", "SP", "America/Sao_Paulo")


def leaves(paid: str, **terms) -> str:
    """Both by the shop's clock."""
    zone = ZoneInfo(terms.get("time_zone", USUAL.time_zone))
    moment = dt.datetime.fromisoformat(paid).replace(tzinfo=zone).astimezone(dt.UTC)
    found = ship_by(moment, USUAL._replace(**terms))
    assert found.tzinfo is dt.UTC
    return found.astimezone(zone).strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("paid", "terms", "by"),
    [
        # Monday 30 November 2026; the cut-off itself still counts.
        ("2026-11-30 09:00:00", {}, "2026-12-01 17:00"),
        ("2026-11-30 14:00:00", {}, "2026-12-01 17:00"),
        ("2026-11-30 14:00:01", {}, "2026-12-02 17:00"),
        ("2026-11-30 13:59:00", {"preparation_days": 0}, "2026-11-30 17:00"),
        ("2026-11-30 14:00:01", {"preparation_days": 0}, "2026-12-01 17:00"),
        ("2026-11-30 09:00:00", {"preparation_days": 5}, "2026-12-07 17:00"),
        # Friday 27 November, before and after; Saturday counts from Monday on.
        ("2026-11-27 10:00:00", {}, "2026-11-30 17:00"),
        ("2026-11-27 15:00:00", {}, "2026-12-01 17:00"),
        ("2026-11-28 10:00:00", {}, "2026-12-01 17:00"),
        ("2026-11-28 10:00:00", {"dispatch_weekdays": "123456"}, "2026-11-30 17:00"),
        ("2026-11-30 10:00:00", {"dispatch_weekdays": "24"}, "2026-12-03 17:00"),
        # Of the nation: Black Awareness Day, Friday 20 November; Christmas, and 1 January 2027.
        ("2026-11-19 10:00:00", {}, "2026-11-23 17:00"),
        ("2026-12-24 15:00:00", {}, "2026-12-29 17:00"),
        ("2026-12-31 10:00:00", {}, "2027-01-04 17:00"),
        # Good Friday moves with the year: 3 April 2026, 26 March 2027.
        ("2026-04-02 10:00:00", {}, "2026-04-06 17:00"),
        ("2027-03-25 10:00:00", {}, "2027-03-29 17:00"),
        # 9 July is a holiday of São Paulo, 2 July of Bahia.
        ("2026-07-08 10:00:00", {}, "2026-07-10 17:00"),
        ("2026-07-08 10:00:00", {"state": "BA"}, "2026-07-09 17:00"),
        ("2026-07-01 10:00:00", {"state": "BA"}, "2026-07-03 17:00"),
        ("2026-07-08 10:00:00", {"state": ""}, "2026-07-09 17:00"),
        # Carnival is none by law in São Paulo, so the shop names it: 16 and 17 February 2026.
        ("2026-02-13 10:00:00", {}, "2026-02-16 17:00"),
        ("2026-02-13 10:00:00", {"days_off": "2026-02-16 2026-02-17"}, "2026-02-18 17:00"),
    ],
)
def test_it_leaves_by(paid, terms, by):
    assert leaves(paid, **terms) == by


def test_the_hour_is_that_of_the_shops_zone():
    # 17:30 UTC is 14:30 in São Paulo, too late there; 13:30 in Manaus, in time.
    paid = dt.datetime(2026, 11, 30, 17, 30, tzinfo=dt.UTC)
    manaus = USUAL._replace(state="AM", time_zone="America/Manaus")
    assert ship_by(paid, USUAL) == dt.datetime(2026, 12, 2, 20, 0, tzinfo=dt.UTC)
    assert ship_by(paid, manaus) == dt.datetime(2026, 12, 1, 21, 0, tzinfo=dt.UTC)
    # 01:30 UTC on Tuesday is still Monday evening here.
    late = dt.datetime(2026, 12, 1, 1, 30, tzinfo=dt.UTC)
    assert ship_by(late, USUAL) == dt.datetime(2026, 12, 2, 20, 0, tzinfo=dt.UTC)
