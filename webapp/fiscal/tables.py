"""Tables of codes that a note is written with: what is not in them is refused."""

from importlib.resources import files


def _lines(name: str) -> list[str]:
    return files("webapp.fiscal").joinpath(name).read_text("ascii").splitlines()


def _countries() -> dict[str, tuple[str, str]]:
    rows = (line.split(maxsplit=2) for line in _lines("countries.txt"))
    return {country: (code, name) for country, code, name in rows}


# ISO 3166 alpha-2: the Central Bank's code and the name. A country outside the table is refused
# with code 377.
COUNTRIES = _countries()
# Second codes that the authority's table had for a while, of countries above or of parts of them
# (the Channel, the Canaries, Johnston, Labuan, Madeira, Midway, Wake, the zone of Panama).
_OTHER_COUNTRY_CODES = (
    "200 1503 1511 3212 3596 3598 3599 3603 3607 3930 3964 4235 4525 4898 4901 8737 8958 18664"
)
COUNTRY_CODES = frozenset(
    [code for code, _name in COUNTRIES.values()] + _OTHER_COUNTRY_CODES.split()
)
# Convênio s/nº of 15 December 1970 (SINIEF), annex II, as the portal's table (IT 2023.002 v2.10, 4
# September 2026) has it; without those of the documents of communication and transport.
CFOPS = frozenset(code for line in _lines("cfops.txt") for code in line.split())
# Of that table those that give goods back (indDevol).
RETURNING_CFOPS = frozenset(
    f"{first}{last}"
    for firsts, lasts in (
        ("12", "201 202 203 204 208 209 212 213 214 215 216 410 411 503 504 505 506 553"),
        ("3", "201 202 211 212 503 553"),
        ("56", "201 202 208 209 210 213 214 215 216 410 411 412 413 503 553 555 556 921"),
        ("1256", "660 661 662 918 919"),
        ("7", "201 202 210 211 212 553 556"),
    )
    for first in firsts
    for last in lasts.split()
)
# What `tPag` may be (NT 2020.006, NT 2023.004).
PAYMENT_METHODS = frozenset("01 02 03 04 05 10 11 12 13 15 16 17 18 19 20 21 22 90 91 99".split())
