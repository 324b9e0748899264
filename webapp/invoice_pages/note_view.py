"""An NF-e as people read it, taken from the very document: the one that was sent, or the draft as
it stands now."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from lxml import etree

from webapp.fiscal import payments
from webapp.fiscal.document import preview
from webapp.fiscal.reading import Reading, ReadItem, decimal
from webapp.fiscal.xml import NAMESPACE
from webapp.invoice_pages.tax_words import tax_sentence
from webapp.invoices.composition import composed
from webapp.invoices.models import Invoice
from webapp.invoices.taken_profiles import TakenProfile
from webapp.platform.clock import utc_now
from webapp.sales.models import PaymentMethod
from webapp.store.models import Shop
from webapp.taxation.book import the_tax_book

DESTINATIONS = {"1": _l("Within the state"), "2": _l("To another state"), "3": _l("Abroad")}
REGIMES = {
    "1": _l("Simples Nacional"),
    "2": _l("Simples Nacional above the state's limit"),
    "3": _l("Normal regime"),
    "4": _l("MEI"),
}
PAYMENTS = {
    **{code: PaymentMethod(method).label for method, code in payments.METHODS.items()},
    payments.STATIC_PIX: PaymentMethod.PIX.label,
    payments.NONE: _l("Nothing to pay"),
    payments.LATER: _l("Paid later"),
}


@dataclass(frozen=True)
class NoteView:
    """`is_sent`: it bears number, key and signature. Money is `Decimal`."""

    document: etree._Element
    is_sent: bool
    # By item; none for an NF-e from before there were profiles.
    profiles: Sequence[TakenProfile] = ()

    @cached_property
    def reading(self) -> Reading:
        return Reading(self.document, None, None)

    @property
    def operation(self) -> str:
        return self.reading.identification["natOp"]

    @property
    def destination(self):
        return DESTINATIONS.get(self.reading.identification["idDest"], "")

    @property
    def regime(self):
        return REGIMES.get(self.reading.issuer.get("CRT", ""), "")

    @property
    def payments(self) -> list[tuple[str | LazyString, Decimal]]:
        """How each is paid, in words, and its amount."""
        return [
            (PAYMENTS.get(code := each.get("tPag", ""), code), decimal(each, "vPag"))
            for each in self.reading.payments
        ]

    @property
    def remarks(self) -> list[str]:
        """The sentences of `infCpl`."""
        return (self.document.findtext(f".//{{{NAMESPACE}}}infCpl") or "").split(". ")

    @cached_property
    def items(self) -> list["NoteItem"]:
        return [_item(item) for item in self.reading.items]

    @property
    def tax_reasons(self) -> list[tuple[str, str]]:
        """Each item's name, and a sentence."""
        origin, target = self._state("emit/enderEmit"), self._state("dest/enderDest")
        target = self._state("entrega") or self._state("retirada") or target
        return [
            (item.product.get("xProd", ""), tax_sentence(item, taken, origin, target))
            for item, taken in zip(self.reading.items, self.profiles, strict=False)
        ]

    def _state(self, place: str) -> str:
        path = "/".join(f"{{{NAMESPACE}}}{tag}" for tag in (*place.split("/"), "UF"))
        return self.document.findtext(f".//{path}") or ""

    def total(self, tag: str) -> Decimal:
        return decimal(self.reading.total, tag)

    @cached_property
    def draft_xml(self) -> str:
        """A draft indented for reading, without what only sending gives."""
        return preview(self.document)


@dataclass(frozen=True, slots=True)
class NoteItem:
    sku: str
    name: str
    ncm: str
    cfop: str
    icms: str
    ibs_cbs: str
    quantity: str
    unit: str
    unit_price: Decimal
    total: Decimal
    discount: Decimal

    @property
    def is_immune(self) -> bool:
        return self.icms == "300"


def note_view(invoice: Invoice, shop: Shop) -> NoteView:
    if invoice.is_sent and invoice.signed_xml:
        return NoteView(etree.fromstring(invoice.signed_xml), True, invoice.tax_profiles)
    return draft_of(invoice, shop)


def draft_of(invoice: Invoice, shop: Shop) -> NoteView:
    """Never signed, whatever became of the invoice meanwhile."""
    made, book = composed(invoice, shop), the_tax_book()
    return NoteView(made.draft(book), False, made.taken_profiles(book, utc_now()))


def _item(item: ReadItem) -> NoteItem:
    product, icms, ibs_cbs = item.product, item.taxes.get("ICMS", {}), item.taxes.get("IBSCBS", {})
    return NoteItem(
        sku=product.get("cProd", ""),
        name=product.get("xProd", ""),
        ncm=product.get("NCM", ""),
        cfop=product.get("CFOP", ""),
        icms=icms.get("CSOSN") or icms.get("CST", ""),
        ibs_cbs=" · ".join(ibs_cbs[tag] for tag in ("CST", "cClassTrib") if tag in ibs_cbs),
        quantity=product.get("qCom", ""),
        unit=product.get("uCom", ""),
        unit_price=decimal(product, "vUnCom"),
        total=decimal(product, "vProd"),
        discount=decimal(product, "vDesc"),
    )
