"""From a sale to its note: the copies the sale keeps, and the shop as issuer; and from an NF-e to
the note that it makes, whether it sells or takes back."""

import datetime as dt
import re
from dataclasses import dataclass, replace

from lxml import etree

from webapp.addresses.merge import SHOP
from webapp.fiscal.checks import CheckReport, run_checks
from webapp.fiscal.document import Numbering, build, draft_of
from webapp.fiscal.note import (
    Address,
    Issuer,
    Item,
    Note,
    Party,
    RegistrationIndicator,
    TechnicalContact,
)
from webapp.fiscal.tax_book import TaxBook
from webapp.fiscal.taxes import Taxes
from webapp.invoices.models import Invoice
from webapp.invoices.returned_goods import items_of, reason_words
from webapp.invoices.taken_profiles import TakenProfile, profiles_taken
from webapp.invoices.told_details import told_for_note
from webapp.sales.forms import COUNTER
from webapp.sales.models import Sale, SaleLine
from webapp.store.models import Shop
from webapp.store.queries import csrt_of, issuer_day
from webapp.taxation.book import the_tax_book

_NOT_DIGITS = re.compile(r"[^0-9]")


@dataclass(frozen=True)
class Composed:
    """The note that an NF-e makes. `taxes` and `profiles` are those of what a return takes back; of
    a sale they follow from the tax book."""

    note: Note
    taxes: tuple[Taxes, ...] | None = None
    profiles: tuple[TakenProfile, ...] | None = None

    def draft(self, book: TaxBook, moment: dt.datetime | None = None) -> etree._Element:
        """As it is issued at `moment`, or now."""
        return build(self.note, book, draft_of(moment) if moment else None, self.taxes)

    def document(self, book: TaxBook, given: Numbering) -> etree._Element:
        """As it is sent, but for the signature."""
        return build(self.note, book, given, self.taxes)

    def taken_profiles(self, book: TaxBook, moment: dt.datetime) -> list[TakenProfile]:
        if self.profiles is not None:
            return list(self.profiles)
        return profiles_taken(self.note, book, issuer_day(moment))


def composed(invoice: Invoice, shop: Shop) -> Composed:
    """Raises NoFile for a return whose origin's file is not here."""
    if not invoice.is_return:
        return Composed(note_of(invoice.sale, shop))
    return _return(invoice, shop)


def _return(invoice: Invoice, shop: Shop) -> Composed:
    """The sale's parties and terms with the items that come back. The buyer keeps the role it had;
    its state registration is as its record has it by now."""
    sale, (items, taxes) = invoice.sale, items_of(invoice, shop)
    note = note_of(sale, shop)
    buyer = note.recipient
    registration = _NOT_DIGITS.sub("", sale.customer.state_registration)
    if buyer.taxpayer == RegistrationIndicator.CONTRIBUTOR and registration:
        buyer = replace(buyer, state_registration=registration)
    reason = reason_words(invoice)
    note = replace(note, items=items, recipient=buyer, payments=(), bills=(), return_reason=reason)
    origin = invoice.origin
    by_line = {row.get("line", 0): row for row in origin.tax_profiles} if origin else {}
    profiles = tuple(by_line[item.position] for item in items if item.position in by_line)
    return Composed(note, taxes, profiles if len(profiles) == len(items) else ())


def note_of(sale: Sale, shop: Shop) -> Note:
    """The sale's goods, without the units refunded, as a note of the environment set; pure but for
    that setting."""
    items = tuple(_item(line) for line in sale.lines if line.is_on_note and line.left)
    told = told_for_note(sale, items) if sale.invoice_details else {}
    address = _address(sale)
    registered = told.pop("registered", None) or address
    return Note(
        environment=shop.nfe_environment,
        issuer=issuer_of(shop),
        recipient=Party(
            name=sale.customer_name,
            document=sale.customer_document,
            address=registered,
            email=sale.customer_email,
            phone=_NOT_DIGITS.sub("", sale.customer_phone),
            state_registration=_NOT_DIGITS.sub("", sale.customer_state_registration),
            taxpayer=str(sale.customer_taxpayer),
        ),
        items=items,
        payment_method=str(sale.payment_method),
        channel=sale.channel,
        reference=sale.reference,
        delivery=None if registered == address else address,
        is_handed_over=sale.channel == COUNTER and sale.address_source.get("zip_code") == SHOP,
        **told,
    )


def issuer_of(shop: Shop) -> Issuer:
    return Issuer(
        cnpj=shop.cnpj,
        name=shop.name,
        trade_name=shop.trade_name,
        state_registration=shop.state_registration,
        crt=shop.crt,
        phone=shop.phone,
        pis_cofins=shop.pis_cofins,
        ibs_cbs=shop.ibs_cbs,
        technical_contact=_technical_contact(shop),
        authorized_parties=tuple(shop.authorized_parties),
        address=Address(
            street=shop.street,
            number=shop.number,
            complement=shop.complement,
            neighborhood=shop.neighborhood,
            city=shop.city,
            ibge=shop.ibge,
            state=shop.state,
            zip_code=shop.zip_code,
        ),
    )


def _technical_contact(shop: Shop) -> TechnicalContact | None:
    if not shop.technical_cnpj:
        return None
    return TechnicalContact(
        shop.technical_cnpj,
        shop.technical_name,
        shop.technical_email,
        shop.technical_phone,
        shop.csrt_id,
        csrt_of(shop),
    )


def _address(sale: Sale) -> Address:
    return Address(
        street=sale.street,
        number=sale.number,
        complement=sale.complement,
        neighborhood=sale.neighborhood,
        city=sale.city,
        ibge=sale.ibge,
        state=sale.state,
        zip_code=_NOT_DIGITS.sub("", sale.zip_code),
        country=sale.country,
    )


def _item(line: SaleLine) -> Item:
    facts = line.product
    return Item(
        sku=line.sku,
        name=line.name,
        ncm=facts["ncm"],
        gtin=facts["gtin"],
        origin=facts["origin"],
        unit=facts["unit"],
        quantity=line.left,
        unit_price=line.unit_price,
        discount=line.discount_left,
        freight=line.freight_left,
        weight_g=facts["weight_g"],
        kind=str(line.kind),
        gift=line.gift,
        category=facts.get("category", ""),
        # Of a line from before there were any: none.
        tax_profile=facts.get("tax_profile", ""),
        position=line.position,
    )


def check_report(invoice: Invoice, shop: Shop) -> CheckReport:
    """Every check of its draft as it would come out now."""
    made, book = composed(invoice, shop), the_tax_book()
    return run_checks(made.note, made.draft(book), book)
