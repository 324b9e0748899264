"""The terms of a sale on its note: channel, buyer's use, payments, instalments, carriage and where
the goods go. Right values by hand."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from lxml import etree

from tests.support.fiscal_notes import (
    ACQUIRER,
    BOOKSHOP,
    CARRIER,
    CURITIBA,
    ISSUER,
    MARKETPLACE,
    MUG,
    NOW,
    NUMBERING,
    a_note,
    an_item,
    on_credit,
    paid_by,
)
from webapp.fiscal.checks import run_checks
from webapp.fiscal.document import build
from webapp.fiscal.note import Note, Payment, Volume
from webapp.fiscal.tax_book import EXAMPLE_BOOK
from webapp.fiscal.xml import NAMESPACE

WHOLE = Decimal("136.50")
COMPANY_OF_PARANA = replace(BOOKSHOP, address=CURITIBA, state_registration="1234567850")
FLORIANOPOLIS = replace(CURITIBA, city="Florianópolis", ibge="4205407", state="SC")


def section(note: Note, *path: str) -> list[str]:
    """The written note's parts at the path, each as text without namespace; nothing fails in it."""
    document = build(note, EXAMPLE_BOOK, NUMBERING)
    assert [issue.code for issue in run_checks(note, document, EXAMPLE_BOOK, NOW).issues] == []
    found = document.findall("/".join(f"{{{NAMESPACE}}}{tag}" for tag in ("infNFe", *path)))
    written = (etree.tostring(each, encoding="unicode", with_tail=False) for each in found)
    return [text.replace(f' xmlns="{NAMESPACE}"', "") for text in written]


@pytest.mark.parametrize(
    ("channel", "marketplace", "presence", "between"),
    [
        ("site", None, "2", "0"),
        ("phone", None, "3", "0"),
        ("wholesale", None, "9", "0"),
        ("store", None, "1", None),
        ("a checkout's own", None, "2", "0"),
        ("marketplace", MARKETPLACE, "2", "1"),
        ("store", MARKETPLACE, "1", "1"),
    ],
)
def test_the_channel_says_who_was_present_and_whether_somebody_stood_between(
    channel, marketplace, presence, between
):
    note = a_note(channel=channel, marketplace=marketplace)
    assert section(note, "ide", "indPres") == [f"<indPres>{presence}</indPres>"]
    written = [f"<indIntermed>{between}</indIntermed>"] if between else []
    assert section(note, "ide", "indIntermed") == written


@pytest.mark.parametrize(
    ("taxpayer", "use", "final"),
    [
        ("contributor", "", "0"),
        ("contributor", "resale", "0"),
        ("contributor", "own", "1"),
        ("non_contributor", "", "1"),
        ("non_contributor", "resale", "1"),
    ],
)
def test_who_buys_for_own_use_is_final(taxpayer, use, final):
    note = a_note(recipient=replace(BOOKSHOP, taxpayer=taxpayer), buyer_use=use)
    assert section(note, "ide", "indFinal") == [f"<indFinal>{final}</indFinal>"]


def test_a_company_of_another_state_that_buys_for_its_own_use_owes_the_difference_itself():
    note = a_note(recipient=COMPANY_OF_PARANA, buyer_use="own", items=(MUG,), crt="3")
    assert section(note, "det", "imposto", "ICMSUFDest") == []


# -- payments -------------------------------------------------------------------------------------


def test_a_card_on_the_site_of_which_all_is_known_is_integrated():
    paid = Payment("credit_card", WHOLE, date(2026, 11, 19), ACQUIRER, "elo", "A12345")
    assert section(paid_by(paid), "pag", "detPag") == [
        "<detPag><indPag>0</indPag><tPag>03</tPag><vPag>136.50</vPag><dPag>2026-11-19</dPag>"
        "<card><tpIntegra>1</tpIntegra><CNPJ>01027058000191</CNPJ><tBand>06</tBand>"
        "<cAut>A12345</cAut></card></detPag>"
    ]


@pytest.mark.parametrize(
    ("facts", "written"),
    [
        ({}, "<card><tpIntegra>2</tpIntegra></card>"),
        (
            {"acquirer_cnpj": ACQUIRER, "brand": "visa"},
            "<card><tpIntegra>2</tpIntegra><CNPJ>01027058000191</CNPJ><tBand>01</tBand></card>",
        ),
        (
            {"authorization": "A1"},
            "<card><tpIntegra>2</tpIntegra><cAut>A1</cAut></card>",
        ),
    ],
)
def test_a_card_of_which_something_is_not_known_is_not_integrated(facts, written):
    note = paid_by(Payment("debit_card", WHOLE, **facts))
    assert section(note, "pag", "detPag", "card") == [written]


def test_several_payments_each_stand_for_themselves():
    note = paid_by(
        Payment("pix", Decimal("50.00"), pix="static"),
        Payment("pix", Decimal("30.00"), acquirer_cnpj=ACQUIRER, authorization="E1"),
        Payment("store_credit", Decimal("6.50")),
        Payment("other", Decimal("50.00")),
    )
    assert section(note, "pag", "detPag") == [
        "<detPag><indPag>0</indPag><tPag>20</tPag><vPag>50.00</vPag></detPag>",
        "<detPag><indPag>0</indPag><tPag>17</tPag><vPag>30.00</vPag><card><tpIntegra>1</tpIntegra>"
        "<CNPJ>01027058000191</CNPJ><cAut>E1</cAut></card></detPag>",
        "<detPag><indPag>0</indPag><tPag>21</tPag><vPag>6.50</vPag></detPag>",
        "<detPag><indPag>0</indPag><tPag>99</tPag><xPag>Outro meio de pagamento</xPag>"
        "<vPag>50.00</vPag></detPag>",
    ]


def test_a_hundred_payments_stand_on_one_note():
    note = paid_by(*[Payment("pix", Decimal("1.00"))] * 99, Payment("pix", Decimal("37.50")))
    assert len(section(note, "pag", "detPag")) == 100


def test_nothing_to_pay_is_paid_by_nothing():
    gift = replace(MUG, discount=WHOLE, gift=True)
    assert section(a_note(items=(gift,)), "pag", "detPag") == [
        "<detPag><tPag>90</tPag><vPag>0.00</vPag></detPag>"
    ]


# -- instalments owed to the shop -----------------------------------------------------------------


def test_a_sale_on_credit_tells_its_instalments():
    note = on_credit(date(2026, 12, 20), date(2027, 1, 20), channel="wholesale")
    assert section(note, "cobr") == [
        "<cobr><fat><nFat>WEB-2001</nFat><vOrig>136.50</vOrig><vDesc>0.00</vDesc>"
        "<vLiq>136.50</vLiq></fat>"
        "<dup><nDup>001</nDup><dVenc>2026-12-20</dVenc><vDup>68.25</vDup></dup>"
        "<dup><nDup>002</nDup><dVenc>2027-01-20</dVenc><vDup>68.25</vDup></dup></cobr>"
    ]
    assert section(note, "pag", "detPag", "indPag") == ["<indPag>1</indPag>"]


def test_what_is_paid_at_once_of_a_sale_on_credit_stays_so():
    note = replace(
        on_credit(date(2026, 12, 20)),
        payments=(Payment("pix", Decimal("36.50")), Payment("boleto", Decimal("100.00"))),
    )
    assert section(note, "pag", "detPag", "indPag") == [
        "<indPag>0</indPag>",
        "<indPag>1</indPag>",
    ]


# -- carriage -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "mode"),
    [
        ({}, "0"),
        ({"freight_by": "shop"}, "0"),
        ({"freight_by": "buyer"}, "1"),
        ({"freight_by": "third"}, "2"),
        ({"carrier": replace(CARRIER, cnpj=ISSUER.cnpj)}, "3"),
        ({"carrier": replace(CARRIER, cnpj="7K2M9QX4000108"), "freight_by": "buyer"}, "4"),
        ({"is_handed_over": True, "channel": "store"}, "9"),
        ({"is_handed_over": True, "freight_by": "buyer"}, "1"),
    ],
)
def test_who_pays_the_freight(changes, mode):
    note = a_note(recipient=BOOKSHOP, items=(MUG,), **changes)
    assert section(note, "transp", "modFrete") == [f"<modFrete>{mode}</modFrete>"]


def test_the_carrier_and_the_packages_as_packed():
    packages = (Volume(2, "CAIXA", 450, 700), Volume(1))
    note = a_note(items=(MUG,), carrier=CARRIER, packages=packages)
    assert section(note, "transp") == [
        "<transp><modFrete>0</modFrete><transporta><CNPJ>99777666000118</CNPJ>"
        "<xNome>Transportadora Andorinha Ltda</xNome><IE>110042490114</IE>"
        "<xEnder>Rua do Bosque, 10</xEnder><xMun>Osasco</xMun><UF>SP</UF></transporta>"
        "<vol><qVol>2</qVol><esp>CAIXA</esp><pesoL>0.450</pesoL><pesoB>0.700</pesoB></vol>"
        "<vol><qVol>1</qVol><esp>VOLUME</esp></vol></transp>"
    ]


def test_a_single_package_that_nobody_weighed_has_the_goods_weight():
    note = a_note(items=(MUG,), packages=(Volume(2, "CAIXA"),))
    assert section(note, "transp", "vol") == [
        "<vol><qVol>2</qVol><esp>CAIXA</esp><pesoL>0.480</pesoL><pesoB>0.480</pesoB></vol>"
    ]


# -- where the goods go ---------------------------------------------------------------------------


def test_a_company_keeps_its_registered_address_and_the_goods_go_elsewhere():
    note = a_note(recipient=COMPANY_OF_PARANA, delivery=FLORIANOPOLIS, items=(MUG,), crt="3")
    assert section(note, "dest", "enderDest", "UF") == ["<UF>PR</UF>"]
    assert section(note, "dest", "IE") == ["<IE>1234567850</IE>"]
    assert section(note, "entrega") == [
        "<entrega><CNPJ>7K2M9QX4000108</CNPJ><xNome>Livraria Horizonte Ltda</xNome>"
        "<xLgr>Avenida João Gualberto</xLgr><nro>1020</nro><xCpl>Ap. 42</xCpl>"
        "<xBairro>Alto da Glória</xBairro><cMun>4205407</cMun><xMun>Florianópolis</xMun>"
        "<UF>SC</UF><CEP>80030000</CEP><cPais>1058</cPais><xPais>BRASIL</xPais>"
        "<fone>15900000027</fone></entrega>"
    ]


def test_delivered_in_the_shop_s_own_state_it_is_a_sale_within_it():
    note = a_note(recipient=COMPANY_OF_PARANA, delivery=BOOKSHOP.address, items=(MUG,))
    assert section(note, "ide", "idDest") == ["<idDest>1</idDest>"]
    assert section(note, "det", "prod", "CFOP") == ["<CFOP>5102</CFOP>"]


def test_the_marketplace_s_order_stands_on_every_item_where_it_has_room():
    items = (an_item(position=1), an_item(sku="X", position=3))
    note = a_note(items=items, marketplace=replace(MARKETPLACE, order="2000001234567"))
    assert section(note, "det", "prod", "xPed") == ["<xPed>2000001234567</xPed>"] * 2
    assert section(note, "det", "prod", "nItemPed") == [
        "<nItemPed>1</nItemPed>",
        "<nItemPed>3</nItemPed>",
    ]
    long = a_note(items=items, marketplace=replace(MARKETPLACE, order="2000001234567890"))
    assert section(long, "det", "prod", "xPed") == []
    assert "Pedido no marketplace 2000001234567890" in section(long, "infAdic", "infCpl")[0]
