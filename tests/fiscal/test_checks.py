from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from json import dumps, loads
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from lxml import etree

from tests.fiscal.conftest import new_certificate
from tests.support.fiscal_notes import (
    BOOKSHOP,
    BUYER,
    CURITIBA,
    ISSUER,
    LISBON,
    MARKETPLACE,
    NOW,
    NUMBERING,
    a_note,
    an_item,
)
from webapp.fiscal.checks import CHECKS, run_checks
from webapp.fiscal.document import build
from webapp.fiscal.note import TechnicalContact
from webapp.fiscal.tax_book import EXAMPLE_BOOK
from webapp.fiscal.xml import NAMESPACE
from webapp.platform.issues import issue_from_json

CONTACT = TechnicalContact("99777666000118", "Ana", "suporte@example.com", "1130000010")


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


def with_marketplace_unasked():
    note, document = edited("indIntermed", "0", a_note(marketplace=MARKETPLACE))
    return note, document


FAILING = {
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
        lambda: edited("idDest", "1", a_note(address=CURITIBA)),
    ),
    "Tax code of the regime (Simples)": ("590", lambda: edited("CRT", "1", a_note(crt="3"))),
    "Tax code of the regime (normal)": ("591", lambda: edited("CRT", "3")),
    "ICMS of each item": ("528", lambda: edited("vICMS", "1.00", a_note(crt="3"))),
    "ICMS of the destination's state": (
        "694",
        lambda: edited("ICMSUFDest", None, a_note(crt="3", address=CURITIBA)),
    ),
    "IBS and CBS": ("1115", lambda: edited("IBSCBS", None, a_note(crt="3"))),
    "IBS and CBS rates of the year": (
        "rates",
        lambda: built(a_note(crt="3"), replace(NUMBERING, issued_at=NOW.replace(year=2027))),
    ),
    "Total of the ICMS base": ("531", lambda: edited("vBC", "1.00", under="total")),
    "Total of ICMS": ("532", lambda: edited("vICMS", "1.00", under="total")),
    "Total of the ICMS-ST base": ("533", lambda: edited("vBCST", "1.00", under="total")),
    "Total of ICMS-ST": ("534", lambda: edited("vST", "1.00", under="total")),
    "Total of goods": ("564", lambda: edited("vProd", "1.00", under="total")),
    "Total of freight": ("535", lambda: edited("vFrete", "1.00", under="total")),
    "Total of discounts": ("537", lambda: edited("vDesc", "1.00", under="total")),
    "Total of PIS": ("602", lambda: edited("vPIS", "1.00", under="total")),
    "Total of COFINS": ("603", lambda: edited("vCOFINS", "1.00", under="total")),
    "Total of the note": ("610", lambda: edited("vNF", "1.00")),
    "Card data": ("391", lambda: edited("card", None, a_note(payment_method="credit_card"))),
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


def failed(note, document):
    return run_checks(note, document, EXAMPLE_BOOK, NOW).issues


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


def test_a_postal_code_that_is_too_short_is_found_by_the_schema():
    (finding,) = failed(*address(zip_code="0501"))
    assert (finding.code, finding.field, finding.params["value"]) == (
        "225",
        "address.zip_code",
        "0501",
    )


def test_a_discount_above_the_value_shows_in_the_total():
    found = failed(*built(a_note(items=(an_item(discount=Decimal("500.00")),))))
    assert [(finding.field, finding.params["value"]) for finding in found] == [
        ("invoice.total", "-363.50")
    ]


def test_every_failing_item_is_named():
    items = (an_item(sku="A", ncm=""), an_item(sku="B"), an_item(sku="C", ncm="98765432"))
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
