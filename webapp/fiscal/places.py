"""States as the document writes them."""

from dataclasses import dataclass
from datetime import timedelta, timezone

from webapp.fiscal.calendar import BETWEEN, BETWEEN_IMPORTED, BETWEEN_LOWER


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
_LOWER_FROM = {"MG", "PR", "RJ", "RS", "SC", "SP"}
_IMPORTED = {"1", "2", "3", "8"}


def state(code: str) -> State:
    return STATES.get(code, UNKNOWN_STATE)


_LETTERS = {one.code: letters for letters, one in STATES.items()}


def letters_of(code: str) -> str:
    """The state with this IBGE code; blank for none."""
    return _LETTERS.get(code, "")


def zone_of_code(code: str) -> timezone:
    """That of the state with this IBGE code."""
    return state(letters_of(code)).zone


def interstate_rate(origin: str, destination: str, item_origin: str) -> str:
    """Which of the calendar's rates ICMS has between two states (Senate resolutions 22/1989 and
    13/2012)."""
    if item_origin in _IMPORTED:
        return BETWEEN_IMPORTED
    lower = origin in _LOWER_FROM and destination not in _LOWER_FROM
    return BETWEEN_LOWER if lower else BETWEEN
