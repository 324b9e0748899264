"""Which house numbers a CEP covers: the Correios' `complemento`, such as "de 1367 a 2255 - lado
ímpar"."""

import re

# One number, or one for each side of the street.
_SIDES = r"[0-9]{1,9}(?:/[0-9]{1,9})?"
_RANGE = re.compile(
    rf"(?:de (?P<low>{_SIDES}) )?(?:até|a) (?P<high>{_SIDES})|de (?P<open>{_SIDES}) ao fim"
)
_SIDE = re.compile(r"lado (?P<side>ímpar|par)$")
_ONE = re.compile(r"[0-9]{1,9}")


def house_number(written: str) -> int | None:
    """The number in "1020", "100-B" or "nº 12"; None for "S/N", "Km 5" or "Lote 7", which no range
    tells about."""
    found = re.match(r"(?:n[º°o.]*\s*)?([0-9]{1,7})(?![0-9])", written.strip(), re.IGNORECASE)
    return int(found.group(1)) if found else None


def without_range(street: str) -> tuple[str, str]:
    """The street, and the range of numbers that some providers write behind its name ("Avenida
    Paulista - de 612 a 1510 - lado par"), or ""."""
    name, _dash, behind = street.partition(" - ")
    while behind and not _is_range(behind):
        more, _dash, behind = behind.partition(" - ")
        name = f"{name} - {more}"
    return name.strip(), behind


def _is_range(text: str) -> bool:
    limits, _dash, side = text.strip().casefold().partition(" - ")
    if not side and _SIDE.fullmatch(limits):
        return True
    return bool(_RANGE.fullmatch(limits)) and (not side or bool(_SIDE.fullmatch(side)))


def covers(complement: str, number: int) -> bool:
    """Whether the range in a provider's `complemento` takes in the number; True where it names no
    range."""
    text = complement.strip().casefold()
    if _ONE.fullmatch(text):
        return number == int(text)
    side = _SIDE.search(text)
    if side and (number % 2 == 0) != (side["side"] == "par"):
        return False
    limits = _RANGE.match(text)
    if not limits:
        return True
    low = _limit(limits["low"] or limits["open"] or "0", number)
    return low <= number and (limits["high"] is None or number <= _limit(limits["high"], number))


def only_number(complement: str) -> str:
    """The one number of a large user's own CEP ("458"), or ""."""
    return complement.strip() if _ONE.fullmatch(complement.strip()) else ""


def _limit(written: str, number: int) -> int:
    """Of "981/982", one limit for each side of the street, the one on the number's side."""
    choices = [int(part) for part in written.split("/")]
    return next((limit for limit in choices if limit % 2 == number % 2), choices[0])
