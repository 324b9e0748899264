"""States and IBGE city codes, offline: an NF-e needs the code even where no provider knows the
CEP."""

import re
from functools import cache
from importlib.resources import files
from itertools import islice, product

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
# In a folded name, in this order.
_ALIKE = (
    (r"do?oeste$", "oeste"),
    (r"iguassu", "iguacu"),
    (r"ph", "f"),
    (r"th", "t"),
    (r"w", "v"),
    (r"y", "i"),
    (r"z", "s"),
    (r"g(?=[ei])", "j"),
    (r"(.)\1", r"\1"),
)
# What a word of a city's name may be short for.
_SHORT = {
    "alm": ("almirante",),
    "brig": ("brigadeiro",),
    "cap": ("capitao",),
    "cel": ("coronel",),
    "cons": ("conselheiro",),
    "d": ("dom", "dona"),
    "dep": ("deputado",),
    "des": ("desembargador",),
    "dom": ("domingos",),
    "dr": ("doutor",),
    "eng": ("engenheiro",),
    "fco": ("francisco",),
    "gal": ("general",),
    "gde": ("grande",),
    "gen": ("general",),
    "gov": ("governador",),
    "j": ("jose", "joao"),
    "maj": ("major",),
    "mal": ("marechal",),
    "min": ("ministro",),
    "n": ("nossa", "nova"),
    "rib": ("ribeirao",),
    "pe": ("padre",),
    "pres": ("presidente",),
    "prof": ("professor",),
    "s": ("sao", "santo", "santa", "senhora"),
    "sen": ("senador",),
    "sgt": ("sargento",),
    "sra": ("senhora",),
    "sta": ("santa",),
    "sto": ("santo",),
    "ten": ("tenente",),
    "visc": ("visconde",),
}
_MOST_READINGS = 64
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
    not matter, nor does a spelling of other times ("Parati") or a short one ("S. Paulo",
    "Piçarras") that fits one city of the state."""
    if state not in _STATES:
        return None
    bare = re.sub(rf"\s*[-/(]\s*{state}\)?\s*$", "", city, flags=re.IGNORECASE)
    name, digits = folded(bare), str(_STATES[state][0])
    for readings in ([name], _readings(bare), [f"balneario{name}"]):
        codes = {code for reading in readings if (code := _code(digits, reading))}
        if codes:
            return codes.pop() if len(codes) == 1 else None
    return None


def _code(digits: str, name: str) -> str | None:
    return _codes().get((digits, name)) or _codes_by_sound().get((digits, _sound(name)))


def _readings(city: str) -> list[str]:
    """The folded name with each short word written out, in every way that it may be meant."""
    words = [folded(word) for word in re.split(r"[\s.]+", city)]
    meant = product(*(_SHORT.get(word, (word,)) for word in words))
    return ["".join(reading) for reading in islice(meant, _MOST_READINGS)]


def is_city_code(code: str, state: str = "") -> bool:
    """Whether a city has this code; with `state`, a city of that state."""
    return code in _known_codes() and (not state or code[:2] == str(_STATES[state][0]))


@cache
def _codes() -> dict[tuple[str, str], str]:
    """Source: IBGE's table of municipalities (5,571 since Boa Esperança do Norte), older spellings
    and Brasília's regions included."""
    lines = files("webapp.platform").joinpath("municipalities.txt").read_text("ascii").splitlines()
    return {(code[:2], name): code for code, name in map(str.split, lines)}


@cache
def _codes_by_sound() -> dict[tuple[str, str], str]:
    """Those that no other city of the state shares."""
    found: dict[tuple[str, str], set[str]] = {}
    for (digits, name), code in _codes().items():
        found.setdefault((digits, _sound(name)), set()).add(code)
    return {key: codes.pop() for key, codes in found.items() if len(codes) == 1}


def _sound(name: str) -> str:
    """One spelling for what is said alike: "Moji" and "Mogi", "d'Oeste" and "do Oeste"."""
    for old, new in _ALIKE:
        name = re.sub(old, new, name)
    return name


@cache
def _known_codes() -> frozenset[str]:
    return frozenset(_codes().values())
