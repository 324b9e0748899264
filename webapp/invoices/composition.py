"""From a sale to its note: the copies the sale keeps, the shop as issuer, and how findings are kept
as JSON."""

import re
from dataclasses import fields

from flask import current_app

from webapp.fiscal.checks import run_checks
from webapp.fiscal.document import build
from webapp.fiscal.note import Address, Issuer, Item, Note, Party
from webapp.fiscal.words import Finding
from webapp.sales.models import Sale, SaleLine
from webapp.store.models import Shop

FINDING_PARTS = tuple(part.name for part in fields(Finding))
_NOT_DIGITS = re.compile(r"[^0-9]")


def note_of(sale: Sale, shop: Shop) -> Note:
    """The sale's goods, without the units refunded, as a note of the environment set; pure but for
    that setting."""
    return Note(
        environment=current_app.extensions["settings"].nfe_environment,
        issuer=issuer_of(shop),
        recipient=Party(
            name=sale.customer_name,
            document=sale.customer_document,
            address=_address(sale),
            email=sale.customer_email,
            phone=_NOT_DIGITS.sub("", sale.customer_phone),
            state_registration=_NOT_DIGITS.sub("", sale.customer_state_registration),
            taxpayer=str(sale.customer_taxpayer),
        ),
        items=tuple(_item(line) for line in sale.lines if line.is_on_note and line.left),
        payment_method=str(sale.payment_method),
        channel=sale.channel,
        reference=sale.reference,
    )


def issuer_of(shop: Shop) -> Issuer:
    return Issuer(
        cnpj=shop.cnpj,
        name=shop.name,
        trade_name=shop.trade_name,
        state_registration=shop.state_registration,
        crt=shop.crt,
        phone=shop.phone,
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
    )


def kept(findings: list[Finding]) -> list[dict]:
    """What failed, as JSON. What passed is not kept: `findings_of` works it out again when somebody
    looks."""
    return [
        {name: getattr(finding, name) for name in FINDING_PARTS}
        for finding in findings
        if not finding.ok
    ]


def shown(kept_findings: list[dict]) -> list[Finding]:
    return [Finding(**finding) for finding in kept_findings]


def findings_of(sale: Sale, shop: Shop) -> list[Finding]:
    """Every check of the sale's draft as it would come out now, passed and failed."""
    note = note_of(sale, shop)
    return run_checks(note, build(note))
