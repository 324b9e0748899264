"""Invented notes for the tests of the fiscal core; every check digit is computed."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from webapp.fiscal.document import Numbering
from webapp.fiscal.note import (
    Address,
    Bill,
    Carrier,
    Issuer,
    Item,
    Marketplace,
    Note,
    Party,
    Payment,
)

NOW = datetime(2026, 11, 20, 13, 30, tzinfo=UTC)
ISSUER = Issuer(
    "99.888.777/0001-00",
    "Pico Nevado Livros e Montanha Ltda",
    "Pico Nevado",
    "492.730.565.410",
    "1",
    Address(
        "Rua Rocha Pombo",
        "845",
        "Galpão 2",
        "Jardim Elvira",
        "Osasco",
        "3534401",
        "SP",
        "06243-110",
    ),
    "1130000010",
)
BUYER = Party(
    "Mariana Alves Prado",
    "999.104.828-60",
    Address("Rua Caiubi", "741", "", "Perdizes", "São Paulo", "3550308", "SP", "05010-000"),
    "mariana.prado@example.com",
    "11900000021",
)
BOOKSHOP = Party(
    "Livraria Horizonte Ltda",
    "7K.2M9.QX4/0001-08",
    Address(
        "Rua Seraphim Banietti", "88", "", "Caguassu", "Sorocaba", "3552205", "SP", "18072-856"
    ),
    "compras.horizonte@example.com",
    "15900000027",
    "669.182.042.119",
    "contributor",
)
CURITIBA = Address(
    "Avenida João Gualberto",
    "1020",
    "Ap. 42",
    "Alto da Glória",
    "Curitiba",
    "4106902",
    "PR",
    "80030-000",
)
LISBON = Address("Rua Augusta", "12", "", "Baixa", "Lisboa", "", "", "1100-048", "PT")
MUG = Item("FI-0002", "Caneca esmaltada 350 ml", "73239400", 3, Decimal("45.50"), weight_g=160)
BOOK = Item(
    "LV-0001",
    "Travessias da Mantiqueira",
    "49019900",
    2,
    Decimal("89.90"),
    "9786599999901",
    weight_g=540,
    discount=Decimal("10.00"),
    freight=Decimal("12.34"),
    kind="book",
)
GIFT = Item(
    "VD-0002",
    "Primeiros Socorros (DVD)",
    "85234990",
    1,
    Decimal("29.90"),
    weight_g=110,
    discount=Decimal("29.90"),
    kind="video",
    gift=True,
)
MARKETPLACE = Marketplace("99.777.666/0001-18", "piconevado-oficial")
ACQUIRER = "01027058000191"
CARRIER = Carrier(
    "Transportadora Andorinha Ltda",
    "99.777.666/0001-18",
    "110.042.490.114",
    "Rua do Bosque, 10",
    "Osasco",
    "SP",
)
NUMBERING = Numbering(1, 101, NOW, "48151623")


def a_note(**changes) -> Note:
    """A sale in the state of two kinds of goods. `crt` and `address` reach into issuer and
    recipient."""
    issuer = replace(ISSUER, crt=changes.pop("crt", "1"))
    recipient = changes.pop("recipient", BUYER)
    if "address" in changes:
        recipient = replace(recipient, address=changes.pop("address"))
    values = {
        "environment": "homologation",
        "issuer": issuer,
        "recipient": recipient,
        "items": (MUG, BOOK),
        "payment_method": "pix",
        "reference": "WEB-2001",
    }
    return Note(**(values | changes))


def paid_by(*payments: Payment, **changes) -> Note:
    """A sale of 136.50, three mugs, so paid."""
    return a_note(items=(MUG,), payments=payments, **changes)


def on_credit(*days: date, **changes) -> Note:
    """The same in equal instalments, paid by boleto."""
    share = Decimal("136.50") / len(days)
    bills = tuple(Bill(day, share) for day in days)
    return a_note(items=(MUG,), payment_method="boleto", bills=bills, **changes)


def an_item(**changes) -> Item:
    return replace(MUG, **changes)
