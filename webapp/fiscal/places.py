"""States and countries as the document writes them."""

from dataclasses import dataclass
from datetime import timedelta, timezone
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class State:
    """IBGE code, hours from UTC."""

    code: str
    hours: int = -3

    @property
    def zone(self) -> timezone:
        return timezone(timedelta(hours=self.hours))


STATES = {
    "AC": State("12", -5),
    "AL": State("27"),
    "AM": State("13", -4),
    "AP": State("16"),
    "BA": State("29"),
    "CE": State("23"),
    "DF": State("53"),
    "ES": State("32"),
    "GO": State("52"),
    "MA": State("21"),
    "MG": State("31"),
    "MS": State("50", -4),
    "MT": State("51", -4),
    "PA": State("15"),
    "PB": State("25"),
    "PE": State("26"),
    "PI": State("22"),
    "PR": State("41"),
    "RJ": State("33"),
    "RN": State("24"),
    "RO": State("11", -4),
    "RR": State("14", -4),
    "RS": State("43"),
    "SC": State("42"),
    "SE": State("28"),
    "SP": State("35"),
    "TO": State("17"),
}
UNKNOWN_STATE = State("00")
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
