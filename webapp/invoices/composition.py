"""From a sale to its note: the copies the sale keeps, and the shop as issuer."""

import re

from flask import current_app

from webapp.addresses.merge import SHOP
from webapp.fiscal.checks import CheckReport, run_checks
from webapp.fiscal.document import build
from webapp.fiscal.note import Address, Issuer, Item, Note, Party, TechnicalContact
from webapp.invoices.told_details import told_for_note
from webapp.sales.forms import COUNTER
from webapp.sales.models import Sale, SaleLine
from webapp.store.models import Shop
from webapp.store.queries import csrt_of
from webapp.taxation.book import the_tax_book

_NOT_DIGITS = re.compile(r"[^0-9]")


def note_of(sale: Sale, shop: Shop) -> Note:
    """The sale's goods, without the units refunded, as a note of the environment set; pure but for
    that setting."""
    items = tuple(_item(line) for line in sale.lines if line.is_on_note and line.left)
    told = told_for_note(sale, items) if sale.invoice_details else {}
    address = _address(sale)
    registered = told.pop("registered", None) or address
    return Note(
        environment=current_app.extensions["settings"].nfe_environment,
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


def check_report(sale: Sale, shop: Shop) -> CheckReport:
    """Every check of the sale's draft as it would come out now."""
    note = note_of(sale, shop)
    book = the_tax_book()
    return run_checks(note, build(note, book), book)
