"""States and countries as the document writes them."""

from dataclasses import dataclass
from datetime import timedelta, timezone
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class State:
    """IBGE code, ICMS rate inside the state in percent (without the poverty fund), hours from
    UTC."""

    code: str
    rate: Decimal
    hours: int = -3

    @property
    def zone(self) -> timezone:
        return timezone(timedelta(hours=self.hours))


def _state(code: str, rate: str, hours: int = -3) -> State:
    return State(code, Decimal(rate), hours)


# Rates of each state's own law as of November 2026: an example for the shop's accountant, who
# decides.
STATES = {
    "AC": _state("12", "19.00", -5),
    "AL": _state("27", "19.00"),
    "AM": _state("13", "20.00", -4),
    "AP": _state("16", "18.00"),
    "BA": _state("29", "20.50"),
    "CE": _state("23", "20.00"),
    "DF": _state("53", "20.00"),
    "ES": _state("32", "17.00"),
    "GO": _state("52", "19.00"),
    "MA": _state("21", "23.00"),
    "MG": _state("31", "18.00"),
    "MS": _state("50", "17.00", -4),
    "MT": _state("51", "17.00", -4),
    "PA": _state("15", "19.00"),
    "PB": _state("25", "20.00"),
    "PE": _state("26", "20.50"),
    "PI": _state("22", "22.50"),
    "PR": _state("41", "19.50"),
    "RJ": _state("33", "20.00"),
    "RN": _state("24", "20.00"),
    "RO": _state("11", "19.50", -4),
    "RR": _state("14", "20.00", -4),
    "RS": _state("43", "17.00"),
    "SC": _state("42", "17.00"),
    "SE": _state("28", "19.00"),
    "SP": _state("35", "18.00"),
    "TO": _state("17", "20.00"),
}
UNKNOWN_STATE = State("00", Decimal("0.00"))
_SEVEN_PERCENT_FROM = {"MG", "PR", "RJ", "RS", "SC", "SP"}
_IMPORTED = {"1", "2", "3", "8"}


def state(code: str) -> State:
    return STATES.get(code, UNKNOWN_STATE)


def interstate_rate(origin: str, destination: str, item_origin: str) -> Decimal:
    """ICMS between states in percent (Senate resolutions 22/1989 and 13/2012)."""
    if item_origin in _IMPORTED:
        return Decimal("4.00")
    lower = origin in _SEVEN_PERCENT_FROM and destination not in _SEVEN_PERCENT_FROM
    return Decimal("7.00") if lower else Decimal("12.00")


# ISO 3166 alpha-2: the Central Bank's code and the name. A country outside the table is refused
# with code 377.
COUNTRIES = {
    "AR": ("639", "ARGENTINA"),
    "BO": ("973", "BOLIVIA"),
    "CA": ("1490", "CANADA"),
    "CH": ("7676", "SUICA"),
    "CL": ("1589", "CHILE"),
    "CN": ("1600", "CHINA"),
    "CO": ("1694", "COLOMBIA"),
    "DE": ("230", "ALEMANHA"),
    "ES": ("2453", "ESPANHA"),
    "FR": ("2755", "FRANCA"),
    "GB": ("6289", "REINO UNIDO"),
    "IT": ("3867", "ITALIA"),
    "JP": ("3999", "JAPAO"),
    "MX": ("4936", "MEXICO"),
    "NL": ("5738", "PAISES BAIXOS"),
    "PE": ("5894", "PERU"),
    "PT": ("6076", "PORTUGAL"),
    "PY": ("5860", "PARAGUAI"),
    "US": ("2496", "ESTADOS UNIDOS"),
    "UY": ("8451", "URUGUAI"),
}
