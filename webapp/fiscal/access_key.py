"""The access key (44 places): state, year and month, CNPJ, model, series, number, emission, random
code, digit."""

import re
import secrets
from datetime import datetime

from webapp.fiscal.digits import mod11

MODEL = "55"
NORMAL_EMISSION = "1"


_OF_SIGNED = re.compile(rb'Id="NFe([0-9A-Z]{44})"')
_DIGITS = "0123456789" * 2
_IN_ORDER = {_DIGITS[first : first + 8] for first in range(10)}


def random_code(number: int) -> str:
    """Eight random digits that the authority takes."""
    while True:
        code = f"{secrets.randbelow(10**8):08d}"
        if not is_guessable(code, str(number)):
            return code


def is_guessable(code: str, number: str) -> bool:
    """Whether the authority refuses the code (897): the note's number, one digit repeated, or
    digits in their order."""
    return code in _IN_ORDER or len(set(code)) == 1 or code.lstrip("0") == number.lstrip("0")


def access_key(
    state_code: str,
    issued_at: datetime,
    cnpj: str,
    series: int,
    number: int,
    code: str,
    emission: str = NORMAL_EMISSION,
) -> str:
    """`issued_at` is the local time of issue, as the document shows it; `emission` is tpEmis."""
    body = f"{state_code}{issued_at:%y%m}{cnpj:0>14}{MODEL}{series:03d}{number:09d}{emission}{code}"
    return body + mod11(body)


def series_of(key: str) -> int:
    return int(key[22:25])


def number_of(key: str) -> int:
    return int(key[25:34])


def emission_of(key: str) -> str:
    """How the note of this key was issued (tpEmis)."""
    return key[34:35]


def key_of(signed: bytes) -> str:
    """The key of a signed note's bytes, blank where there is none."""
    found = _OF_SIGNED.search(signed)
    return found[1].decode() if found else ""
