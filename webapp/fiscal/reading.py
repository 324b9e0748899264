"""A document read once, section by section, for the checks."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from cryptography import x509
from lxml import etree

from webapp.fiscal.document import DRAFT_CODE
from webapp.fiscal.note import Note
from webapp.fiscal.signature import verify
from webapp.fiscal.tax_book import EXAMPLE_BOOK, TaxBook
from webapp.fiscal.xml import NAMESPACE

_OFFSET = len(NAMESPACE) + 2
_READ = {"ide", "emit", "dest", "autXML", "pag", "infIntermed", "infRespTec"}
Leaves = dict[str, str]


def leaves(element: etree._Element) -> Leaves:
    """Tag to text of everything below `element` that holds a text."""
    return {child.tag[_OFFSET:]: text for child in element.iter("*") if (text := child.text)}


def decimal(group: Leaves, tag: str) -> Decimal:
    return Decimal(group.get(tag) or 0)


@dataclass(frozen=True, slots=True)
class ReadItem:
    """`taxes` holds the leaves of each tax group by its name: ICMS, PIS, COFINS, ICMSUFDest,
    IBSCBS."""

    number: int
    product: Leaves
    taxes: dict[str, Leaves]

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
    `now` it is judged as of this moment, without `book` by what the program itself knows."""

    def __init__(
        self,
        document: etree._Element,
        note: Note | None,
        now: datetime | None,
        book: TaxBook = EXAMPLE_BOOK,
    ):
        info = document[0]
        self.document, self.note, self.book = document, note, book
        self.now = now or datetime.now(UTC)
        self.id, self.version = info.get("Id", ""), info.get("versao", "")
        self.items: list[ReadItem] = []
        self.total: Leaves = {}
        sections = {}
        for section in info:
            tag = section.tag[_OFFSET:]
            if tag == "det":
                self.items.append(_item(section))
            elif tag in _READ:
                sections[tag] = leaves(section)
            elif tag == "total":
                self.total = leaves(section[0])
        self.identification = sections["ide"]
        self.issuer, self.recipient = sections.get("emit", {}), sections.get("dest", {})
        self.payment = sections.get("pag", {})
        self.intermediary = sections.get("infIntermed")
        self.technical_contact = sections.get("infRespTec")
        self.names_authorized_party = "autXML" in sections
        self.issued_at = datetime.fromisoformat(self.identification["dhEmi"])
        self.key_body = _key_body(self.identification, self.issuer.get("CNPJ", ""), self.issued_at)

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
    product, taxes = det[0], det[1]
    return ReadItem(
        int(det.attrib["nItem"]),
        leaves(product),
        {group.tag[_OFFSET:]: leaves(group) for group in taxes},
    )


def _key_body(ide: Leaves, cnpj: str, issued_at: datetime) -> str:
    """The first 43 places of the key as the document's own fields give them."""
    return (
        f"{ide.get('cUF')}{issued_at:%y%m}{cnpj:0>14}{ide.get('mod')}{ide.get('serie', ''):0>3}"
        f"{ide.get('nNF', ''):0>9}{ide.get('tpEmis')}{ide.get('cNF')}"
    )
