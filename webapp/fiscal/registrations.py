"""State registrations (IE) by the digits of their state's own rule (SINTEGRA), without punctuation.

Only the digits are looked at: which numbers a state gives out changes, and a good one must pass.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache
from itertools import chain

Rule = Callable[[str], bool]
_PLAIN = (9, 8, 7, 6, 5, 4, 3, 2)
_OF_13 = ((4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2), (5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2))


def _sum(body: str, weights: Iterable[int]) -> int:
    return sum(int(char) * weight for char, weight in zip(body, weights, strict=True))


def _usual(body: str, weights: Iterable[int]) -> str:
    rest = _sum(body, weights) % 11
    return "0" if rest < 2 else str(11 - rest)


def _ending_in(*rows: tuple[int, ...]) -> Rule:
    """One check digit for each row of weights, each over all before it."""
    return lambda value: all(_usual(value[: len(row)], row) == value[len(row)] for row in rows)


def _amapa(value: str) -> bool:
    """What is added, and the digit for a rest of 0, go by the span of the number."""
    number = int(value[:8])
    added, of_nothing = (5, 0) if number <= 3017000 else (9, 1) if number <= 3019022 else (0, 0)
    rest = (added + _sum(value[:8], _PLAIN)) % 11
    digit = of_nothing if rest == 0 else 0 if rest == 1 else 11 - rest
    return value[8] == str(digit)


def _bahia(value: str) -> bool:
    """The last digit is of the body, the one before it of body and last digit; modulo 10 or 11 by
    the first digit, the second of a number with nine."""
    body, first, last = value[:-2], value[-2], value[-1]
    modulo = 11 if value[len(value) - 8] in "679" else 10
    weights = tuple(range(len(body) + 1, 1, -1))

    def digit(digits: str, by: Iterable[int]) -> str:
        rest = _sum(digits, by) % modulo
        return "0" if rest == 0 or modulo - rest == 10 else str(modulo - rest)

    return last == digit(body, weights) and first == digit(body + last, (len(body) + 2, *weights))


def _goias(value: str) -> bool:
    rest = _sum(value[:8], _PLAIN) % 11
    of_one = 1 if 10103105 <= int(value[:8]) <= 10119997 else 0
    digit = 0 if rest == 0 else of_one if rest == 1 else 11 - rest
    return value[8] == str(digit)


def _minas_gerais(value: str) -> bool:
    """The first digit completes to ten the digits of alternate products, a zero put in behind the
    city's code."""
    body = value[:3] + "0" + value[3:11]
    products = "".join(str(int(char) * (1 + place % 2)) for place, char in enumerate(body))
    first = -sum(map(int, products)) % 10
    second = _usual(value[:12], (3, 2, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2))
    return value[11:] == f"{first}{second}"


def _rondonia(value: str) -> bool:
    """14 digits; the nine of before 2000 leave the city's three out."""
    body = value[:-1] if len(value) == 14 else value[3:8]
    weights = chain((6, 5, 4, 3, 2, 9, 8), range(7, 1, -1)) if len(body) == 13 else range(6, 1, -1)
    return value[-1] == str((11 - _sum(body, weights) % 11) % 10)


def _roraima(value: str) -> bool:
    return value[8] == str(_sum(value[:8], range(1, 9)) % 9)


def _sao_paulo(value: str) -> bool:
    first = _sum(value[:8], (1, 3, 4, 5, 6, 7, 8, 10)) % 11 % 10
    second = _sum(value[:11], (3, 2, 10, 9, 8, 7, 6, 5, 4, 3, 2)) % 11 % 10
    return value[8] == str(first) and value[11] == str(second)


def _any(_value: str) -> bool:
    return True


# By state: the rule of each length that its registrations have. That of the old, long ones of
# Pernambuco is left to the authority (codes 209 and 210).
_RULES: dict[str, dict[int, Rule]] = {
    **dict.fromkeys(
        ("AL", "AM", "CE", "ES", "MA", "MS", "PA", "PB", "PI", "SC", "SE", "TO"),
        {9: _ending_in(_PLAIN)},
    ),
    **dict.fromkeys(("AC", "DF"), {13: _ending_in(*_OF_13)}),
    "AP": {9: _amapa},
    "BA": {8: _bahia, 9: _bahia},
    "GO": {9: _goias},
    "MG": {13: _minas_gerais},
    "MT": {11: _ending_in((3, 2, 9, 8, 7, 6, 5, 4, 3, 2))},
    "PE": {9: _ending_in((8, 7, 6, 5, 4, 3, 2), _PLAIN), 14: _any},
    "PR": {10: _ending_in((3, 2, 7, 6, 5, 4, 3, 2), (4, 3, 2, 7, 6, 5, 4, 3, 2))},
    "RJ": {8: _ending_in((2, 7, 6, 5, 4, 3, 2))},
    "RN": {9: _ending_in(_PLAIN), 10: _ending_in((10, *_PLAIN))},
    "RO": {9: _rondonia, 14: _rondonia},
    "RR": {9: _roraima},
    "RS": {10: _ending_in((2, 9, 8, 7, 6, 5, 4, 3, 2))},
    "SP": {12: _sao_paulo},
}


def state_registration_lengths(state: str) -> tuple[int, ...]:
    """How many digits a registration of this state may have; none for what is no state."""
    return tuple(_RULES.get(state, ()))


@lru_cache(maxsize=64)  # nearly always the shop's own
def is_state_registration(state: str, value: str) -> bool:
    """Whether `value` fits the rule of its state; of what is no state, any 2 to 14 digits do."""
    if not (value.isascii() and value.isdigit()):
        return False
    if state not in _RULES:
        return 2 <= len(value) <= 14
    rule = _RULES[state].get(len(value))
    return rule is not None and rule(value)
