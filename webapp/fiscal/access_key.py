"""The access key (44 places): state, year and month, CNPJ, model, series, number, emission, random
code, digit."""

import secrets
from datetime import datetime

from webapp.fiscal.digits import mod11

MODEL = "55"
NORMAL_EMISSION = "1"


def random_code(number: int) -> str:
    """Eight random digits; never the number itself nor one digit repeated (rejection 897)."""
    while True:
        code = f"{secrets.randbelow(10**8):08d}"
        if int(code) != number and len(set(code)) > 1:
            return code


def access_key(
    state_code: str, issued_at: datetime, cnpj: str, series: int, number: int, code: str
) -> str:
    """`issued_at` is the local time of issue, as the document shows it."""
    body = (
        f"{state_code}{issued_at:%y%m}{cnpj:0>14}{MODEL}{series:03d}{number:09d}"
        f"{NORMAL_EMISSION}{code}"
    )
    return body + mod11(body)
