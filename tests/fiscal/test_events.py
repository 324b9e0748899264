"""Events and voidings as they are sent: by their schemas, verified by a program that is not ours,
for issuers with and without letters in their CNPJ."""

import hashlib
from base64 import b64decode, b64encode
from datetime import UTC, datetime, timedelta

import pytest
from lxml import etree

from tests.support.fiscal_notes import NOW
from webapp.fiscal.access_key import access_key
from webapp.fiscal.events import (
    EventHead,
    EventKind,
    FailedDeliveryReason,
    build_event,
    cancellation,
    carrier_access,
    conditions,
    correction,
    failed_delivery,
    failed_delivery_undone,
    hash_of_proof,
    registered_event,
)
from webapp.fiscal.proc import ProtocolMismatch, event_proc, voiding_proc
from webapp.fiscal.schema import VOIDING, event_problems, problems
from webapp.fiscal.signature import SignatureError, verify
from webapp.fiscal.voiding import VoidedRange, build_voiding
from webapp.fiscal.xml import NAMESPACE

PROTOCOL = "135260000000123"
ISSUERS = ["99888777000100", "12ABC34501DE35"]
CARRIERS = ["99777666000118", "7K2M9QX4000108"]


def key_of(cnpj: str) -> str:
    return access_key("35", NOW, cnpj, 1, 42, "20481530")


def details(key: str) -> dict[EventKind, dict]:
    proof = hash_of_proof(key, b"a picture")
    return {
        EventKind.CANCELLATION: cancellation(PROTOCOL, "O comprador desistiu da compra"),
        EventKind.CORRECTION: correction("Volumes: 2 caixas, e não 1, como está na nota"),
        EventKind.CARRIER_ACCESS: carrier_access(key, CARRIERS[1]),
        EventKind.FAILED_DELIVERY: failed_delivery(
            key, NOW, FailedDeliveryReason.OTHER, "A rua estava fechada pela enchente", proof, 2
        ),
        EventKind.FAILED_DELIVERY_UNDONE: failed_delivery_undone(key, PROTOCOL),
    }


def built(kind: EventKind, cnpj: str, sequence: int = 1) -> etree._Element:
    key = key_of(cnpj)
    head = EventHead(key, "homologation", cnpj, NOW, sequence)
    return build_event(kind, head, details(key)[kind])


@pytest.mark.parametrize("cnpj", ISSUERS)
@pytest.mark.parametrize("kind", EventKind)
def test_an_event_is_by_its_schema_and_signed(kind, cnpj, signer, verified_elsewhere):
    signed = signer.sign(built(kind, cnpj))
    document = etree.fromstring(signed)
    assert event_problems(document, kind.code) == []
    assert verify(document) and verified_elsewhere(signed)
    changed = signed.replace(b"<nSeqEvento>1<", b"<nSeqEvento>2<")
    assert not verified_elsewhere(changed)
    with pytest.raises(SignatureError):
        verify(etree.fromstring(changed))


def leaf(document: etree._Element, tag: str) -> str:
    return document.findtext(f".//{{{NAMESPACE}}}{tag}") or ""


def test_what_every_event_says_of_itself():
    event = built(EventKind.CORRECTION, ISSUERS[1], 20)
    key = key_of(ISSUERS[1])
    assert event[0].get("Id") == f"ID110110{key}20"
    said = [leaf(event, tag) for tag in ("cOrgao", "tpAmb", "CNPJ", "dhEvento", "nSeqEvento")]
    assert said == ["35", "2", "12ABC34501DE35", "2026-11-20T10:30:00-03:00", "20"]


def test_the_carriers_access_and_failed_deliveries_go_to_the_nation():
    organs = {str(kind): leaf(built(kind, ISSUERS[0]), "cOrgao") for kind in EventKind}
    assert organs == {
        "cancellation": "35",
        "correction": "35",
        "carrier_access": "91",
        "failed_delivery": "91",
        "failed_delivery_undone": "91",
    }


def test_fixed_texts_are_those_of_the_schema():
    assert conditions(EventKind.CORRECTION).startswith("A Carta de Correcao e disciplinada")
    assert conditions(EventKind.CARRIER_ACCESS).startswith("O emitente ou destinatário da NF-e")


def test_signs_that_the_schema_does_not_have_are_written_otherwise(signer):
    said = correction("Observação:\n“frágil” – não empilhar • 2 €")
    assert said["xCorrecao"] == 'Observação: "frágil" - não empilhar - 2 EUR'


def test_the_proof_of_a_failed_delivery_is_hashed_with_the_key():
    key = key_of(ISSUERS[0])
    hashed = hashlib.sha1(key.encode() + b64encode(b"\xff\xd8 jpeg")).digest()
    assert b64decode(hash_of_proof(key, b"\xff\xd8 jpeg")) == hashed


def answer_to(key: str, kind: str = "110111", at: str = "2026-11-20T10:31:00-03:00") -> bytes:
    return (
        f'<retEvento versao="1.00"><infEvento><tpAmb>2</tpAmb><verAplic>SP_1</verAplic>'
        f"<cOrgao>35</cOrgao><cStat>135</cStat><xMotivo>Evento registrado</xMotivo>"
        f"<chNFe>{key}</chNFe><tpEvento>{kind}</tpEvento><nSeqEvento>1</nSeqEvento>"
        f"<dhRegEvento>{at}</dhRegEvento><nProt>135260000000999</nProt></infEvento></retEvento>"
    ).encode()


def test_event_and_answer_are_kept_as_bytes(signer):
    key, signed = key_of(ISSUERS[0]), signer.sign(built(EventKind.CANCELLATION, ISSUERS[0]))
    proc = event_proc(signed, answer_to(key))
    assert signed in proc and answer_to(key) in proc
    told = registered_event(proc)
    assert (told.code, told.sequence, told.protocol) == ("110111", 1, "135260000000999")
    assert told.text == "O comprador desistiu da compra"
    assert told.registered_at == datetime(2026, 11, 20, 13, 31, tzinfo=UTC)


def test_the_answer_to_another_event_is_not_kept(signer):
    signed = signer.sign(built(EventKind.CANCELLATION, ISSUERS[0]))
    for answer in (answer_to(key_of(ISSUERS[1])), answer_to(key_of(ISSUERS[0]), "110110")):
        with pytest.raises(ProtocolMismatch):
            event_proc(signed, answer)


@pytest.mark.parametrize("proc", [b"", b"<a/>", b"<!DOCTYPE a><a/>", b"not XML"])
def test_what_is_no_event_is_refused(proc):
    with pytest.raises(ValueError):
        registered_event(proc)


def a_range(cnpj: str, **changes) -> VoidedRange:
    known = {"environment": "homologation", "state": "SP", "cnpj": cnpj, "year": 2026}
    known |= {"series": 1, "first": 41, "last": 43, "reason": "Numeração pulada por engano"}
    return VoidedRange(**known | changes)


@pytest.mark.parametrize("cnpj", ISSUERS)
def test_a_voiding_is_by_its_schema_and_signed(cnpj, signer, verified_elsewhere):
    document = build_voiding(a_range(cnpj))
    assert document[0].get("Id") == f"ID3526{cnpj}55001000000041000000043"
    signed = signer.sign(document)
    assert problems(etree.fromstring(signed), VOIDING) == []
    assert verify(etree.fromstring(signed)) and verified_elsewhere(signed)


def test_the_answer_about_other_numbers_is_not_kept(signer):
    signed = signer.sign(build_voiding(a_range(ISSUERS[0])))
    right = b"<retInutNFe><infInut><serie>1</serie><nNFIni>41</nNFIni></infInut></retInutNFe>"
    assert voiding_proc(signed, right).endswith(right + b"</ProcInutNFe>")
    with pytest.raises(ProtocolMismatch):
        voiding_proc(signed, right.replace(b"41", b"40"))


def test_time_of_an_event_is_that_of_the_issuers_state():
    key = access_key("13", NOW, ISSUERS[0], 1, 42, "20481530")
    head = EventHead(key, "production", ISSUERS[0], NOW + timedelta(hours=3))
    event = build_event(EventKind.CANCELLATION, head, cancellation(PROTOCOL, "x" * 15))
    assert leaf(event, "dhEvento") == "2026-11-20T12:30:00-04:00" and leaf(event, "tpAmb") == "1"
