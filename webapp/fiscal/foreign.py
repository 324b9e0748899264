"""Documents that others wrote, in files from anywhere: nothing of one is believed before it was
looked at, and each is judged apart by schema, signature, protocol and the rules of its own day."""

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, cast

from cryptography import x509
from lxml import etree

from webapp.fiscal.access_key import MODEL
from webapp.fiscal.authority import REGISTERED_EVENT, Meaning, meaning_of
from webapp.fiscal.certificate import cnpj_of
from webapp.fiscal.checks import run_table
from webapp.fiscal.digits import mod11
from webapp.fiscal.fields import field_of
from webapp.fiscal.reading import Leaves, Reading, ReadItem, decimal, leaves
from webapp.fiscal.signature import ReformattedError, SignatureError, is_signed, verify
from webapp.fiscal.tax_book import TaxBook
from webapp.fiscal.xml import NAMESPACE, SIGNATURE_NAMESPACE, UnreadableXml, read_xml
from webapp.platform.whole import whole_number

LONGEST, DEEPEST, MOST_ELEMENTS = 5 * 2**20, 64, 200_000
# Of an element, and of a whole file: what is canonical of more takes libxml2 minutes.
MOST_ATTRIBUTES, MOST_NAMESPACES = 20, 50
# In which there are NF-e.
YEARS = range(2005, 2100)
# What of a note's faults is kept: beyond it nobody reads on.
MOST_TOLD = 20
KEY = re.compile(r"[0-9]{6}[0-9A-Z]{12}[0-9]{26}", re.ASCII)
# A company's branches and certificates have these places of its CNPJ in common.
ROOT = 8
_EVENT_KIND = re.compile(r"[0-9]{6}", re.ASCII)
# Of a summary's cSitNFe.
_CANCELLED = "3"
_DECLARED = re.compile(rb"""<\?xml[^>]{0,100}?encoding\s*=\s*["']([A-Za-z0-9._-]+)""")
# In these, what is looked for in the bytes is written as in ASCII.
_LIKE_ASCII = (b"utf-8", b"us-ascii", b"iso-8859-1", b"windows-1252")
_NS = f"{{{NAMESPACE}}}"
_IS_TOO_DEEP = etree.XPath(f"boolean({'/*' * (DEEPEST + 1)})")
_COUNT = etree.XPath("count(//*)")
_HAS_MANY_ATTRIBUTES = etree.XPath(f"boolean(//@*[{MOST_ATTRIBUTES + 1}])")
_DIGEST = f".//{{{SIGNATURE_NAMESPACE}}}DigestValue"
# Told by the verdict of the signature.
_OF_SIGNATURES = ("297", "reformatted")


class Unreadable(ValueError):
    """A file is not taken. `code` says why: the words are with who tells people."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Signed(StrEnum):
    VERIFIED = "verified"
    # Written anew after it was signed: what was signed is not there any more.
    REFORMATTED = "reformatted"
    WRONG = "wrong"
    NONE = "none"


class Protocol(StrEnum):
    """What the digest that the authority answered with says of the document it stands beside."""

    EQUAL = "equal"
    DIFFERS = "differs"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Verdicts:
    """`schema`: what it refuses, each by `label` (a msgid), `place` and `value`; `package` the
    schema's name; `rules`: the authority's rules of the note's day that it breaks, as issues are
    kept."""

    signature: Signed
    protocol: Protocol
    package: str
    schema: list[dict[str, str]]
    rules: list[dict[str, Any]]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class ForeignNote:
    """`protocol` is the number of the authorisation, empty where the file has none; `environment`
    is the document's tpAmb."""

    access_key: str
    environment: str
    number: int
    series: int
    issuer: Leaves
    recipient: Leaves
    issued_at: datetime
    total: Decimal
    protocol: str
    items: list[ReadItem]
    verdicts: Verdicts


@dataclass(frozen=True, slots=True)
class ForeignEvent:
    """`event_id` names it everywhere; `text` is the reason or the correction. Of its summary alone
    `signature` is NONE."""

    event_id: str
    access_key: str
    kind: str
    sequence: int
    author: str
    at: datetime
    text: str
    protocol: str
    signature: Signed


@dataclass(frozen=True, slots=True)
class Summary:
    """What the authority tells of a note before its file may be had."""

    access_key: str
    issuer_document: str
    issuer_name: str
    issued_at: datetime
    total: Decimal
    protocol: str
    is_cancelled: bool


def parse(content: bytes) -> etree._Element:
    """The root of a file's XML. Raises Unreadable for what is no XML, and for XML that could do
    harm: nothing is fetched, no entity is resolved."""
    if len(content) > LONGEST:
        raise Unreadable("too_long")
    declared = _DECLARED.match(content.removeprefix(b"\xef\xbb\xbf"))
    if declared and declared[1].lower() not in _LIKE_ASCII:
        raise Unreadable("encoding")
    if b"\0" in content:
        raise Unreadable("encoding")
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise Unreadable("doctype")
    if content.count(b"xmlns") > MOST_NAMESPACES:
        raise Unreadable("too_many")
    try:
        root = read_xml(content)
    except UnreadableXml as error:
        deep = "depth" in str(error).lower()
        raise Unreadable("too_deep" if deep else "no_xml") from None
    if _IS_TOO_DEEP(root):
        raise Unreadable("too_deep")
    if cast(float, _COUNT(root)) > MOST_ELEMENTS or _HAS_MANY_ATTRIBUTES(root):
        raise Unreadable("too_many")
    return root


def read(content: bytes, book: TaxBook) -> ForeignNote | ForeignEvent:
    """An NFe, nfeProc or procEventoNFe. Raises Unreadable."""
    root = parse(content)
    if root.tag == f"{_NS}NFe":
        return _note(root, None, book)
    if root.tag == f"{_NS}nfeProc":
        found = root.find(f"{_NS}NFe")
        if found is not None:
            return _note(_alone(found), root.find(f"{_NS}protNFe"), book)
    if root.tag == f"{_NS}procEventoNFe":
        return _event(root)
    raise Unreadable("no_note")


def read_summary(content: bytes) -> Summary | ForeignEvent:
    """Of a resNFe or a resEvento. Raises Unreadable."""
    root = parse(content)
    told = leaves(root)
    if root.tag == f"{_NS}resEvento":
        return _told_event(told, told.get("nProt", ""), Signed.NONE)
    if root.tag != f"{_NS}resNFe":
        raise Unreadable("no_note")
    return Summary(
        _known_key(told.get("chNFe", "")),
        party_document(told),
        told.get("xNome", "")[:60],
        _moment(told.get("dhEmi", "")),
        decimal(told, "vNF"),
        told.get("nProt", "")[:17],
        told.get("cSitNFe") == _CANCELLED,
    )


def read_items(content: bytes, book: TaxBook) -> list[ReadItem]:
    """Of a file that was read before."""
    root = parse(content)
    found = root if root.tag == f"{_NS}NFe" else root.find(f"{_NS}NFe")
    return [] if found is None else Reading(found, None, None, book).items


def _alone(element: etree._Element) -> etree._Element:
    """As the root of a tree of its own, as it was signed."""
    return etree.fromstring(etree.tostring(element, with_tail=False))


def _note(document: etree._Element, protocol: etree._Element | None, book: TaxBook) -> ForeignNote:
    told = leaves(protocol) if protocol is not None else {}
    reading = Reading(document, None, None, book)
    ide = reading.identification
    key = _known_key(reading.id.removeprefix("NFe"))
    if ide.get("mod") != MODEL or key[20:22] != MODEL:
        raise Unreadable("model")
    # Judged as of its own day.
    reading.now = issued_at = _moment(ide.get("dhEmi", ""))
    return ForeignNote(
        key,
        ide.get("tpAmb", ""),
        whole_number(ide.get("nNF")) or 0,
        whole_number(ide.get("serie")) or 0,
        reading.issuer,
        reading.recipient,
        issued_at,
        decimal(reading.total, "vNF"),
        told.get("nProt", "")[:17] if _is_taken(told) else "",
        reading.items,
        _verdicts(reading, key, told),
    )


def _is_taken(protocol: Leaves) -> bool:
    return meaning_of(protocol.get("cStat", "")) is Meaning.AUTHORIZED


def _verdicts(reading: Reading, key: str, protocol: Leaves) -> Verdicts:
    package = reading.book.package(reading.day)
    refused = package.problems(reading.document)
    issues = run_table(reading, parsed=not refused).issues
    return Verdicts(
        _signature(reading),
        _protocol(reading, key, protocol),
        package.name,
        [
            {"label": field_of(each)[1], "place": each.place[:80], "value": each.value[:60]}
            for each in refused[:MOST_TOLD]
        ],
        [each.to_json() for each in issues if each.code not in _OF_SIGNATURES][:MOST_TOLD],
    )


def _signature(reading: Reading) -> Signed:
    return _signed(reading.document, lambda: reading.signed_by, party_document(reading.issuer))


def _signed(
    document: etree._Element, signed_by: Callable[[], x509.Certificate], author: str
) -> Signed:
    if not is_signed(document):
        return Signed.NONE
    try:
        signer = cnpj_of(signed_by())
    except ReformattedError:
        return Signed.REFORMATTED
    except (SignatureError, ValueError):
        return Signed.WRONG
    # Of one company all its certificates begin alike; a person's has no CNPJ.
    return Signed.WRONG if signer and signer[:ROOT] != author[:ROOT] else Signed.VERIFIED


def _protocol(reading: Reading, key: str, told: Leaves) -> Protocol:
    if not told.get("nProt"):
        return Protocol.NONE
    digest = reading.document.findtext(_DIGEST)
    is_of_it = told.get("chNFe") == key and told.get("digVal") == digest
    return Protocol.EQUAL if is_of_it and digest else Protocol.DIFFERS


def _event(root: etree._Element) -> ForeignEvent:
    event, answer = root.find(f"{_NS}evento"), root.find(f"{_NS}retEvento/{_NS}infEvento")
    info = None if event is None else event.find(f"{_NS}infEvento")
    if event is None or info is None or answer is None:
        raise Unreadable("no_note")
    told, answered = leaves(info), leaves(answer)
    if answered.get("cStat") not in REGISTERED_EVENT or answered.get("chNFe") != told.get("chNFe"):
        raise Unreadable("not_registered")
    alone = _alone(event)
    signature = _signed(alone, lambda: verify(alone), party_document(told))
    return _told_event(told, answered.get("nProt", ""), signature)


def _told_event(told: Leaves, protocol: str, signature: Signed) -> ForeignEvent:
    key, kind = _known_key(told.get("chNFe", "")), told.get("tpEvento", "")
    sequence = whole_number(told.get("nSeqEvento"), 1, 99)
    if not _EVENT_KIND.fullmatch(kind) or sequence is None:
        raise Unreadable("no_note")
    return ForeignEvent(
        f"ID{kind}{key}{sequence:02d}",
        key,
        kind,
        sequence,
        party_document(told),
        _moment(told.get("dhEvento", "")),
        (told.get("xCorrecao") or told.get("xJust") or "")[:1000],
        protocol[:17],
        signature,
    )


def _known_key(written: str) -> str:
    if not KEY.fullmatch(written) or mod11(written[:43]) != written[43]:
        raise Unreadable("key")
    return written


def party_document(party: Leaves) -> str:
    """CNPJ, CPF or what a foreigner has."""
    return (party.get("CNPJ") or party.get("CPF") or party.get("idEstrangeiro") or "")[:20]


def _moment(written: str) -> datetime:
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        raise Unreadable("no_day") from None
    if moment.year not in YEARS:
        raise Unreadable("no_day")
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
