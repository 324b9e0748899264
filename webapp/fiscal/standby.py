"""Which service stands in for each state's own (MOC 7.0, contingency SVC)."""

from webapp.fiscal.access_key import NORMAL_EMISSION, emission_of

_AN, _RS = "6", "7"
# By tpEmis.
STANDBY_NAMES = {_AN: "SVC-AN", _RS: "SVC-RS"}
_OF_RS = ("AM", "BA", "GO", "MA", "MS", "MT", "PE", "PR")


def standby_emission(state: str) -> str:
    """The tpEmis of the notes that go to it."""
    return _RS if state in _OF_RS else _AN


def standby_name(state: str) -> str:
    return STANDBY_NAMES[standby_emission(state)]


def route_of(key: str) -> str:
    """The tpEmis that tells who takes the note of this key: a standby's, or the usual one."""
    emission = emission_of(key)
    return emission if emission in STANDBY_NAMES else NORMAL_EMISSION


def authorizer_of(state: str, key: str) -> str:
    """Who takes the note of this key: the state's own service, by its letters, or a standby."""
    return STANDBY_NAMES.get(route_of(key), state)
