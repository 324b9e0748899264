"""Tracking codes pasted one per line: each names its order, or what is wrong is told by its
line."""

import pytest
from flask_babel import force_locale

from webapp.bulk.codes import MOST_NAMED, NamedOrder, read_codes
from webapp.platform.errors import Invalid

ORDERS = [NamedOrder(7, "WEB-1"), NamedOrder(5, "WEB-2"), NamedOrder(9, "Loja 3")]


@pytest.fixture
def in_english(app):
    with app.test_request_context(), force_locale("en"):
        yield


def refused(written: str, orders=ORDERS) -> str:
    with pytest.raises(Invalid) as refusal:
        read_codes(written, orders)
    (error,) = refusal.value.errors
    assert error.field == "codes"
    return str(error.message)


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("A1\nB2\nC3", {7: "A1", 5: "B2", 9: "C3"}),
        ("A1\r\n  B2\nC3\n\n \n", {7: "A1", 5: "B2", 9: "C3"}),
        ("WEB-2 B2", {5: "B2"}),
        ("web-2\tB2\n\nLoja 3 C3\nWEB-1;A1", {5: "B2", 9: "C3", 7: "A1"}),
        ("Loja 3, C3", {9: "C3"}),
    ],
)
def test_codes_go_to_their_orders(in_english, written, told):
    assert read_codes(written, ORDERS) == told


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("", "Paste the codes, one per line."),
        ("A1\n\nC3", "Line 2 is blank: order WEB-2 has no code."),
        ("A1\nB2", "There are 2 lines for 3 orders"),
        ("A1\nB2\na1", "Line 3: the code a1 stands on line 1 already."),
        ("WEB-1 A1\nWEB-2 A1", "Line 2: the code A1 stands on line 1 already."),
        ("WEB-1 A1\nWEB-1 A2", "Line 2: order WEB-1 stands there twice."),
        ("WEB-1 A1\nWEB-2", "Line 2: order WEB-2 has no code."),
        ("WEB-1 AA 123 BR", "Line 1: the code of order WEB-1 has blanks in it."),
        ("WEB-9 A1", "Line 1: WEB-9 is not among these orders."),
        ("WEB-1 A1\n" + "WEB-2 " + "x" * 61, "Line 2 is no tracking code."),
    ],
)
def test_what_is_wrong_is_named_by_its_line(in_english, written, words):
    assert words in refused(written)


def test_two_orders_of_one_name_are_told_apart_by_nobody(in_english):
    twins = [NamedOrder(1, "WEB-1"), NamedOrder(2, "web-1")]
    assert "several orders are called WEB-1" in refused("WEB-1 A1", twins)


def test_the_first_lines_are_named_and_the_others_counted(in_english):
    words = refused("\n".join(f"NO-{number} X{number}" for number in range(20)))
    assert words.count("Line ") == MOST_NAMED and words.endswith("And 12 more.")
