"""The tables that a note's codes are looked up in."""

from string import ascii_uppercase

import pytest

from webapp.fiscal.tables import CFOPS, COUNTRIES, COUNTRY_CODES, PAYMENT_METHODS, RETURNING_CFOPS
from webapp.http.formatting import is_country


def test_every_country_of_the_world_has_a_code_of_its_own():
    pairs = {first + second for first in ascii_uppercase for second in ascii_uppercase}
    assert set(COUNTRIES) == {pair for pair in pairs if is_country(pair)} - {"XK"}
    codes = [code for code, _name in COUNTRIES.values()]
    assert len(set(codes)) == len(codes) == 249


@pytest.mark.parametrize(
    ("country", "code", "name"),
    [
        ("BR", "1058", "BRASIL"),
        ("PT", "6076", "PORTUGAL"),
        ("AO", "400", "ANGOLA"),
        ("KR", "1902", "COREIA DO SUL"),
        ("TL", "7951", "TIMOR-LESTE"),
        ("CW", "2003", "CURACAO"),
    ],
)
def test_a_country_s_code_is_the_central_bank_s(country, code, name):
    assert COUNTRIES[country] == (code, name)


def test_a_name_can_be_written_on_a_note():
    assert all(name.isascii() and name == name.upper()[:60] for _code, name in COUNTRIES.values())


def test_codes_of_earlier_years_are_known_too():
    assert {"3212", "4898", "200"} <= COUNTRY_CODES and "9999" not in COUNTRY_CODES


@pytest.mark.parametrize("code", ["5102", "6108", "5405", "6404", "7102", "1202", "2202", "5949"])
def test_a_cfop_that_is(code):
    assert code in CFOPS


# 5926 has no twin of another state, goods are not transferred abroad, and what is told of
# communication and transport stands on other documents.
@pytest.mark.parametrize("code", ["5999", "5100", "6926", "7152", "4102", "8102", "5301", "7358"])
def test_a_cfop_that_is_not(code):
    assert code not in CFOPS


def test_what_gives_goods_back_are_the_105_of_the_portal_s_table():
    assert RETURNING_CFOPS < CFOPS and len(RETURNING_CFOPS) == 105
    assert {"1202", "2411", "3503", "5921", "6413", "7553"} < RETURNING_CFOPS
    assert not {"1949", "5102", "5904", "7921", "1921", "3918"} & RETURNING_CFOPS


def test_means_of_payment():
    assert {"01", "17", "20", "21", "90", "99"} <= PAYMENT_METHODS
    assert not {"00", "06", "77"} & PAYMENT_METHODS
