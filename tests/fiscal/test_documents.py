from dataclasses import replace
from datetime import datetime

import pytest
from lxml import etree

from tests.support.fiscal_notes import (
    BOOK,
    BOOKSHOP,
    BUYER,
    CURITIBA,
    GIFT,
    ISSUER,
    LISBON,
    MARKETPLACE,
    MUG,
    NOW,
    NUMBERING,
    a_note,
    an_item,
)
from webapp.fiscal.checks import run_checks
from webapp.fiscal.document import (
    HOMOLOGATION_NAME,
    access_key_of,
    build,
    draft_of,
    is_of_day,
    numbered,
    preview,
)
from webapp.fiscal.schema import problems
from webapp.fiscal.tax_book import EXAMPLE_BOOK
from webapp.fiscal.xml import NAMESPACE

ALPHANUMERIC = replace(ISSUER, cnpj="12.ABC.345/01DE-35")
NOTES = {
    "simples": a_note(),
    "MEI": a_note(crt="4"),
    "normal regime": a_note(crt="3"),
    "above the Simples limit": a_note(crt="2"),
    "letters in the shop's CNPJ": a_note(issuer=ALPHANUMERIC),
    "gift": a_note(items=(MUG, GIFT)),
    "gift under the normal regime": a_note(items=(MUG, GIFT), crt="3"),
    "only gifts": a_note(items=(GIFT,)),
    "out of state": a_note(address=CURITIBA),
    "out of state under the normal regime": a_note(address=CURITIBA, crt="3"),
    "out of state above the limit": a_note(address=CURITIBA, crt="2"),
    "taxpayer": a_note(recipient=BOOKSHOP),
    "taxpayer under the normal regime": a_note(recipient=BOOKSHOP, crt="3"),
    "marketplace": a_note(marketplace=MARKETPLACE),
    "abroad": a_note(address=LISBON),
    "abroad under the normal regime": a_note(address=LISBON, crt="3"),
    "card": a_note(payment_method="credit_card"),
    "other payment": a_note(payment_method="barter"),
    "production": a_note(environment="production"),
    "imported goods": a_note(items=(an_item(origin="1"),), address=CURITIBA, crt="3"),
    "emoji": a_note(items=(an_item(name="Caneca 🏔️ “azul” – 350 ml"),)),
    "script": a_note(
        items=(an_item(name="<script>alert('x') & y</script>", sku='A"&<B>'),),
        environment="production",
    ),
    "decomposed accents": a_note(
        recipient=replace(BUYER, name="Joa\u0303o da Conceic\u0327a\u0303o"),
        environment="production",
    ),
    "no phone, e-mail or weight": a_note(
        items=(an_item(weight_g=0),), recipient=replace(BUYER, email="", phone="")
    ),
}


def text(document, path):
    return document.findtext(
        "/".join(f"{{{NAMESPACE}}}{tag}" for tag in f"infNFe/{path}".split("/"))
    )


def texts(document, tag):
    return [element.text for element in document.iter(f"{{{NAMESPACE}}}{tag}")]


@pytest.mark.parametrize("note", NOTES.values(), ids=NOTES.keys())
def test_is_valid_as_draft_and_as_signed_note(note, signer):
    assert problems(build(note, EXAMPLE_BOOK)) == []
    assert problems(etree.fromstring(signer.sign(build(note, EXAMPLE_BOOK, NUMBERING)))) == []


@pytest.mark.parametrize("note", NOTES.values(), ids=NOTES.keys())
def test_a_draft_that_is_numbered_is_what_a_numbered_note_is_built_as(note):
    draft = build(note, EXAMPLE_BOOK, draft_of(NOW.replace(hour=4)))
    written = etree.tostring(numbered(draft, note, NUMBERING))
    assert written == etree.tostring(build(note, EXAMPLE_BOOK, NUMBERING))


@pytest.mark.parametrize(
    ("drafted", "is_the_day"),
    [("2026-11-20T02:59:59", False), ("2026-11-20T03:00:00", True), ("2026-11-21T02:59:59", True)],
)
def test_a_note_is_issued_on_the_day_of_its_draft_where_the_shop_is(drafted, is_the_day):
    note = a_note()
    draft = build(note, EXAMPLE_BOOK, draft_of(datetime.fromisoformat(f"{drafted}+00:00")))
    assert is_of_day(draft, note, NOW) == is_the_day
    if not is_the_day:
        with pytest.raises(ValueError, match="the day for which"):
            numbered(draft, note, NUMBERING)


@pytest.mark.parametrize("note", NOTES.values(), ids=NOTES.keys())
def test_passes_every_check(note):
    failed = [
        finding.text
        for finding in run_checks(
            note, build(note, EXAMPLE_BOOK, NUMBERING), EXAMPLE_BOOK, NOW
        ).issues
        if finding.level == "error"
    ]
    assert failed == []


@pytest.mark.parametrize("note", NOTES.values(), ids=NOTES.keys())
def test_signature_is_accepted_by_another_verifier(note, signer, certificate, verified_elsewhere):
    assert verified_elsewhere(signer.sign(build(note, EXAMPLE_BOOK, NUMBERING)))


def test_a_changed_note_is_refused_by_the_other_verifier(signer, verified_elsewhere):
    signed = signer.sign(build(a_note(), EXAMPLE_BOOK, NUMBERING))
    assert not verified_elsewhere(signed.replace(b"<xNome>Pico", b"<xNome>Pica"))


def test_number_time_and_key_agree():
    document = build(a_note(), EXAMPLE_BOOK, NUMBERING)
    assert access_key_of(document) == "3526119988877700010055001000000101148151623" + text(
        document, "ide/cDV"
    )
    assert (text(document, "ide/serie"), text(document, "ide/nNF")) == ("1", "101")
    assert text(document, "ide/dhEmi") == "2026-11-20T10:30:00-03:00"


def test_month_of_the_key_is_the_month_where_the_shop_is():
    numbering = replace(NUMBERING, issued_at=datetime.fromisoformat("2026-12-01T01:00:00+00:00"))
    assert access_key_of(build(a_note(), EXAMPLE_BOOK, numbering))[2:6] == "2611"


def test_tests_carry_the_phrase_instead_of_the_buyer():
    assert text(build(a_note(), EXAMPLE_BOOK), "dest/xNome") == HOMOLOGATION_NAME
    assert (
        text(build(a_note(environment="production"), EXAMPLE_BOOK), "dest/xNome")
        == "Mariana Alves Prado"
    )


def test_decomposed_accents_are_composed():
    note = NOTES["decomposed accents"]
    assert text(build(note, EXAMPLE_BOOK), "dest/xNome") == "João da Conceição"


def test_markup_in_a_name_stays_text():
    assert (
        text(build(NOTES["script"], EXAMPLE_BOOK), "det/prod/xProd")
        == "<script>alert('x') & y</script>"
    )


def test_sums_are_of_the_goods_with_freight_and_discount():
    document = build(a_note(), EXAMPLE_BOOK)
    assert [
        text(document, f"total/ICMSTot/{tag}") for tag in ("vProd", "vFrete", "vDesc", "vNF")
    ] == ["316.30", "12.34", "10.00", "318.64"]
    assert text(document, "pag/detPag/vPag") == "318.64"


def test_a_gift_is_written_with_its_value_as_discount():
    document = build(a_note(items=(MUG, GIFT)), EXAMPLE_BOOK)
    assert texts(document, "CFOP") == ["5102", "5910"]
    assert texts(document, "vDesc") == ["29.90", "29.90"]
    assert text(document, "total/ICMSTot/vNF") == "136.50"


def test_only_gifts_need_no_payment():
    document = build(a_note(items=(GIFT,)), EXAMPLE_BOOK)
    assert (text(document, "pag/detPag/tPag"), text(document, "pag/detPag/vPag")) == ("90", "0.00")


@pytest.mark.parametrize(
    "method, code",
    [
        ("pix", "17"),
        ("credit_card", "03"),
        ("debit_card", "04"),
        ("boleto", "15"),
        ("wallet", "18"),
        ("store_credit", "21"),
        ("other", "99"),
    ],
)
def test_payment_method(method, code):
    document = build(a_note(payment_method=method), EXAMPLE_BOOK)
    assert text(document, "pag/detPag/tPag") == code
    assert (text(document, "pag/detPag/card/tpIntegra") == "2") == (code in ("03", "04"))
    assert bool(text(document, "pag/detPag/xPag")) == (code == "99")


def test_marketplace_is_named():
    document = build(a_note(marketplace=MARKETPLACE), EXAMPLE_BOOK)
    assert text(document, "ide/indIntermed") == "1"
    assert text(document, "infIntermed/CNPJ") == "99777666000118"
    assert text(build(a_note(), EXAMPLE_BOOK), "ide/indIntermed") == "0"


def test_abroad_has_country_and_port_instead_of_state():
    document = build(a_note(address=LISBON), EXAMPLE_BOOK)
    assert [text(document, f"dest/enderDest/{tag}") for tag in ("UF", "cMun", "cPais", "CEP")] == [
        "EX",
        "9999999",
        "6076",
        None,
    ]
    assert (text(document, "ide/idDest"), text(document, "exporta/UFSaidaPais")) == ("3", "SP")


def test_simples_says_so_and_names_the_sale():
    assert text(build(a_note(), EXAMPLE_BOOK), "infAdic/infCpl") == (
        "DOCUMENTO EMITIDO POR ME OU EPP OPTANTE PELO SIMPLES NACIONAL. Pedido WEB-2001"
    )
    assert text(build(a_note(crt="3"), EXAMPLE_BOOK), "infAdic/infCpl") == "Pedido WEB-2001"


def test_weight_is_of_all_pieces():
    assert text(build(a_note(items=(MUG, BOOK)), EXAMPLE_BOOK), "transp/vol/pesoB") == "1.560"


def test_preview_leaves_out_what_only_sending_gives():
    shown = preview(build(a_note(), EXAMPLE_BOOK))
    assert "<natOp>Venda de mercadoria</natOp>" in shown
    for absent in ("Id=", "<nNF>", "<serie>", "<cNF>", "<cDV>", "<dhEmi>"):
        assert absent not in shown


@pytest.mark.parametrize(
    ("kept", "written"), [("2000000000015", "SEM GTIN"), ("9786599999901", "9786599999901")]
)
def test_a_shops_own_bar_code_is_not_written_as_a_gtin(kept, written):
    document = build(a_note(items=(an_item(gtin=kept),)), EXAMPLE_BOOK, NUMBERING)
    assert texts(document, "cEAN")[0] == texts(document, "cEANTrib")[0] == written
