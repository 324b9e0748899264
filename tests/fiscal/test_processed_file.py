from dataclasses import replace

import pytest
from lxml import etree

from tests.support.fiscal_notes import NUMBERING, a_note, an_item
from webapp.fiscal.danfe import danfe
from webapp.fiscal.document import build
from webapp.fiscal.proc import ProtocolMismatch, nfe_proc
from webapp.fiscal.schema import PROCESSED, problems
from webapp.fiscal.tax_book import EXAMPLE_BOOK


@pytest.fixture
def sent(signer, authority):
    def send(note, **numbering):
        signed = signer.sign(build(note, EXAMPLE_BOOK, replace(NUMBERING, **numbering)))
        return signed, authority.authorize([signed])[0].protnfe

    return send


def test_holds_the_signed_bytes_untouched(sent, verified_elsewhere):
    signed, protocol = sent(a_note(items=(an_item(name="Caneca <b>&amp; “azul”"),)))
    processed = nfe_proc(signed, protocol)
    assert signed in processed and protocol in processed
    assert problems(etree.fromstring(processed), PROCESSED) == []
    assert verified_elsewhere(processed)


def test_a_protocol_of_another_note_is_refused(sent):
    signed, _ = sent(a_note())
    _, other = sent(a_note(), number=102)
    with pytest.raises(ProtocolMismatch):
        nfe_proc(signed, other)


def test_prints_as_pdf(sent):
    printed = danfe(nfe_proc(*sent(a_note())))
    assert printed.startswith(b"%PDF") and printed.rstrip().endswith(b"%%EOF")
