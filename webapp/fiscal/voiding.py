"""Voiding (inutilização): the issuer declares that a range of numbers is never used (MOC 7.0)."""

from dataclasses import dataclass

from lxml import etree

from webapp.fiscal.access_key import MODEL
from webapp.fiscal.document import VERSION
from webapp.fiscal.note import Environment
from webapp.fiscal.places import state
from webapp.fiscal.text import clean, identifier
from webapp.fiscal.xml import NAMESPACE, xml

# The authority takes no longer range at once (201).
MOST_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class VoidedRange:
    """Whose numbers, which, and why. `year` has two digits or four: that in which they are
    voided."""

    environment: str
    state: str
    cnpj: str
    year: int
    series: int
    first: int
    last: int
    reason: str


def build_voiding(wanted: VoidedRange) -> etree._Element:
    """The unsigned `inutNFe`."""
    code, year = state(wanted.state).code, f"{wanted.year % 100:02d}"
    cnpj = identifier(wanted.cnpj)
    places = f"{wanted.series:03d}{wanted.first:09d}{wanted.last:09d}"
    body = {
        "@Id": f"ID{code}{year}{cnpj:0>14}{MODEL}{places}",
        "tpAmb": Environment(wanted.environment).code,
        "xServ": "INUTILIZAR",
        "cUF": code,
        "ano": year,
        "CNPJ": cnpj,
        "mod": MODEL,
        "serie": str(wanted.series),
        "nNFIni": str(wanted.first),
        "nNFFin": str(wanted.last),
        "xJust": clean(wanted.reason, 255),
    }
    voiding = {"@xmlns": NAMESPACE, "@versao": VERSION, "infInut": body}
    return etree.fromstring(xml("inutNFe", voiding))
