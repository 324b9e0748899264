from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from tests.support.fiscal_notes import (
    BOOK,
    BOOKSHOP,
    BUYER,
    CURITIBA,
    GIFT,
    LISBON,
    MUG,
    a_note,
)
from webapp.fiscal.places import interstate_rate
from webapp.fiscal.tax_book import EXAMPLE_BOOK
from webapp.fiscal.taxes import assess

TODAY = date(2026, 11, 20)
RESELLER = replace(BOOKSHOP, address=CURITIBA)
EXEMPT = replace(BUYER, address=CURITIBA, taxpayer="exempt")


@pytest.mark.parametrize(
    "changes, item, cfop",
    [
        ({}, MUG, "5102"),
        ({"address": CURITIBA}, MUG, "6108"),
        ({"recipient": RESELLER}, MUG, "6102"),
        ({"recipient": EXEMPT}, MUG, "6102"),
        ({"address": LISBON}, MUG, "7102"),
        ({}, GIFT, "5910"),
        ({"address": CURITIBA}, GIFT, "6910"),
        ({"address": LISBON}, GIFT, "7949"),
    ],
)
def test_cfop_follows_destination_buyer_and_gift(changes, item, cfop):
    assert assess(a_note(**changes), item, TODAY, EXAMPLE_BOOK).cfop == cfop


@pytest.mark.parametrize(
    "crt, item, expected",
    [
        ("1", MUG, ("102", "49", "000", "000001")),
        ("1", BOOK, ("300", "49", "410", "410008")),
        ("1", GIFT, ("400", "49", "410", "410001")),
        ("4", MUG, ("102", "49", "000", "000001")),
        ("3", MUG, ("00", "01", "000", "000001")),
        ("3", BOOK, ("41", "06", "410", "410008")),
        ("3", GIFT, ("41", "08", "410", "410001")),
        ("2", MUG, ("00", "49", "000", "000001")),
    ],
)
def test_tax_class(crt, item, expected):
    found = assess(a_note(crt=crt), item, TODAY, EXAMPLE_BOOK)
    profile = found.profile
    assert (
        found.icms_code,
        found.contributions.cst,
        profile.ibs_cbs,
        profile.ibs_cbs_class,
    ) == expected


@pytest.mark.parametrize(
    "crt, item, day, written",
    [
        ("3", MUG, TODAY, True),
        ("1", MUG, TODAY, False),
        ("1", BOOK, TODAY, True),
        ("1", GIFT, TODAY, True),
        ("1", MUG, date(2026, 12, 31), False),
        ("1", MUG, date(2027, 1, 1), True),
        ("2", MUG, date(2027, 1, 1), True),
        ("4", MUG, date(2027, 1, 1), True),
    ],
)
def test_ibs_and_cbs_are_written_from_the_day_of_the_regime(crt, item, day, written):
    assert assess(a_note(crt=crt), item, day, EXAMPLE_BOOK).ibs_cbs_written is written


@pytest.mark.parametrize(
    "origin, target, goods, rate",
    [
        ("SP", "PR", "0", "12.00"),
        ("SP", "BA", "0", "7.00"),
        ("SP", "ES", "0", "7.00"),
        ("BA", "SP", "0", "12.00"),
        ("SP", "BA", "1", "4.00"),
    ],
)
def test_rate_between_states(origin, target, goods, rate):
    kind = interstate_rate(origin, target, goods)
    assert EXAMPLE_BOOK.calendar.value(kind, TODAY) == Decimal(rate)
