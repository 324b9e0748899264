import secrets
from datetime import datetime

import pytest

from webapp.fiscal.access_key import access_key, is_guessable, random_code
from webapp.fiscal.digits import is_gtin, is_gtin_given_out, mod11
from webapp.fiscal.registrations import is_state_registration

WHEN = datetime.fromisoformat("2026-11-20T10:30:00-03:00")


def test_has_its_parts_in_order():
    key = access_key("35", WHEN, "99888777000100", 1, 101, "48151623")
    assert key[:43] == "3526119988877700010055001000000101148151623"
    assert key[43] == mod11(key[:43])


@pytest.mark.parametrize(
    "key",
    [
        # the example of the manual (MOC), section on the access key
        "52060433009911002506550120000007800267301615",
        "35261199888777000100550010000001011481516236",
    ],
)
def test_check_digit_fits_known_keys(key):
    assert mod11(key[:43]) == key[43]


def test_letters_of_a_cnpj_count_as_their_code_less_48():
    assert mod11("12ABC34501DE") + mod11("12ABC34501DE3") == "35"
    key = access_key("35", WHEN, "12ABC34501DE35", 1, 1, "12345678")
    assert (len(key), key[6:20]) == (44, "12ABC34501DE35")


def test_one_wrong_character_changes_the_digit():
    body = access_key("35", WHEN, "12ABC34501DE35", 1, 1, "12345678")[:43]
    assert mod11(body) != mod11(body.replace("ABC", "ABD"))


def test_random_code_is_never_one_that_can_be_guessed(monkeypatch):
    drawn = iter([7, 11111111, 12345678, 90123456, 1234567, 22])
    monkeypatch.setattr(secrets, "randbelow", lambda _: next(drawn))
    assert random_code(7) == "00000022"


@pytest.mark.parametrize("code", ["00000000", "99999999", "01234567", "78901234", "00000101"])
def test_a_code_that_can_be_guessed(code):
    assert is_guessable(code, "101")


@pytest.mark.parametrize("code", ["48151623", "12345679", "98765432", "10100000", "00001010"])
def test_a_code_that_cannot(code):
    assert not is_guessable(code, "101")


@pytest.mark.parametrize(
    "state, number, fits",
    [
        ("SP", "110042490114", True),
        ("SP", "111111111111", False),
        ("SP", "492730565410", True),
        ("SP", "11004249011", False),
        ("SC", "251040852", True),
        ("SC", "251040853", False),
        ("RJ", "99999993", True),
        ("RJ", "99999992", False),
        ("PR", "1234567850", True),
        ("PR", "1234567851", False),
        ("RS", "2243658792", True),
        ("RS", "2243658793", False),
        ("MG", "0623079040081", True),
        ("MG", "ABC", False),
    ],
)
def test_state_registration(state, number, fits):
    assert is_state_registration(state, number) is fits


@pytest.mark.parametrize(
    "code, fits",
    [
        ("9786599999901", True),
        ("9786599999902", False),
        ("7891000315507", True),
        ("96385074", True),
        ("036000291452", True),
        ("12345", False),
        ("", False),
    ],
)
def test_gtin(code, fits):
    assert is_gtin(code) is fits


@pytest.mark.parametrize(
    "code",
    [
        "7891000315507",
        "9786599999901",
        "9783161484100",
        "6061234567893",
        "4800000000019",
        "036000291452",
        "96385074",
        "17891000315504",
    ],
)
def test_a_prefix_that_is_given_to_makers(code):
    assert is_gtin(code) and is_gtin_given_out(code)


@pytest.mark.parametrize(
    "code",
    [
        "2000000000015",
        "0200000000011",
        "0400000000015",
        "9900000000011",
        "4720000000010",
        "20000011",
        "02000015",
        "212345678909",
        "12000000000012",
    ],
)
def test_a_prefix_of_the_shops_own_a_coupon_or_nobodys(code):
    assert is_gtin(code) and not is_gtin_given_out(code)
