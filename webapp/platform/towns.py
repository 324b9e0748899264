"""States and IBGE city codes, offline: an NF-e needs the code even where no provider knows the
CEP."""

from functools import cache
from importlib.resources import files

from webapp.platform.cep import folded

ABROAD = "9999999"

# The first two digits of a city's code are its state's.
_STATES = {
    "AC": (12, "Acre"),
    "AL": (27, "Alagoas"),
    "AM": (13, "Amazonas"),
    "AP": (16, "Amapá"),
    "BA": (29, "Bahia"),
    "CE": (23, "Ceará"),
    "DF": (53, "Distrito Federal"),
    "ES": (32, "Espírito Santo"),
    "GO": (52, "Goiás"),
    "MA": (21, "Maranhão"),
    "MG": (31, "Minas Gerais"),
    "MS": (50, "Mato Grosso do Sul"),
    "MT": (51, "Mato Grosso"),
    "PA": (15, "Pará"),
    "PB": (25, "Paraíba"),
    "PE": (26, "Pernambuco"),
    "PI": (22, "Piauí"),
    "PR": (41, "Paraná"),
    "RJ": (33, "Rio de Janeiro"),
    "RN": (24, "Rio Grande do Norte"),
    "RO": (11, "Rondônia"),
    "RR": (14, "Roraima"),
    "RS": (43, "Rio Grande do Sul"),
    "SC": (42, "Santa Catarina"),
    "SE": (28, "Sergipe"),
    "SP": (35, "São Paulo"),
    "TO": (17, "Tocantins"),
}
_BY_NAME = {folded(name): code for code, (_, name) in _STATES.items()}


def state_code(written: str) -> str | None:
    """The two letters of a state written as letters or by name ("rs", "Rio Grande do Sul"), or
    None."""
    return (
        written.strip().upper()
        if written.strip().upper() in _STATES
        else _BY_NAME.get(folded(written))
    )


def city_code(city: str, state: str) -> str | None:
    """The seven-digit IBGE code of a city of a state (two letters), or None; accents and case do
    not matter."""
    return _codes().get((str(_STATES[state][0]), folded(city))) if state in _STATES else None


def is_city_code(code: str) -> bool:
    return code in _known_codes()


@cache
def _codes() -> dict[tuple[str, str], str]:
    """Source: IBGE's table of municipalities (5,571 since Boa Esperança do Norte), older spellings
    included."""
    lines = files("webapp.platform").joinpath("municipalities.txt").read_text("ascii").splitlines()
    return {(code[:2], name): code for code, name in map(str.split, lines)}


@cache
def _known_codes() -> frozenset[str]:
    return frozenset(_codes().values())
