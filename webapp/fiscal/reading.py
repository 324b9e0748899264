"""A document read once, section by section, for the checks."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Any

from cryptography import x509
from lxml import etree

from webapp.fiscal.document import DRAFT_CODE, INCOMING, RETURN
from webapp.fiscal.note import Note
from webapp.fiscal.signature import verify
from webapp.fiscal.tax_book import EXAMPLE_BOOK, TaxBook
from webapp.fiscal.xml import NAMESPACE, UnreadableXml, read_xml
from webapp.platform.clock import utc_now
from webapp.platform.money import ZERO
from webapp.platform.whole import whole_number

_OFFSET = len(NAMESPACE) + 2
_INFO, _PAYMENT = f"{{{NAMESPACE}}}infNFe", f"{{{NAMESPACE}}}detPag"
_BILL = f"{{{NAMESPACE}}}dup"
_REFERRED = f"{{{NAMESPACE}}}ide/{{{NAMESPACE}}}NFref"
_READ = {"emit", "dest", "retirada", "entrega", "autXML", "infIntermed", "infRespTec"}
_PRODUCT, _TAXES = f"{{{NAMESPACE}}}prod", f"{{{NAMESPACE}}}imposto"
_VALUE, _REFERENCE = f"{{{NAMESPACE}}}vItem", f"{{{NAMESPACE}}}DFeReferenciado"
_DECIMAL = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,10})?", re.ASCII)
Leaves = dict[str, str]


def leaves(element: etree._Element) -> Leaves:
    """Tag to text of everything below `element` that holds a text."""
    return {child.tag[_OFFSET:]: text for child in element.iter("*") if (text := child.text)}


def own_leaves(element: etree._Element) -> Leaves:
    """Those of its children alone: what lies deeper has names that mean something else."""
    children = element.iterchildren("*")
    return {child.tag[_OFFSET:]: text for child in children if (text := child.text)}


def first_leaves(document: etree._Element) -> Leaves:
    """Those of the part of an event or a voiding that is signed, its first."""
    return own_leaves(document[0]) if len(document) else {}


def named_by(signed: bytes) -> tuple[str, str, int]:
    """Key, kind and sequence of an event's bytes; blank and nought where they cannot be read."""
    try:
        said = first_leaves(read_xml(signed))
    except UnreadableXml:
        return "", "", 0
    sequence = whole_number(said.get("nSeqEvento", "")) or 0
    return said.get("chNFe", ""), said.get("tpEvento", ""), sequence


def groups(element: etree._Element) -> dict[str, Leaves]:
    """The leaves of each child, by its tag."""
    return {
        group.tag[_OFFSET:]: {
            child.tag[_OFFSET:]: text for child in group.iter("*") if (text := child.text)
        }
        for group in element.iterchildren("*")
    }


def decimal(group: Leaves, tag: str) -> Decimal:
    """Nought for what is missing or no number."""
    text = group.get(tag)
    return _number(text) if text else ZERO


@lru_cache(maxsize=4096)
def _number(text: str) -> Decimal:
    return Decimal(text) if _DECIMAL.fullmatch(text) else ZERO


@dataclass(frozen=True, slots=True)
class ReadItem:
    """`taxes` holds the leaves of each tax group by its name: ICMS, PIS, COFINS, ICMSUFDest,
    IBSCBS. `number` is 0 where the document says none, `reference` the key of the document that a
    return names for the item, `value` its `vItem`."""

    number: int
    product: Leaves
    taxes: dict[str, Leaves]
    reference: str = ""
    value: Decimal = ZERO

    @property
    def params(self) -> dict[str, Any]:
        product = self.product
        return {
            "item": self.number,
            "sku": product.get("cProd", ""),
            "ncm": product.get("NCM", ""),
            "gtin": product.get("cEAN", ""),
            "cfop": product.get("CFOP", ""),
        }


class Reading:
    """`note` is what the document was built from; None where only the document is known. Without
    `now` it is judged as of this moment, without `book` by what the program itself knows.

    Any well-formed XML can be read: what is missing or unreadable is empty, a nought, or of this
    moment. What the schema accepts is read as it is.
    """

    def __init__(
        self,
        document: etree._Element,
        note: Note | None,
        now: datetime | None,
        book: TaxBook = EXAMPLE_BOOK,
    ):
        info = document.find(_INFO)
        self.info = document if info is None else info
        self.document, self.note, self.book = document, note, book
        self.now = now or utc_now()
        self.id, self.version = self.info.get("Id", ""), self.info.get("versao", "")
        self.items: list[ReadItem] = []
        self.payments: list[Leaves] = []
        self.bills: list[Leaves] = []
        self.invoice: Leaves = {}
        self.carrier: Leaves = {}
        self.totals: dict[str, Leaves] = {}
        sections: dict[str, Leaves] = {}
        for section in self.info.iterchildren("*"):
            tag = section.tag[_OFFSET:]
            if tag == "det":
                self.items.append(_item(section))
            elif tag in _READ:
                sections[tag] = leaves(section)
            elif tag == "ide":
                sections[tag] = own_leaves(section)
            elif tag == "pag":
                sections[tag] = own_leaves(section)
                self.payments = [leaves(one) for one in section.iterchildren(_PAYMENT)]
            elif tag == "total":
                self.totals = groups(section)
            elif tag == "cobr":
                self.bills = [leaves(one) for one in section.iterchildren(_BILL)]
                self.invoice = groups(section).get("fat", {})
            elif tag == "transp":
                self.carrier = groups(section).get("transporta", {})
        self.identification = sections.get("ide", {})
        self.issuer, self.recipient = sections.get("emit", {}), sections.get("dest", {})
        # What comes in is not delivered but fetched.
        is_incoming = self.identification.get("tpNF") == INCOMING
        self.delivery = sections.get("retirada" if is_incoming else "entrega", {})
        self.change = sections.get("pag", {})
        self.intermediary = sections.get("infIntermed")
        self.technical_contact = sections.get("infRespTec")
        self.names_authorized_party = "autXML" in sections
        self.total = self.totals.get("ICMSTot", {})
        self.issued_at = moment(self.identification.get("dhEmi", ""), self.now)
        self.day = self.issued_at.date()

    @property
    def paid(self) -> Decimal:
        return sum((decimal(one, "vPag") for one in self.payments), ZERO)

    @property
    def goods_to(self) -> Leaves:
        """The address to which the goods go, or from which they come in."""
        return self.delivery or self.recipient

    @cached_property
    def tax_day(self) -> date:
        """The day whose taxes it tells: of a return the last one, in the month of the note that it
        gives back, which that note's key names; its own of any other."""
        key = next((item.reference for item in self.items if item.reference), "")
        year, month = whole_number(key[2:4]), whole_number(key[4:6]) or 0
        is_return = self.identification.get("finNFe") == RETURN
        if not is_return or year is None or not 1 <= month <= 12:
            return self.day
        year += 2000
        return min(self.day, date(year, month, monthrange(year, month)[1]))

    @property
    def refers(self) -> bool:
        """Whether the note names another document as a whole."""
        return self.info.find(_REFERRED) is not None

    def item(self, number: int) -> ReadItem | None:
        return next((item for item in self.items if item.number == number), None)

    @cached_property
    def key_body(self) -> str:
        issuer = self.issuer.get("CNPJ") or self.issuer.get("CPF", "")
        return _key_body(self.identification, issuer, self.issued_at)

    @cached_property
    def signed_by(self) -> x509.Certificate:
        """The certificate that signed it. Raises SignatureError."""
        return verify(self.document)

    @property
    def is_draft(self) -> bool:
        return self.identification.get("cNF") == DRAFT_CODE

    @property
    def is_foreign(self) -> bool:
        return self.identification.get("idDest") == "3"


def _item(det: etree._Element) -> ReadItem:
    product: Leaves = {}
    taxes: dict[str, Leaves] = {}
    reference, value = "", ZERO
    for part in det:
        tag = part.tag
        if tag == _PRODUCT:
            product = own_leaves(part)
        elif tag == _TAXES:
            taxes = groups(part)
        elif tag == _VALUE:
            value = _number(part.text or "")
        elif tag == _REFERENCE:
            reference = own_leaves(part).get("chaveAcesso", "")
    return ReadItem(whole_number(det.get("nItem")) or 0, product, taxes, reference, value)


def moment(text: str, otherwise: datetime) -> datetime:
    """What a document says as dhEmi or dhEvento; `otherwise` where that is no time."""
    try:
        said = datetime.fromisoformat(text)
    except ValueError:
        return otherwise
    return said if said.tzinfo else said.replace(tzinfo=UTC)


def _key_body(ide: Leaves, cnpj: str, issued_at: datetime) -> str:
    """The first 43 places of the key as the document's own fields give them."""
    return (
        f"{ide.get('cUF')}{issued_at:%y%m}{cnpj:0>14}{ide.get('mod')}{ide.get('serie', ''):0>3}"
        f"{ide.get('nNF', ''):0>9}{ide.get('tpEmis')}{ide.get('cNF')}"
    )
