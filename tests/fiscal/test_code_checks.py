"""Where the checks of codes, days and returns end: the note beside one that fails."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from lxml import etree

from tests.support.fiscal_notes import BUYER, CURITIBA, LISBON, NOW, NUMBERING, a_note, an_item
from webapp.fiscal.checks import run_checks
from webapp.fiscal.document import build
from webapp.fiscal.tax_book import EXAMPLE_BOOK
from webapp.fiscal.xml import NAMESPACE


def document_of(note, issued_at=NOW):
    return build(note, EXAMPLE_BOOK, replace(NUMBERING, issued_at=issued_at))


def written(document, **texts):
    """The first element of each name written over."""
    for tag, text in texts.items():
        next(document.iter(f"{{{NAMESPACE}}}{tag}")).text = text
    return document


def added(document, after, tag, text):
    """An element behind the first of the name `after`."""
    element = etree.Element(f"{{{NAMESPACE}}}{tag}")
    element.text = text
    next(document.iter(f"{{{NAMESPACE}}}{after}")).addnext(element)
    return document


def codes(document, now=NOW):
    return {issue.code for issue in run_checks(None, document, EXAMPLE_BOOK, now).issues}


STATES = "AC AL AM AP BA CE DF ES GO MA MG MS MT PA PB PE PI PR RJ RN RO RR RS SC SE SP TO".split()


@pytest.mark.parametrize("state", STATES)
def test_a_buyer_exempt_from_registration_is_refused_in_seventeen_states(state):
    note = a_note(
        recipient=replace(BUYER, taxpayer="exempt", address=replace(CURITIBA, state=state))
    )
    allowed = {"AC", "AP", "MA", "PA", "PI", "PR", "RO", "RR", "SC", "TO"}
    assert ("805" in codes(document_of(note))) == (state not in allowed)


@pytest.mark.parametrize("tag", ["vICMSST", "vICMSSTRet"])
def test_where_substitution_is_told_an_exempt_buyer_is_taken(tag):
    note = a_note(recipient=replace(BUYER, taxpayer="exempt"), items=(an_item(),), crt="3")
    document = document_of(note)
    assert "805" in codes(document)
    group = next(document.iter(f"{{{NAMESPACE}}}ICMS00"))
    group.tag = f"{{{NAMESPACE}}}" + {"vICMSST": "ICMS10", "vICMSSTRet": "ICMS60"}[tag]
    for child in list(group)[1:]:
        group.remove(child)
    texts = {
        "vICMSST": {"CST": "10", "modBC": "3", "vBC": "136.50", "pICMS": "18.0000"}
        | {"vICMS": "24.57", "modBCST": "4", "vBCST": "150.00", "pICMSST": "18.00"}
        | {"vICMSST": "2.43"},
        "vICMSSTRet": {"CST": "60", "vBCSTRet": "150.00", "pST": "18.00", "vICMSSTRet": "27.00"},
    }[tag]
    for name, text in texts.items():
        etree.SubElement(group, f"{{{NAMESPACE}}}{name}").text = text
    found = codes(document)
    assert "225" not in found and "805" not in found


def test_of_earlier_notes_an_exempt_buyer_is_not_told():
    note = a_note(recipient=replace(BUYER, taxpayer="exempt"))
    before = datetime(2025, 11, 2, 15, tzinfo=UTC)
    assert "805" not in codes(document_of(note, before), before)
    assert "805" in codes(document_of(note, before + timedelta(days=1)), before)


def test_notes_before_september_2021_had_no_word_of_a_marketplace():
    for day, told in ((datetime(2021, 8, 31, 15), False), (datetime(2021, 9, 1, 15), True)):
        moment = day.replace(tzinfo=UTC)
        document = document_of(a_note(), moment)
        ide = document[0][0]
        ide.remove(ide.find(f"{{{NAMESPACE}}}indIntermed"))
        assert ("434" in codes(document, moment)) == told


def with_waived(marked):
    """A note of ICMS of 10.00 that is waived, and what its item says of it."""
    document = document_of(a_note(crt="3", items=(an_item(kind="book", ncm="49019900"),)))
    icms = next(document.iter(f"{{{NAMESPACE}}}ICMS40"))
    for tag, text in (("vICMSDeson", "10.00"), ("motDesICMS", "9"), ("indDeduzDeson", marked)):
        if text:
            etree.SubElement(icms, f"{{{NAMESPACE}}}{tag}").text = text
    list(document.iter(f"{{{NAMESPACE}}}vICMSDeson"))[-1].text = "10.00"
    return document


@pytest.mark.parametrize(
    ("marked", "total", "is_right"),
    [
        ("1", "126.50", True),
        ("1", "136.50", False),
        ("0", "136.50", True),
        ("0", "126.50", False),
        ("", "136.50", True),
        ("", "126.50", True),
        ("", "116.50", False),
    ],
)
def test_waived_icms_comes_off_the_total_where_the_item_says_so(marked, total, is_right):
    found = codes(written(with_waived(marked), vNF=total))
    assert "225" not in found and ("610" not in found) == is_right


def test_of_several_payments_all_count():
    document = document_of(a_note(items=(an_item(),)))
    payment = next(document.iter(f"{{{NAMESPACE}}}detPag"))
    payment.find(f"{{{NAMESPACE}}}vPag").text = "100.00"
    second = etree.fromstring(etree.tostring(payment))
    second.find(f"{{{NAMESPACE}}}vPag").text = "36.50"
    payment.addnext(second)
    assert codes(document) == set()
    second.find(f"{{{NAMESPACE}}}vPag").text = "36.51"
    assert codes(document) == {"866"}
    second.find(f"{{{NAMESPACE}}}vPag").text = "36.49"
    assert codes(document) == {"865"}


@pytest.mark.parametrize("method", ["90", "91"])
def test_what_is_not_paid_now_is_not_too_little(method):
    document = document_of(a_note(items=(an_item(),)))
    assert codes(written(document, tPag=method, vPag="0.00")) == set()


def returned(issued_at, item_names=False, note_names=False):
    key = "35261199888777000100550010000001011481516236"
    document = written(document_of(a_note(items=(an_item(),)), issued_at), finNFe="4")
    if note_names:
        reference = etree.SubElement(document[0][0], f"{{{NAMESPACE}}}NFref")
        etree.SubElement(reference, f"{{{NAMESPACE}}}refNFe").text = key
    if item_names:
        item = document[0].find(f"{{{NAMESPACE}}}det")
        reference = etree.SubElement(item, f"{{{NAMESPACE}}}DFeReferenciado")
        etree.SubElement(reference, f"{{{NAMESPACE}}}chaveAcesso").text = key
    return document


LAST_DAY = datetime(2026, 11, 16, 2, 59, tzinfo=UTC)  # São Paulo: the 15th, 23:59


@pytest.mark.parametrize(
    ("issued_at", "names", "is_right"),
    [
        (LAST_DAY, {}, False),
        (LAST_DAY, {"note_names": True}, True),
        (LAST_DAY, {"item_names": True}, True),
        (LAST_DAY + timedelta(minutes=1), {"note_names": True}, False),
        (LAST_DAY + timedelta(minutes=1), {"item_names": True}, True),
    ],
)
def test_a_return_names_what_it_gives_back(issued_at, names, is_right):
    found = codes(returned(issued_at, **names), issued_at)
    assert "225" not in found and ("321" not in found) == is_right


SEVENTEENTH = datetime(2026, 9, 17, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("purpose", "credit", "cfop", "ncm", "code"),
    [
        ("1", "", "5102", "73239400", None),
        ("1", "", "5202", "73239400", "328"),
        ("2", "", "5202", "73239400", None),
        ("3", "", "5202", "73239400", "328"),
        ("4", "", "5202", "73239400", None),
        ("4", "", "5102", "73239400", "327"),
        ("4", "", "5949", "73239400", "327"),
        ("4", "", "5949", "27112100", None),
        ("4", "", "1949", "73239400", None),
        ("5", "03", "5102", "73239400", "327"),
        ("5", "06", "5202", "73239400", None),
        ("5", "04", "5202", "73239400", None),
        ("5", "04", "5102", "73239400", None),
        ("5", "01", "5202", "73239400", "328"),
    ],
)
def test_a_cfop_gives_back_where_the_note_does_and_nowhere_else(purpose, credit, cfop, ncm, code):
    document = document_of(a_note(items=(an_item(ncm=ncm),)))
    if credit:
        added(document, "finNFe", "tpNFCredito", credit)
    found = codes(written(document, finNFe=purpose, CFOP=cfop))
    assert "225" not in found and found & {"327", "328"} == ({code} if code else set())


def test_of_goods_refused_at_the_door_it_is_told_since_september_2026():
    for before, told in ((timedelta(0), True), (timedelta(days=1), False)):
        moment = SEVENTEENTH - before
        document = written(document_of(a_note(items=(an_item(),)), moment), finNFe="5")
        found = codes(added(document, "finNFe", "tpNFCredito", "03"), moment)
        assert ("327" in found) is told


@pytest.mark.parametrize(
    ("age", "code"),
    [
        (timedelta(days=7), None),
        (timedelta(days=7, seconds=1), "150"),
        (timedelta(days=30), "150"),
        (timedelta(days=30, seconds=1), "228"),
        (-timedelta(minutes=5), None),
        (-timedelta(minutes=5, seconds=1), "703"),
    ],
)
def test_how_old_a_note_may_be(age, code):
    assert codes(document_of(a_note(), NOW - age)) == ({code} if code else set())


@pytest.mark.parametrize("state", ["SP", "PR"])
def test_the_state_is_that_of_delivery(state):
    document = document_of(a_note(address=CURITIBA, items=(an_item(),)))
    place = etree.Element(f"{{{NAMESPACE}}}entrega")
    city = {"SP": "3550308", "PR": "4106902"}[state]
    for tag, text in (
        ("CPF", "99910482860"),
        ("xLgr", "Rua Caiubi"),
        ("nro", "1"),
        ("xBairro", "Perdizes"),
        ("cMun", city),
        ("xMun", "Lá"),
        ("UF", state),
    ):
        etree.SubElement(place, f"{{{NAMESPACE}}}{tag}").text = text
    document[0].find(f"{{{NAMESPACE}}}dest").addnext(place)
    assert codes(document) == ({"772", "523"} if state == "SP" else set())


def test_a_buyer_may_live_in_any_country():
    assert codes(document_of(a_note(address=replace(LISBON, country="KR")))) == set()


def test_a_country_s_code_may_have_leading_noughts():
    document = document_of(a_note(address=replace(LISBON, country="AO")))
    dest = document[0].find(f"{{{NAMESPACE}}}dest")
    written(dest, cPais="0400")
    assert codes(document) == set()
    written(dest, cPais="0401")
    assert codes(document) == {"377"}
