"""Events, the signed papers that follow an authorised note: what each says, and the file to keep.

Sources: MOC 7.0, annex I; NT 2011.003 and 2011.004 (cancellation, correction letter), 2020.007 (the
carrier's access), 2023.005 (failed delivery). Every text goes out in the alphabet of the schema.
"""

import enum
from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from hashlib import sha1
from typing import Protocol

from lxml import etree

from webapp.fiscal.document import SOFTWARE
from webapp.fiscal.note import Environment
from webapp.fiscal.places import zone_of_code
from webapp.fiscal.schema import shipped
from webapp.fiscal.text import clean, identifier
from webapp.fiscal.xml import NAMESPACE, Section, xml

VERSION = "1.00"
# Who takes the events that are no state's own: the national environment.
NATIONAL = "91"
# Numbers of correction letters, and of all other events.
MOST_OF_A_KIND = 20
_XSD = "{http://www.w3.org/2001/XMLSchema}"
_PLAIN = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)


class EventKind(enum.StrEnum):
    CANCELLATION = "cancellation"
    CORRECTION = "correction"
    CARRIER_ACCESS = "carrier_access"
    FAILED_DELIVERY = "failed_delivery"
    FAILED_DELIVERY_UNDONE = "failed_delivery_undone"

    @property
    def code(self) -> str:
        """The authority's own name for it (tpEvento)."""
        return _OFFICIAL[self][0]

    @property
    def description(self) -> str:
        return _OFFICIAL[self][1]


_OFFICIAL = {
    EventKind.CANCELLATION: ("110111", "Cancelamento"),
    EventKind.CORRECTION: ("110110", "Carta de Correcao"),
    EventKind.CARRIER_ACCESS: ("110150", "Ator interessado na NF-e"),
    EventKind.FAILED_DELIVERY: ("110192", "Insucesso na Entrega da NF-e"),
    EventKind.FAILED_DELIVERY_UNDONE: ("110193", "Cancelamento Insucesso na Entrega da NF-e"),
}
_OF_THE_STATE = (EventKind.CANCELLATION, EventKind.CORRECTION)


class FailedDeliveryReason(enum.StrEnum):
    """Why a parcel did not reach its buyer, by the authority's numbers (tpMotivo)."""

    NOT_FOUND = "1"
    REFUSED = "2"
    NO_SUCH_ADDRESS = "3"
    OTHER = "4"


@dataclass(frozen=True, slots=True)
class EventHead:
    """Of which note, by which issuer, and when; `at` is aware."""

    access_key: str
    environment: str
    cnpj: str
    at: datetime
    sequence: int = 1


@dataclass(frozen=True, slots=True)
class RegisteredEvent:
    """What the authority tells of an event that it has. `text` is the reason or the correction."""

    code: str
    sequence: int
    protocol: str
    registered_at: datetime
    text: str


class OfficialKind(Protocol):
    """A kind of event as the authority names it."""

    @property
    def code(self) -> str: ...

    @property
    def description(self) -> str: ...


def build_event(kind: OfficialKind, head: EventHead, detail: Section) -> etree._Element:
    """The unsigned `evento`; `detail` is what `cancellation` and the like make. `head.cnpj` is that
    of whoever says it."""
    key = head.access_key
    body = {
        "@Id": f"ID{kind.code}{key}{head.sequence:02d}",
        "cOrgao": key[:2] if kind in _OF_THE_STATE else NATIONAL,
        "tpAmb": Environment(head.environment).code,
        "CNPJ": identifier(head.cnpj),
        "chNFe": key,
        "dhEvento": _moment(key, head.at),
        "tpEvento": kind.code,
        "nSeqEvento": str(head.sequence),
        "verEvento": VERSION,
        "detEvento": {"@versao": VERSION, "descEvento": kind.description} | detail,
    }
    event = {"@xmlns": NAMESPACE, "@versao": VERSION, "infEvento": body}
    return etree.fromstring(xml("evento", event))


def cancellation(protocol: str, reason: str) -> Section:
    return {"nProt": protocol, "xJust": clean(reason, 255)}


def correction(text: str) -> Section:
    """`text` repeats all former corrections: the last letter counts alone."""
    return {"xCorrecao": clean(text, 1000), "xCondUso": conditions(EventKind.CORRECTION)}


def carrier_access(access_key: str, cnpj: str) -> Section:
    """The carrier may download the note, and hand that on to those it hires."""
    return {
        "cOrgaoAutor": access_key[:2],
        "tpAutor": "1",
        "verAplic": SOFTWARE,
        "autXML": {"CNPJ": identifier(cnpj)},
        "tpAutorizacao": "1",
        "xCondUso": conditions(EventKind.CARRIER_ACCESS),
    }


def failed_delivery(
    access_key: str,
    tried_at: datetime,
    reason: FailedDeliveryReason,
    why: str,
    proof_hash: str,
    tries: int | None = None,
) -> Section:
    """`why` in words where the reason is another one; `proof_hash` as `hash_of_proof` makes it."""
    return {
        "cOrgaoAutor": access_key[:2],
        "verAplic": SOFTWARE,
        "dhTentativaEntrega": _moment(access_key, tried_at),
        "nTentativa": str(tries) if tries else None,
        "tpMotivo": str(reason),
        "xJustMotivo": clean(why, 250) if reason is FailedDeliveryReason.OTHER else None,
        "hashTentativaEntrega": proof_hash,
    }


def failed_delivery_undone(access_key: str, protocol: str) -> Section:
    """`protocol` is that of the failed delivery which did not happen."""
    return {"cOrgaoAutor": access_key[:2], "verAplic": SOFTWARE, "nProtEvento": protocol}


def hash_of_proof(access_key: str, proof: bytes) -> str:
    """Of the picture that was taken at the door, or of what the carrier wrote: the authority gets
    no more of it."""
    digest = sha1(access_key.encode() + b64encode(proof), usedforsecurity=False).digest()
    return b64encode(digest).decode()


@cache
def conditions(kind: EventKind) -> str:
    """The fixed text (xCondUso) that the event carries, out of its schema file; of two spellings
    the one without accents."""
    folder, name = _CONDITIONS[kind]
    schema = etree.fromstring(shipped(f"{folder}/schemas/v1_0")[name])
    path = f".//{_XSD}element[@name='xCondUso']//{_XSD}enumeration"
    texts = [str(found.get("value")) for found in schema.iterfind(path)]
    return next((text for text in texts if text.isascii()), texts[0])


_CONDITIONS = {
    EventKind.CORRECTION: ("nfe_evento_cce", "e110110_v1.00.xsd"),
    EventKind.CARRIER_ACCESS: ("nfe_ator_interessado", "110150_v1.00.xsd"),
}


def registered_event(proc: bytes) -> RegisteredEvent:
    """What a procEventoNFe says that a query answered with. Raises ValueError for what is none."""
    try:
        root = etree.fromstring(proc, _PLAIN)
        said = {
            part: {etree.QName(leaf).localname: leaf.text or "" for leaf in found.iter("*")}
            for part in ("evento", "retEvento")
            for found in root.iterfind(f"{{{NAMESPACE}}}{part}")
        }
        event, answer = said["evento"], said["retEvento"]
        return RegisteredEvent(
            event["tpEvento"],
            int(event["nSeqEvento"]),
            answer["nProt"],
            datetime.fromisoformat(answer["dhRegEvento"]),
            event.get("xCorrecao") or event.get("xJust", ""),
        )
    except (etree.XMLSyntaxError, KeyError) as error:
        raise ValueError("the authority's file is no procEventoNFe") from error


def _moment(access_key: str, at: datetime) -> str:
    """As the clock of the issuer's state shows it."""
    return at.astimezone(zone_of_code(access_key[:2])).isoformat(timespec="seconds")
