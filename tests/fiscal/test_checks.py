from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from json import dumps, loads
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from lxml import etree

from tests.fiscal.conftest import new_certificate
from tests.support.books_of_2027 import FULL, profiled
from tests.support.fiscal_notes import (
    ACQUIRER,
    BOOK,
    BOOKSHOP,
    BUYER,
    CARRIER,
    CURITIBA,
    ISSUER,
    LISBON,
    MARKETPLACE,
    MUG,
    NOW,
    NUMBERING,
    a_note,
    an_item,
    on_credit,
    paid_by,
)
from webapp.fiscal.checks import CHECKS, run_checks
from webapp.fiscal.document import build
from webapp.fiscal.note import Address, Payment, TechnicalContact
from webapp.fiscal.tax_book import EXAMPLE_BOOK
from webapp.fiscal.xml import NAMESPACE, xml
from webapp.platform.issues import issue_from_json

CONTACT = TechnicalContact("99777666000118", "Ana", "suporte@example.com", "1130000010")
FIRST_OF_2027 = replace(NUMBERING, issued_at=datetime(2027, 1, 1, 12, 0, tzinfo=UTC))
RIO = Address("Rua da Carioca", "10", "", "Centro", "Rio de Janeiro", "3304557", "RJ", "20050008")


def built(note, numbering=NUMBERING):
    return note, build(note, EXAMPLE_BOOK, numbering)


def edited(tag, text, note=None, under="*"):
    """The sample's document with the first `tag` below `under` written over; removed when `text` is
    None."""
    note, document = built(note or a_note())
    parent = next(document.iter(f"{{{NAMESPACE}}}{under}" if under != "*" else "*"))
    element = next(parent.iter(f"{{{NAMESPACE}}}{tag}"))
    if text is None:
        element.getparent().remove(element)
    element.text = text
    return note, document


def buyer(**changes):
    return built(a_note(recipient=replace(BUYER, **changes)))


def address(**changes):
    return built(a_note(address=replace(BUYER.address, **changes)))


def issuer(**changes):
    return built(a_note(issuer=replace(ISSUER, **changes)))


def issuer_in(state, **changes):
    return issuer(address=replace(ISSUER.address, state=state), **changes)


def with_key(key):
    note, document = built(a_note())
    document[0].set("Id", f"NFe{key}")
    return note, document


def issued(delta):
    return built(a_note(), replace(NUMBERING, issued_at=NOW + delta))


def of_version(version):
    note, document = built(a_note())
    document[0].set("versao", version)
    return note, document


def with_prefix():
    note, document = built(a_note())
    return note, etree.fromstring(
        etree.tostring(document).replace(b"<NFe ", b'<NFe xmlns:n="urn:other" ')
    )


def signed_then(change):
    """The sample, signed, with its bytes changed afterwards."""
    note, document = built(a_note())
    with TemporaryDirectory() as folder:
        signed = new_certificate(Path(folder)).signer.sign(document)
    return note, etree.fromstring(change(signed))


def with_total(tag, text):
    note, document = built(a_note())
    total = next(document.iter(f"{{{NAMESPACE}}}ICMSTot"))
    etree.SubElement(total, f"{{{NAMESPACE}}}{tag}").text = text
    return note, document


def with_strange_payer():
    note, document = built(a_note())
    payment = next(document.iter(f"{{{NAMESPACE}}}detPag"))
    for tag, text in (("CNPJPag", "99777666000119"), ("UFPag", "SP")):
        etree.SubElement(payment, f"{{{NAMESPACE}}}{tag}").text = text
    return note, document


def with_marketplace_unasked():
    note, document = edited("indIntermed", "0", a_note(marketplace=MARKETPLACE))
    return note, document


def without_ibs_cbs():
    """Totals of IBS and CBS over items that have none."""
    note, document = built(a_note())
    for group in list(document.iter(f"{{{NAMESPACE}}}IBSCBS")):
        group.getparent().remove(group)
    return note, document


def with_net(value, total):
    """A note of 2027 with a net value of 30.00 × 3 that is told as `value`, and a total of them."""
    note = a_note(crt="3", items=(MUG,))
    document = build(note, FULL, FIRST_OF_2027)
    for tag, text in (("vUnComLiq", "30.00"), ("vProdLiq", value), ("vProdLiqTot", total)):
        element = next(document.iter(f"{{{NAMESPACE}}}{tag}"))
        element.text = text
        if not text:
            element.getparent().remove(element)
    return note, document, FULL


def deferred():
    """A part of the ICMS put off, which no consumer's note has."""
    note, document = built(a_note(crt="3"))
    group = next(document.iter(f"{{{NAMESPACE}}}ICMS00"))
    group.tag = f"{{{NAMESPACE}}}ICMS51"
    for extra in group[2:]:
        group.remove(extra)
    group[1].text = "51"
    return note, document


def profiled_note(crt, numbering=NUMBERING, **changes):
    note, book = a_note(crt=crt, items=(MUG,)), profiled(**changes)
    return note, build(note, book, numbering), book


NO_RATES = replace(EXAMPLE_BOOK, rates=())
NORMAL, MEI = a_note(crt="3"), a_note(crt="4")
TO_PARANA = a_note(crt="3", address=CURITIBA)
RENAMED = replace(MUG, tax_profile="none")
IN_RIO = replace(ISSUER, crt="3", state_registration="", address=RIO)
TAX_FAILING = {
    "A tax profile for the regime": ("held_profile", lambda: built(a_note(items=(RENAMED,)))),
    "ICMS rate of the state": ("held_state_rate", lambda: (*built(TO_PARANA), NO_RATES)),
    "Rates of the day": ("held_rate", lambda: built(NORMAL, FIRST_OF_2027)),
    "Schema package of the day": ("held_package", lambda: built(a_note(), FIRST_OF_2027)),
    "CFOP of a MEI": ("337", lambda: edited("CFOP", "6108", MEI)),
    "Tax code of a MEI": ("782", lambda: profiled_note("4", icms="500")),
    "Tax code for a consumer": ("508", deferred),
    "ICMS of the destination's state": ("694", lambda: edited("ICMSUFDest", None, TO_PARANA)),
    "No ICMS of another state without need": ("693", lambda: edited("indIEDest", "2", TO_PARANA)),
    "ICMS rate between the states": ("697", lambda: edited("pICMSInter", "7.00", TO_PARANA)),
    "Benefit code": ("930", lambda: built(a_note(issuer=IN_RIO, address=RIO))),
    "IBS and CBS": ("1115", lambda: edited("IBSCBS", None, NORMAL)),
    "Tax code of IBS and CBS": ("1020", lambda: edited("CST", "001", NORMAL, under="IBSCBS")),
    "No values of IBS and CBS without need": (
        "1021",
        lambda: edited("CST", "410", NORMAL, under="IBSCBS"),
    ),
    "Values of IBS and CBS": ("1022", lambda: edited("gIBSCBS", None, NORMAL)),
    "Class of IBS and CBS": ("1023", lambda: edited("cClassTrib", "000099", NORMAL)),
    "Class and tax code of IBS and CBS": ("1024", lambda: edited("cClassTrib", "410008", NORMAL)),
    "IBS rate of the state": ("1026", lambda: edited("pIBSUF", "0.0500", NORMAL)),
    "IBS rate of the city": ("1036", lambda: edited("pIBSMun", "0.0500", NORMAL)),
    "CBS rate": ("1037", lambda: edited("pCBS", "8.8000", NORMAL)),
    "IBS of each item": ("1041", lambda: edited("vIBSUF", "9.00", NORMAL)),
    "Activity in Simples": (
        "1277",
        lambda: profiled_note("1", FIRST_OF_2027, icms="102", activity="90"),
    ),
    "Net value of each item": ("1279", lambda: with_net("91.00", "91.00")),
    "Total of the destination's poverty fund": (
        "798",
        lambda: edited("vFCPUFDest", "1.00", TO_PARANA, under="total"),
    ),
    "Total of the destination's ICMS": (
        "799",
        lambda: edited("vICMSUFDest", "1.00", TO_PARANA, under="total"),
    ),
    "Total of the origin's part of DIFAL": (
        "800",
        lambda: edited("vICMSUFRemet", "1.00", TO_PARANA, under="total"),
    ),
    "No total of IBS and CBS without need": ("1118", without_ibs_cbs),
    "Total of IBS and CBS is given": ("1119", lambda: edited("IBSCBSTot", None, NORMAL)),
    "Total of IBS": ("1085", lambda: edited("vIBS", "9.00", NORMAL, under="IBSCBSTot")),
    "Total of CBS": ("1091", lambda: edited("vCBS", "9.00", NORMAL, under="IBSCBSTot")),
    "Whole total of the note": ("1094", lambda: edited("vNFTot", "1.00", NORMAL)),
    "Total of net values is given": ("1282", lambda: with_net("90.00", None)),
    "Total of net values": ("1283", lambda: with_net("90.00", "91.00")),
}


def card(**changes):
    """136.50 by a card of which the shop's system knows all."""
    known = {"acquirer_cnpj": ACQUIRER, "brand": "visa", "authorization": "A1"}
    return paid_by(Payment("credit_card", Decimal("136.50"), **(known | changes)))


DECEMBER, JANUARY = date(2026, 12, 20), date(2027, 1, 20)


def with_gap():
    note, document = built(a_note())
    document[0].findall(f"{{{NAMESPACE}}}det")[1].set("nItem", "3")
    return note, document


def delivered_to(ibge, state="SP"):
    """The sample with an address of delivery, which is another than the buyer's."""
    note, document = built(a_note())
    place = {"xLgr": "Rua Caiubi", "nro": "1", "xBairro": "Perdizes", "cMun": ibge, "xMun": "Lá"}
    section = {"entrega": {"CPF": "99910482860", **place, "UF": state}}
    added = etree.fromstring(xml("infNFe", {"@xmlns": NAMESPACE, **section}))[0]
    document[0].find(f"{{{NAMESPACE}}}dest").addnext(added)
    return note, document


def credited(kind):
    """The sample as a note of credit."""
    note, document = edited("finNFe", "5")
    purpose = etree.Element(f"{{{NAMESPACE}}}tpNFCredito")
    purpose.text = kind
    next(document.iter(f"{{{NAMESPACE}}}finNFe")).addnext(purpose)
    return note, document


def indented(signed):
    return etree.tostring(etree.fromstring(signed), pretty_print=True)


FAILING = {
    "The shop's city exists": (
        "272",
        lambda: issuer(address=replace(ISSUER.address, ibge="3500000")),
    ),
    "The buyer's city exists": ("274", lambda: address(ibge="3500000")),
    "The city of delivery exists": ("278", lambda: delivered_to("3500000")),
    "The country of a note abroad": (
        "510",
        lambda: edited("cPais", "1058", a_note(address=LISBON), under="dest"),
    ),
    "The country of a note at home": ("511", lambda: edited("cPais", "6076", under="dest")),
    "Delivery to another state": ("772", lambda: edited("idDest", "2")),
    "Items are numbered without a gap": ("927", with_gap),
    "CFOP of each product": ("770", lambda: edited("CFOP", "5999")),
    "CFOP of a note that goes out": ("518", lambda: edited("CFOP", "1102")),
    "CFOP of a note that comes in": ("519", lambda: edited("tpNF", "0")),
    "CFOP of other countries": ("731", lambda: edited("CFOP", "7102")),
    "CFOP of other states": ("732", lambda: edited("CFOP", "6102")),
    "Bar codes are of makers": ("882", lambda: edited("cEAN", "2000000000015")),
    "Bar codes of taxed units are of makers": ("884", lambda: edited("cEANTrib", "2000000000015")),
    "Bar code of the unit sold": ("885", lambda: edited("cEAN", "9786599999901")),
    "Bar code of the unit taxed": ("886", lambda: edited("cEANTrib", "9786599999901")),
    "Quantity of each taxed unit": ("units", lambda: edited("qTrib", "4")),
    "Discount of each item": (
        "483",
        lambda: built(a_note(items=(an_item(discount=Decimal("137.00")), BOOK))),
    ),
    "Means of payment": ("436", lambda: edited("tPag", "77")),
    "CFOP of a return": ("327", lambda: edited("finNFe", "4")),
    "CFOP of goods refused at the door": ("327", lambda: credited("03")),
    "CFOP that gives back": ("328", lambda: edited("CFOP", "5202")),
    "A return names its note": ("321", lambda: edited("finNFe", "4")),
    "Each item of a return names its note": ("321", lambda: edited("finNFe", "4")),
    "Random code of the note": (
        "897",
        lambda: built(a_note(), replace(NUMBERING, code="12345678")),
    ),
    "Date of issue is of this week": ("150", lambda: issued(-timedelta(days=8))),
    "The file is as it was signed": ("reformatted", lambda: signed_then(indented)),
    "The shop's CNPJ": ("207", lambda: issuer(cnpj="99888777000101")),
    "The shop's state registration": ("209", lambda: issuer(state_registration="111111111111")),
    "The shop's state": ("226", lambda: edited("cUF", "41")),
    "The shop's city": ("273", lambda: issuer(address=replace(ISSUER.address, ibge="4106902"))),
    "The technical contact is given": ("972", lambda: issuer_in("TO")),
    "The technical contact's code": ("975", lambda: issuer_in("PR", technical_contact=CONTACT)),
    "Who may download the note": ("486", lambda: edited("UF", "BA", under="emit")),
    "The buyer's document is given": ("225", lambda: buyer(document="")),
    "The buyer's CPF": ("237", lambda: buyer(document="99910482861")),
    "The buyer's CNPJ": ("208", lambda: buyer(document="7K2M9QX4000109")),
    "The buyer's state registration is given": (
        "232",
        lambda: built(a_note(recipient=replace(BOOKSHOP, state_registration=""))),
    ),
    "The buyer's state registration": (
        "210",
        lambda: built(a_note(recipient=replace(BOOKSHOP, state_registration="111111111111"))),
    ),
    "The buyer's tax status": ("805", lambda: buyer(taxpayer="exempt")),
    "The buyer's country": ("377", lambda: built(a_note(address=replace(LISBON, country="XX")))),
    "The city lies in the state": ("275", lambda: address(ibge="4106902")),
    "The street is given": ("225", lambda: address(street=" ")),
    "The number is given": ("225", lambda: address(number="")),
    "The neighborhood is given": ("225", lambda: address(neighborhood="")),
    "The city is known": ("225", lambda: address(ibge="")),
    "The name for tests": ("598", lambda: edited("xNome", "Mariana", under="dest")),
    "The buyer's name can be written": ("name", lambda: buyer(name="Mariana 山")),
    "The note has goods": ("225", lambda: built(a_note(items=()))),
    "NCM of each product": ("778", lambda: built(a_note(items=(an_item(ncm="7700"),)))),
    "Each product has an NCM": ("778", lambda: built(a_note(items=(an_item(ncm=""),)))),
    "Bar code of each product": ("611", lambda: edited("cEAN", "9786599999902")),
    "Bar code of each taxed unit": ("612", lambda: edited("cEANTrib", "9786599999902")),
    "Value of each item": ("629", lambda: edited("qCom", "4")),
    "Value of each taxed unit": ("630", lambda: edited("vUnTrib", "45.51")),
    "Product names can be written": (
        "name",
        lambda: built(a_note(items=(an_item(name="Caneca 🏔️"),))),
    ),
    "CFOP within the state": ("523", lambda: edited("CFOP", "6102")),
    "CFOP out of the state": ("733", lambda: edited("CFOP", "5102", a_note(address=CURITIBA))),
    "Delivery and kind of operation": (
        "773",
        lambda: edited("idDest", "1", a_note(recipient=replace(BOOKSHOP, address=CURITIBA))),
    ),
    "Tax code of the regime (Simples)": ("590", lambda: edited("CRT", "1", a_note(crt="3"))),
    "Tax code of the regime (normal)": ("591", lambda: edited("CRT", "3")),
    "ICMS of each item": ("528", lambda: edited("vICMS", "1.00", a_note(crt="3"))),
    **TAX_FAILING,
    "Total of the ICMS base": ("531", lambda: edited("vBC", "1.00", under="total")),
    "Total of ICMS": ("532", lambda: edited("vICMS", "1.00", under="total")),
    "Total of the ICMS-ST base": ("533", lambda: edited("vBCST", "1.00", under="total")),
    "Total of ICMS-ST": ("534", lambda: edited("vST", "1.00", under="total")),
    "Total of goods": ("564", lambda: edited("vProd", "1.00", under="total")),
    "Total of freight": ("535", lambda: edited("vFrete", "1.00", under="total")),
    "Total of discounts": ("537", lambda: edited("vDesc", "1.00", under="total")),
    "Total of PIS": ("602", lambda: edited("vPIS", "1.00", under="total")),
    "Total of COFINS": ("603", lambda: edited("vCOFINS", "1.00", under="total")),
    "Total of approximate taxes": ("685", lambda: with_total("vTotTrib", "1.00")),
    "Total of the note": ("610", lambda: edited("vNF", "1.00")),
    "Card data": ("391", lambda: edited("card", None, a_note(payment_method="credit_card"))),
    "Acquirer and authorization of integrated payments": (
        "392",
        lambda: edited("cAut", None, card()),
    ),
    "Brand of the card": ("443", lambda: edited("tBand", "77", card())),
    "No card data without need": ("963", lambda: edited("tPag", "01", card())),
    "Nothing paid where nothing is": ("904", lambda: edited("tPag", "90")),
    "Day of each payment": ("657", lambda: built(card(day=date(2026, 11, 21)))),
    "CNPJ that took the payment": ("961", with_strange_payer),
    "CNPJ of the acquirer": ("437", lambda: built(card(acquirer_cnpj="01027058000192"))),
    "Days of the instalments": ("850", lambda: built(on_credit(JANUARY, DECEMBER))),
    "Sum of the instalments": ("851", lambda: edited("vLiq", "136.49", on_credit(DECEMBER))),
    "Numbers of the instalments": ("852", lambda: edited("nDup", "1", on_credit(DECEMBER))),
    "Instalments of a sale on credit": ("853", lambda: edited("indPag", "0", on_credit(DECEMBER))),
    "Instalments still to come": ("898", lambda: built(on_credit(date(2026, 11, 19)))),
    "Instalments within ten years": ("797", lambda: built(on_credit(date(2036, 11, 21)))),
    "CNPJ of the carrier": (
        "542",
        lambda: built(a_note(carrier=replace(CARRIER, cnpj="99777666000119"))),
    ),
    "State of the carrier": ("559", lambda: built(a_note(carrier=replace(CARRIER, state="")))),
    "The city of the delivery lies in its state": (
        "279",
        lambda: built(a_note(recipient=BOOKSHOP, delivery=replace(CURITIBA, ibge="3550308"))),
    ),
    "No marketplace where there is no site": (
        "435",
        lambda: edited("indPres", "5"),
    ),
    "Use of the goods": ("696", lambda: edited("indFinal", "0")),
    "Payment covers the note": ("865", lambda: edited("vPag", "1.00")),
    "Payment does not exceed the note": ("866", lambda: edited("vPag", "999.00")),
    "Channel of the sale": ("434", lambda: edited("indIntermed", None)),
    "Marketplace is named": (
        "438",
        lambda: edited("infIntermed", None, a_note(marketplace=MARKETPLACE)),
    ),
    "No marketplace without need": ("439", with_marketplace_unasked),
    "CNPJ of the marketplace": (
        "440",
        lambda: built(a_note(marketplace=replace(MARKETPLACE, cnpj="99777666000119"))),
    ),
    "Version of the layout": ("239", lambda: of_version("3.10")),
    "Form of the document": ("404", with_prefix),
    "Digit of the access key": (
        "236",
        lambda: with_key("35261199888777000100550010000001011481516237"),
    ),
    "Digit written on the note": ("253", lambda: edited("cDV", "9")),
    "Access key and number": ("502", lambda: edited("nNF", "102")),
    "Date of issue is recent": ("228", lambda: issued(-timedelta(days=31))),
    "Date of issue is not ahead": ("703", lambda: issued(timedelta(minutes=6))),
    "Digital signature": (
        "297",
        lambda: signed_then(lambda signed: signed.replace(b"<xNome>Pico", b"<xNome>Pica")),
    ),
}


def failed(note, document, book=EXAMPLE_BOOK):
    return run_checks(note, document, book, NOW).issues


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: f"{check.words.code} {check.name}")
def test_fails_where_it_should_and_passes_elsewhere(check):
    code, wrong = FAILING[check.name]
    found = [
        finding
        for finding in failed(*wrong())
        if (finding.code, finding.field, finding.message)
        == (code, check.words.field, check.words.message)
    ]
    assert found and found[0].level == check.level
    assert found[0].fix and "—" not in found[0].text
    assert check.name in run_checks(*built(a_note()), EXAMPLE_BOOK, NOW).passed


def test_nothing_else_fails_when_one_thing_is_wrong():
    assert [finding.code for finding in failed(*buyer(document="99910482861"))] == ["237"]
    assert [finding.code for finding in failed(*issuer(cnpj="99888777000101"))] == ["207"]


def test_the_schema_names_field_value_and_product():
    note, document = built(a_note(items=(an_item(), an_item(sku="X-2", unit="", ncm="73239400"))))
    found = failed(note, document)
    assert [(finding.code, finding.field, finding.params) for finding in found] == [
        ("225", "lines.*.product.unit", {"label": "unit", "value": "", "item": 2, "sku": "X-2"})
    ]


def test_a_place_nobody_types_in_is_named_by_its_path():
    (finding,) = failed(*edited("modFrete", "7"))
    assert (finding.field, finding.params["label"], finding.params["value"]) == (
        "document.*",
        "transp/modFrete",
        "7",
    )
    assert 'transp/modFrete, value "7"' in finding.text


def test_a_blank_part_is_told_once():
    assert [finding.field for finding in failed(*address(street="", zip_code="1"))] == [
        "address.street",
        "address.zip_code",
    ]


@pytest.mark.parametrize(
    ("name", "written"),
    [("Mariana 山 Alves", "Mariana Alves"), ("Ana " * 30, ("Ana " * 15).strip())],
)
def test_a_name_that_cannot_be_written_is_told_as_it_goes_out(name, written):
    (finding,) = failed(*buyer(name=name))
    assert finding.text.endswith(f"It goes out as: {written}")


def test_a_postal_code_that_is_too_short_is_found_by_the_schema():
    (finding,) = failed(*address(zip_code="0501"))
    assert (finding.code, finding.field, finding.params["value"]) == (
        "225",
        "address.zip_code",
        "0501",
    )


def test_a_discount_above_the_value_is_told_at_the_item_and_in_the_total():
    found = failed(*built(a_note(items=(an_item(discount=Decimal("500.00")),))))
    assert [(finding.code, finding.field) for finding in found] == [
        ("483", "lines.*.discount"),
        ("225", "invoice.total"),
    ]


def test_every_failing_item_is_named():
    items = (an_item(sku="A", ncm="7700"), an_item(sku="B"), an_item(sku="C", ncm="98765432"))
    assert [finding.params["sku"] for finding in failed(*built(a_note(items=items)))] == ["A", "C"]


def test_the_total_must_be_the_sale_s():
    _, document = built(a_note())
    other = a_note(items=(an_item(unit_price=Decimal("45.51")),))
    assert "610" in {finding.code for finding in failed(other, document)}


def test_an_exempt_buyer_of_books_only_is_accepted():
    note = a_note(recipient=replace(BUYER, taxpayer="exempt"), items=(an_item(kind="book"),))
    assert failed(*built(note)) == []


def test_a_draft_is_not_asked_for_number_time_or_signature():
    note = a_note()
    passed = run_checks(note, build(note, EXAMPLE_BOOK), EXAMPLE_BOOK, NOW).passed
    codes = {check.words.code for check in CHECKS if check.name in passed}
    assert not codes & {"236", "253", "502", "228", "703", "297"}
    assert {"207", "225", "610"} <= codes


def test_findings_can_be_kept_as_json():
    (issue,) = run_checks(*address(street=""), EXAMPLE_BOOK, NOW).issues
    assert issue_from_json(loads(dumps(issue.to_json()))) == issue
