"""Files from anywhere: each verdict apart, and nothing hostile read."""

import re

import pytest

from tests.support.fiscal_notes import BUYER, ISSUER
from tests.support.incoming_notes import (
    SHOP_CNPJ,
    a_file,
    an_event,
    key_of,
    own_file,
    signed_note,
)
from webapp.fiscal.foreign import (
    DEEPEST,
    LONGEST,
    MOST_ELEMENTS,
    ForeignEvent,
    Protocol,
    Signed,
    Unreadable,
    read,
)
from webapp.fiscal.tax_book import EXAMPLE_BOOK
from webapp.fiscal.xml import NAMESPACE

BOMB = b'<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;&b;&b;">]><NFe>&c;</NFe>'


def verdicts_of(content: bytes):
    return read(content, EXAMPLE_BOOK).verdicts


def test_a_note_as_the_authority_has_it_is_fit_in_everything():
    file = a_file()

    note = read(file, EXAMPLE_BOOK)

    assert (note.access_key, note.number, note.series) == (key_of(file), 101, 1)
    assert (note.issuer["xNome"], note.recipient["CNPJ"]) == ("Livraria Horizonte Ltda", SHOP_CNPJ)
    assert len(note.protocol) == 15
    told = note.verdicts
    assert (told.signature, told.protocol) == (Signed.VERIFIED, Protocol.EQUAL)
    assert (told.schema, told.rules, told.package) == ([], [], "010f")


def test_a_note_without_its_protocol_says_so_and_nothing_else():
    told = verdicts_of(signed_note())
    assert (told.signature, told.protocol, told.rules) == (Signed.VERIFIED, Protocol.NONE, [])


def test_a_changed_amount_breaks_the_signature_alone():
    told = verdicts_of(a_file().replace(b"<vNF>", b"<vNF>1", 1))
    assert (told.signature, told.protocol) == (Signed.WRONG, Protocol.EQUAL)


def test_a_file_written_anew_is_told_from_a_changed_one():
    told = verdicts_of(re.sub(rb"(<(det|emit|total)[ >])", rb"\n  \1", a_file()))
    assert (told.signature, told.protocol) == (Signed.REFORMATTED, Protocol.EQUAL)


def test_a_signature_of_another_company_is_none_of_the_issuer():
    assert verdicts_of(signed_note(signer=SHOP_CNPJ)).signature is Signed.WRONG


def test_a_protocol_of_another_note_is_told():
    one, other = a_file(number=101), a_file(number=102)
    protocol = other[other.index(b"<protNFe") :]
    told = verdicts_of(one[: one.index(b"<protNFe")] + protocol)
    assert (told.signature, told.protocol) == (Signed.VERIFIED, Protocol.DIFFERS)


def test_a_draft_is_not_signed():
    signed = signed_note()
    bare = re.sub(rb"<Signature .*</Signature>", b"", signed, flags=re.DOTALL)
    assert verdicts_of(bare).signature is Signed.NONE


def test_the_schema_and_the_rules_are_told_with_their_place():
    told = verdicts_of(own_file().replace(b"<natOp>", b"<natOp>" + b"x" * 70, 1))
    assert [each["place"] for each in told.schema] == ["ide/natOp"]
    told = verdicts_of(signed_note(ISSUER, recipient=BUYER).replace(b"<vNF>", b"<vNF>1", 1))
    assert "610" in {each["code"] for each in told.rules}


def test_an_event_is_named_by_kind_key_and_sequence():
    key = key_of(a_file())
    event = read(an_event(key), EXAMPLE_BOOK)
    assert isinstance(event, ForeignEvent)
    assert event.event_id == f"ID110111{key}01"
    assert event.text == "Pedido repetido pelo comprador"
    assert event.signature is Signed.VERIFIED
    assert read(an_event(key, signer=SHOP_CNPJ), EXAMPLE_BOOK).signature is Signed.WRONG
    changed = an_event(key).replace(b"repetido", b"desfeito")
    assert read(changed, EXAMPLE_BOOK).signature is Signed.WRONG


HOSTILE = {
    "a bomb of entities": (BOMB, "doctype"),
    "an entity from a file": (
        b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><NFe>&b;</NFe>',
        "doctype",
    ),
    "a DOCTYPE alone": (b'<!DOCTYPE NFe SYSTEM "http://127.0.0.1/x.dtd"><NFe/>', "doctype"),
    "a DOCTYPE in UTF-16": (BOMB.decode().encode("utf-16"), "encoding"),
    "a DOCTYPE in UTF-7": (b'<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE', "encoding"),
    "five megabytes": (b"<NFe>" + b"x" * LONGEST + b"</NFe>", "too_long"),
    "deep": (b"<a>" * (DEEPEST + 1) + b"</a>" * (DEEPEST + 1), "too_deep"),
    "a thousand deep": (b"<a>" * 1000 + b"</a>" * 1000, "too_deep"),
    "wide": (b"<a>" + b"<b/>" * (MOST_ELEMENTS + 1) + b"</a>", "too_many"),
    "of many attributes": (
        b"<a " + b" ".join(b'a%d="1"' % number for number in range(300_000)) + b"/>",
        "too_many",
    ),
    "of many namespaces": (
        b"<a>" + b"".join(b'<b xmlns="urn:%d"/>' % number for number in range(60)) + b"</a>",
        "too_many",
    ),
    "nothing": (b"", "no_xml"),
    "no XML": (b"PDF-1.7 \xff\xfe", "no_xml"),
    "cut short": (b'<nfeProc xmlns="http://www.portalfiscal.inf.br/nfe"><NFe>', "no_xml"),
    "another document": (b'<cteProc xmlns="http://www.portalfiscal.inf.br/cte"/>', "no_note"),
    "no namespace": (b"<NFe><infNFe/></NFe>", "no_note"),
    "an empty note": (f'<NFe xmlns="{NAMESPACE}"/>'.encode(), "key"),
    "a thousand items of nothing": (
        f'<NFe xmlns="{NAMESPACE}"><infNFe>{"<det/>" * 1000}</infNFe></NFe>'.encode(),
        "key",
    ),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_file_is_refused_by_its_reason(what):
    content, code = HOSTILE[what]
    with pytest.raises(Unreadable) as refused:
        read(content, EXAMPLE_BOOK)
    assert refused.value.code == code


def test_another_kind_of_note_and_a_wrong_key_are_refused():
    file = a_file()
    key = key_of(file).encode()
    wrong = key[:-1] + (b"1" if key.endswith(b"0") else b"0")
    for content, code in (
        (file.replace(b"<mod>55</mod>", b"<mod>65</mod>"), "model"),
        (file.replace(b"NFe" + key, b"NFe" + wrong), "key"),
        (re.sub(rb"<dhEmi>[^<]*", b"<dhEmi>2026-02-31T00:00:00", file), "no_day"),
        (re.sub(rb"<dhEmi>[^<]*", b"<dhEmi>0001-01-01T00:00:00+03:00", file), "no_day"),
        (an_event(key.decode(), code="573"), "not_registered"),
    ):
        with pytest.raises(Unreadable) as refused:
            read(content, EXAMPLE_BOOK)
        assert refused.value.code == code


def test_a_note_of_many_faults_tells_the_first_of_them():
    """So that a file made to be wrong everywhere costs neither time nor room."""
    many = b"".join(b"<det><prod><NCM>%d</NCM></prod></det>" % n for n in range(30_000))
    file = signed_note().replace(b"<total>", many + b"<total>", 1)
    assert len(verdicts_of(file).schema) <= 20
