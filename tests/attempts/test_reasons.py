"""Failures with one cause are known as such, and what is told of them is nobody's."""

import pytest
from sqlalchemy.exc import IntegrityError

from webapp.attempts.reasons import error_words, masked, reason_of_answer, reason_of_error


@pytest.mark.parametrize(
    "text, shown",
    [
        ("of 111.444.777-35 and 11144477735", "of *** and ***"),
        ("of 11.222.333/0001-81 and 11222333000181", "of *** and ***"),
        ("of 12.ABC.345/01DE-35 and 12ABC34501DE35", "of *** and ***"),
        ("550 <jose@example.com> unknown", "550 <***> unknown"),
        ("order 2026-000123 of R$ 1234.56, code 539", "order 2026-000123 of R$ 1234.56, code 539"),
        ("key 35261111222333000181550010000000011000000017", None),
    ],
)
def test_numbers_of_people_and_addresses_are_masked(text, shown):
    assert masked(text) == (shown or text)


@pytest.mark.parametrize(
    "one, other, same",
    [
        ("550 user <a@b.com> of 1204", "550 user <c@d.org> of 77", True),
        ("refused 'João'", "refused 'Maria'", True),
        ("authority: 108", "authority: 109", False),
        ("550 no such user", "421 no such user", False),
    ],
)
def test_answers_are_the_same_but_for_numbers_and_names(one, other, same):
    first, second = reason_of_answer(one), reason_of_answer(other)
    assert (first.key == second.key) is same
    assert first.fingerprint("message", "pending") != first.fingerprint("message", "held")


def _raised(call) -> Exception:
    try:
        call()
    except Exception as error:
        return error
    raise AssertionError("nothing was raised")


def test_an_exception_is_known_by_its_place_and_its_trace_tells_no_values():
    one, other = (_raised(lambda bad=bad: masked(bad)) for bad in (None, 7))
    reason = reason_of_error(one)
    assert reason.key == reason_of_error(other).key
    assert reason.place.startswith("webapp/attempts/reasons.py:")
    assert reason.place.endswith(" masked")
    assert reason.trace.endswith(reason.error)
    whose = "jose@example.com"
    chained = _raised(lambda: _raise_from(ValueError(f"of {whose}")))
    trace = reason_of_error(chained).trace
    assert trace.index("ValueError: of ***") < trace.index("KeyError")
    assert whose not in trace


def _raise_from(error):
    try:
        raise error
    except ValueError as first:
        raise KeyError("x") from first


def test_a_refusal_of_the_database_is_told_without_its_values():
    said = "duplicate key value\nDETAIL: Key (name)=(José) already exists."
    error = IntegrityError("INSERT", {"name": "José"}, Exception(said))
    assert error_words(error) == "IntegrityError: duplicate key value"


def test_a_long_trace_keeps_its_end():
    def deeper(depth):
        return deeper(depth - 1) if depth else 1 / 0

    reason = reason_of_error(_raised(lambda: deeper(200)))
    assert len(reason.trace) <= 8000 and reason.trace.endswith(
        "ZeroDivisionError: division by zero"
    )
