"""Amounts as people write them, read and written alike wherever one stands in a field.

`brazilian` says whose notation the page speaks: 1.234,56 or 1,234.56. Programs write decimal text
of one notation, which `webapp.http.forms` reads itself.
"""

import re
from decimal import Decimal

from flask_babel import get_locale

_WHOLE = re.compile(r"-?[0-9]{1,15}", re.ASCII)
_FRACTION = re.compile(r"[0-9]{0,15}", re.ASCII)
# What other programs write for a space between thousands (no-break, narrow no-break) and for minus.
_PLAIN_SIGNS = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2212": "-"})
_GROUPED = {
    sign: re.compile(rf"-?[1-9][0-9]{{0,2}}([{sign}][0-9]{{3}})+", re.ASCII)
    for sign in (".", ",", " ")
}


def is_brazilian() -> bool:
    """Whether the page's language writes a decimal comma."""
    locale = get_locale()
    return locale is not None and locale.language == "pt"


def read_decimal(written: str, brazilian: bool) -> Decimal | None:
    """The number that a person wrote, with as many decimal places as they gave it; None for what is
    no number. A sign that can only be the decimal one is it, whatever the language: `129.90` is the
    same price to everybody, while `1.234` is a thousand to Brazilians."""
    text = written.translate(_PLAIN_SIGNS).strip()
    point = _decimal_sign(text, brazilian)
    whole, _sign, fraction = text.rpartition(point) if point else (text, "", "")
    for sign, grouped in _GROUPED.items():
        if sign != point and grouped.fullmatch(whole):
            whole = whole.replace(sign, "")
    if not _WHOLE.fullmatch(whole) or not _FRACTION.fullmatch(fraction):
        return None
    return Decimal(f"{whole}.{fraction}")


def read_money(written: str, brazilian: bool) -> Decimal | None:
    return read_decimal(written.strip().removeprefix("R$"), brazilian)


def read_percent(written: str, brazilian: bool) -> Decimal | None:
    return read_decimal(written.strip().removesuffix("%"), brazilian)


def field_text(number: Decimal | str, brazilian: bool) -> str:
    """A decimal as it stands in a field: every digit of it, in the reader's notation, with nothing
    between the thousands."""
    return str(number).replace(".", ",") if brazilian else str(number)


def _decimal_sign(text: str, brazilian: bool) -> str | None:
    """The sign in `text` that parts its decimals; None where there is none."""
    dots, commas = text.count("."), text.count(",")
    if dots and commas:
        return max(".,", key=text.rindex)
    sign = "," if commas else "."
    if dots + commas != 1:
        return None
    is_own = sign == ("," if brazilian else ".")
    return sign if is_own or not _GROUPED[sign].fullmatch(text) else None
