from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from lxml import etree

from tests.fiscal.conftest import new_certificate
from tests.support.fiscal_notes import BUYER, NOW, NUMBERING, a_note, an_item
from webapp.fiscal.document import build
from webapp.fiscal.sandbox import SandboxAuthority
from webapp.fiscal.sandbox_ledger import MemoryLedger
from webapp.fiscal.schema import BUILT_IN, Package
from webapp.fiscal.signature import digest_of
from webapp.fiscal.tax_book import EXAMPLE_BOOK


@pytest.fixture
def signed(signer):
    return lambda note=None, **numbering: signer.sign(
        build(note or a_note(), EXAMPLE_BOOK, replace(NUMBERING, **numbering))
    )


def test_authorises_a_good_note(authority, signed):
    (answer,) = authority.authorize([signed()])
    assert (answer.code, answer.is_authorized, answer.received_at) == ("100", True, NOW)
    assert f"<nProt>{answer.protocol}</nProt>".encode() in answer.protnfe
    assert f"<digVal>{digest_of(signed())}</digVal>".encode() in answer.protnfe


def test_answers_each_note_of_a_lot_in_order(authority, signed):
    notes = [signed(number=n) for n in (1, 2)] + [b"<broken"]
    assert [answer.code for answer in authority.authorize(notes)] == ["100", "100", "225"]


def test_the_same_note_again_is_a_duplicate_and_a_query_gives_the_first_answer(authority, signed):
    (first,) = authority.authorize([signed()])
    (again,) = authority.authorize([signed()])
    assert (again.code, again.is_duplicate, again.protocol) == ("204", True, first.protocol)
    assert authority.query([first.access_key]) == [first]


def test_a_file_that_was_written_anew_is_refused_for_its_signature(authority, signed):
    indented = etree.tostring(etree.fromstring(signed()), pretty_print=True)
    assert [answer.code for answer in authority.authorize([indented, signed()])] == ["297", "100"]


def test_the_same_number_under_another_key_is_refused(authority, signed):
    (first,) = authority.authorize([signed()])
    (other,) = authority.authorize([signed(code="31415926")])
    assert other.code == "539" and first.access_key in other.reason
    assert authority.query([other.access_key])[0].code == "217"


def test_a_number_is_free_again_after_a_refusal(authority, signed):
    bad = a_note(items=(an_item(ncm="00000000"),))
    assert [answer.code for answer in authority.authorize([signed(bad), signed()])] == [
        "778",
        "100",
    ]


def test_a_query_for_no_key_is_refused(authority):
    assert [answer.code for answer in authority.query(["1" * 44, "abc"])] == ["236", "236"]


@pytest.mark.parametrize(
    "note, numbering, code",
    [
        (a_note(), {"issued_at": NOW + timedelta(minutes=10)}, "703"),
        (a_note(environment="production"), {}, "252"),
        (a_note(recipient=replace(BUYER, document="99910482861")), {}, "237"),
        (a_note(items=(an_item(ncm="77010000"),)), {}, "778"),
    ],
)
def test_refuses_what_the_real_one_refuses(authority, signed, note, numbering, code):
    assert authority.authorize([signed(note, **numbering)])[0].code == code


@pytest.mark.parametrize(
    "old, new, code",
    [
        (b"<vNF>318.64", b"<vNF>318.65", "610"),
        (b"<xNome>Pico", b"<xNome>Pica", "297"),
        (b"<mod>55", b"<mod>99", "225"),
        (b"NF-E EMITIDA", b"NF-E FEITA", "598"),
        (b"<cDV>6", b"<cDV>7", "253"),
    ],
)
def test_refuses_a_note_that_was_changed(authority, signed, old, new, code):
    changed = signed().replace(old, new)
    assert changed != signed()
    assert authority.authorize([changed])[0].code == code


def test_refuses_an_unsigned_note(authority):
    assert (
        authority.authorize([etree.tostring(build(a_note(), EXAMPLE_BOOK, NUMBERING))])[0].code
        == "225"
    )


def test_refuses_another_company_s_certificate(authority, tmp_path):
    signer = new_certificate(tmp_path, "12ABC34501DE35").signer
    assert (
        authority.authorize([signer.sign(build(a_note(), EXAMPLE_BOOK, NUMBERING))])[0].code
        == "213"
    )


def test_refuses_an_expired_certificate(authority, tmp_path):
    signer = new_certificate(tmp_path, now=NOW - timedelta(days=400)).signer
    assert (
        authority.authorize([signer.sign(build(a_note(), EXAMPLE_BOOK, NUMBERING))])[0].code
        == "291"
    )


def test_a_document_type_is_refused(authority, signed):
    bomb = b'<!DOCTYPE NFe [<!ENTITY a SYSTEM "file:///etc/hostname">]>' + signed().replace(
        b">Pico Nevado<", b">&a;<"
    )
    assert authority.authorize([bomb])[0].code == "225"


def test_of_many_at_once_exactly_one_gets_the_number(signed):
    authority = SandboxAuthority(MemoryLedger(), lambda: NOW)
    lots = [[signed(code=f"{n:08d}")] for n in range(12345670, 12345678)]
    with ThreadPoolExecutor(4) as pool:
        codes = sorted(answer.code for (answer,) in pool.map(authority.authorize, lots))
    assert codes == ["100"] + ["539"] * 7


def test_it_judges_a_note_by_the_package_of_its_day(signer):
    renamed = {
        name: text.replace(b'name="xFant"', b'name="xFantasia"')
        for name, text in BUILT_IN.files.items()
    }
    today = NOW.date()
    for starts, code in ((today, "225"), (today + timedelta(days=1), "100")):
        book = replace(EXAMPLE_BOOK, packages=(BUILT_IN, Package("next", starts, renamed)))
        authority = SandboxAuthority(MemoryLedger(), lambda: NOW, book)
        signed = signer.sign(build(a_note(), EXAMPLE_BOOK, NUMBERING))
        assert [answer.code for answer in authority.authorize([signed])] == [code], starts
