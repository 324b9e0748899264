"""Classes of IBS and CBS (cClassTrib) that goods of a shop may have: how much of the rates they
take off, and what they are to a shop in Simples (technical report 2025.002, second-hand).

A class that is not here is one that the program cannot reckon: deferred, suspended, fuel, services.
"""

from decimal import Decimal
from typing import NamedTuple


class TaxClass(NamedTuple):
    """`reduction` in percent of each rate; `revenue` is the tpRBSN: 0 no revenue, 1 inside the
    country, 2 inside without IBS and CBS, 3 exported."""

    reduction: Decimal
    revenue: str


def _classes(cst: str, numbers: str, reduction: str, revenue: str) -> dict[str, TaxClass]:
    """`numbers` are the last three places, such as "1-3 7"."""
    found = {}
    for part in numbers.split():
        first, _, last = part.partition("-")
        for number in range(int(first), int(last or first) + 1):
            found[f"{cst}{number:03d}"] = TaxClass(Decimal(reduction), revenue)
    return found


CLASSES = {
    **_classes("000", "1", "0", "1"),
    **_classes("200", "1-15 20 23", "100", "1"),
    **_classes("200", "30-36 38-39 43-44", "60", "1"),
    **_classes("200", "47", "40", "1"),
    **_classes("410", "1-3 17 26 999", "0", "0"),
    **_classes("410", "4", "0", "3"),
    **_classes("410", "5-9 12 14 16", "0", "2"),
}
# The codes (CST) of IBS and CBS, and those that want the group of values or forbid it.
KNOWN_CST = frozenset(
    "000 010 011 200 210 220 221 222 400 410 510 515 550 620 800 810 811 820 830".split()
)
WITH_VALUES = frozenset(("000", "200", "510", "515", "550"))
WITHOUT_VALUES = frozenset(("400", "410"))
