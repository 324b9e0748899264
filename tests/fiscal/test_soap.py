"""What goes to the authority and comes back, as bytes."""

import pytest
from lxml import etree

from tests.support.fiscal_events import cancellation, voiding
from tests.support.fiscal_notes import NOW, NUMBERING, a_note
from webapp.fiscal import soap
from webapp.fiscal.authority import Service
from webapp.fiscal.document import access_key_of, build
from webapp.fiscal.soap import BadAnswer
from webapp.fiscal.tax_book import EXAMPLE_BOOK
from webapp.fiscal.xml import NAMESPACE

KEY = "35261199888777000100550010000001011481516236"


def test_signatures_hold_inside_the_envelope(signer, verified_elsewhere):
    """Nothing of the envelope is in scope where the document is."""
    signed = signer.sign(build(a_note(), EXAMPLE_BOOK, NUMBERING))
    event = cancellation(signer, KEY, "135260000000001")
    sent = {
        Service.AUTHORIZATION: soap.lot_of_one(signed, 7),
        Service.EVENT: soap.events(event, 7),
        Service.VOIDING: voiding(signer, "99888777000100", 1, 2),
    }
    for service, message in sent.items():
        whole = soap.envelope(service, message)
        assert whole.count(b"<?xml") == 1 and message in whole
        assert verified_elsewhere(whole)
        assert not verified_elsewhere(whole.replace(b"99888777000100", b"99888777000290"))


def test_each_service_is_named_as_the_portal_names_it():
    assert soap.content_type(Service.AUTHORIZATION) == (
        "application/soap+xml; charset=utf-8; "
        'action="http://www.portalfiscal.inf.br/nfe/wsdl/NFeAutorizacao4/nfeAutorizacaoLote"'
    )
    assert b"<nfeDistDFeInteresse xmlns=" in soap.envelope(Service.DISTRIBUTION, b"<distDFeInt/>")
    asked = soap.distribution("35", "99888777000100", 42, "1")
    assert b"<ultNSU>000000000000042</ultNSU>" in asked


def test_an_answer_with_prefixes_is_kept_without_them():
    said = {"chNFe": KEY, "nProt": "135260000000001", "digVal": "ZA==", "cStat": "150"}
    inside = "".join(f"<n:{tag}>{text}</n:{tag}>" for tag, text in said.items())
    body = (
        f'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:n="{NAMESPACE}">'
        "<s:Body><n:retConsSitNFe><n:cStat>100</n:cStat><n:xMotivo>Autorizado &amp; certo"
        '</n:xMotivo><n:protNFe versao="4.00"><n:infProt Id="a&quot;b">'
        f"{inside}</n:infProt></n:protNFe></n:retConsSitNFe></s:Body></s:Envelope>"
    )
    answer = soap.key_answer(KEY, soap.read(Service.QUERY, body.encode()), NOW)
    assert (answer.code, answer.reason, answer.protocol) == (
        "100",
        "Autorizado & certo",
        "135260000000001",
    )
    assert answer.received_at == NOW
    assert answer.protnfe.startswith(
        b'<protNFe xmlns="%s" versao="4.00"><infProt Id="a&quot;b"><chNFe>' % NAMESPACE.encode()
    )
    assert b"<digVal>ZA==</digVal>" in answer.protnfe


def test_a_lot_that_was_refused_as_a_whole_says_so(signer):
    signed = signer.sign(build(a_note(), EXAMPLE_BOOK, NUMBERING))
    key = access_key_of(etree.fromstring(signed))
    answer = etree.fromstring(
        f'<retEnviNFe xmlns="{NAMESPACE}"><cStat>108</cStat><xMotivo>Parado</xMotivo></retEnviNFe>'
    )
    told = soap.note_answer(key, signed, answer, NOW)
    assert (told.access_key, told.code, told.protocol) == (key, "108", None)


@pytest.mark.parametrize("code", ["", "1", "12345", "1o0", "\u0661\u0662\u0663"])
def test_what_is_no_code_is_no_answer(code):
    answer = etree.fromstring(
        f'<retConsStatServ xmlns="{NAMESPACE}"><cStat>{code}</cStat></retConsStatServ>'
    )
    with pytest.raises(BadAnswer):
        soap.status_answer(answer)
