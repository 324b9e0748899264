"""Events and voidings before the sandbox: registered, refused in the authority's codes, told
of by a query."""

from dataclasses import replace
from datetime import timedelta

import pytest
from lxml import etree

from tests.fiscal.conftest import new_certificate
from tests.support.fiscal_events import cancellation, correction, event, voiding
from tests.support.fiscal_notes import ISSUER, NOW, NUMBERING, a_note
from webapp.fiscal.authority import Meaning
from webapp.fiscal.digits import mod11
from webapp.fiscal.document import build
from webapp.fiscal.proc import ProtocolMismatch, event_proc, nfe_proc, voiding_proc
from webapp.fiscal.sandbox import SandboxAuthority
from webapp.fiscal.sandbox_ledger import MemoryLedger, WaitingDocument
from webapp.fiscal.schema import problems
from webapp.fiscal.tax_book import EXAMPLE_BOOK

LETTERS = "7K2M9QX4000108"
CNPJ = "99888777000100"


class Clock:
    """The moment at which the authority receives."""

    now = NOW

    def __call__(self):
        return self.now

    def later(self, hours: float):
        self.now = NOW + timedelta(hours=hours)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def authority(clock) -> SandboxAuthority:
    return SandboxAuthority(MemoryLedger(), clock)


@pytest.fixture
def note(authority, signer):
    """An authorised note's answer."""
    (answer,) = authority.authorize([signer.sign(build(a_note(), EXAMPLE_BOOK, NUMBERING))])
    assert answer.is_authorized
    return answer


def test_a_cancellation_is_registered_once_and_told_by_a_query(authority, signer, note):
    asked = cancellation(signer, note.access_key, note.protocol)
    (first,) = authority.event([asked])
    assert (first.code, first.kind, first.sequence) == ("135", "110111", 1)
    assert first.is_registered and first.protocol and first.registered_at == NOW
    (again,) = authority.event([asked])
    assert again.is_duplicate and not again.is_registered
    (told,) = authority.query([note.access_key])
    assert (told.code, told.meaning) == ("101", Meaning.CANCELLED_ELSEWHERE)
    assert (told.protocol, told.protnfe) == (note.protocol, note.protnfe)
    assert told.events == (event_proc(asked, first.ret_event),)


def test_a_cancelled_note_is_neither_authorised_again_nor_corrected(authority, signer, note):
    authority.event([cancellation(signer, note.access_key, note.protocol)])
    (again,) = authority.authorize([signer.sign(build(a_note(), EXAMPLE_BOOK, NUMBERING))])
    assert again.code == "218"
    assert authority.event([correction(signer, note.access_key)])[0].code == "580"


@pytest.mark.parametrize(
    ("hours", "code"), [(23.9, "135"), (24.1, "155"), (479, "155"), (481, "501"), (721, "220")]
)
def test_the_window_of_a_cancellation(authority, signer, note, clock, hours, code):
    clock.later(hours)
    asked = cancellation(signer, note.access_key, note.protocol, at=clock.now)
    assert authority.event([asked])[0].code == code
    told = {"135": "101", "155": "151"}.get(code, "100")
    assert authority.query([note.access_key])[0].code == told


def test_corrections_are_told_in_their_order_and_leave_the_note_authorised(authority, signer, note):
    asked = [correction(signer, note.access_key, sequence) for sequence in (1, 2, 2)]
    assert [answer.code for answer in authority.event(asked)] == ["135", "135", "573"]
    (told,) = authority.query([note.access_key])
    assert told == note and len(told.events) == 2


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"tpAmb": "1"}, "252"),
        ({"at": NOW + timedelta(minutes=6)}, "578"),
        ({"at": NOW - timedelta(minutes=1)}, "579"),
        ({"@Id": "ID110111" + "3" * 44 + "01"}, "572"),
        ({"verEvento": "2.00"}, "493"),
        ({"CNPJ": "99888777000290"}, "574"),
        ({"CNPJ": "11222333000181"}, "213"),
    ],
)
def test_refuses_in_the_authority_s_codes(authority, signer, note, changes, code):
    asked = cancellation(signer, note.access_key, note.protocol, **changes)
    assert authority.event([asked])[0].code == code
    assert authority.query([note.access_key]) == [note]


def test_refuses_what_is_no_event_of_a_note_that_it_knows(authority, signer, note, tmp_path):
    key, protocol = note.access_key, note.protocol
    good = cancellation(signer, key, protocol)
    unknown = key[:25] + "000000102" + key[34:43]
    other = new_certificate(tmp_path, "11222333000181").signer
    asked = {
        "215": b"<evento",
        "491": event(signer, key, "110999", {"descEvento": "Outro"}),
        "297": good.replace(b"digitacao", b"entrega  "),
        "222": cancellation(signer, key, protocol[:3] + "99" + protocol[5:]),
        "213": cancellation(other, key, protocol),
        "236": cancellation(signer, key[:43] + str((int(key[43]) + 1) % 10), protocol),
        "494": cancellation(signer, unknown + mod11(unknown), protocol),
    }
    answers = authority.event(list(asked.values()))
    assert [answer.code for answer in answers] == list(asked)
    assert not any(answer.is_registered or answer.ret_event for answer in answers)


def test_a_carrier_and_a_failed_delivery_are_told(authority, signer, note):
    carrier = {
        "descEvento": "Ator interessado na NF-e",
        "cOrgaoAutor": "35",
        "tpAutor": "1",
        "verAplic": "Balcao 1.0",
        "autXML": {"CNPJ": LETTERS},
        "tpAutorizacao": "0",
    }
    failed = {
        "descEvento": "Insucesso na Entrega da NF-e",
        "cOrgaoAutor": "35",
        "verAplic": "Balcao 1.0",
        "dhTentativaEntrega": "2026-11-20T10:30:00-03:00",
        "nTentativa": "1",
        "tpMotivo": "2",
        "hashTentativaEntrega": "2jmj7l5rSw0yVb/vlWAYkK/YBwk=",
    }
    asked = [
        event(signer, note.access_key, "110150", carrier),
        event(signer, note.access_key, "110192", failed),
    ]
    (first, second) = authority.event(asked)
    assert (first.code, second.code) == ("135", "135")
    undone = {
        "descEvento": "Cancelamento Insucesso na Entrega da NF-e",
        "cOrgaoAutor": "35",
        "verAplic": "Balcao 1.0",
        "nProtEvento": second.protocol,
    }
    assert authority.event([event(signer, note.access_key, "110193", undone)])[0].code == "135"


def test_a_buyer_manifests_on_a_note_that_waits_for_it(signer):
    ledger = MemoryLedger()
    authority = SandboxAuthority(ledger, lambda: NOW)
    body = "3526111122233300018155001000000007112345678"
    key = body + mod11(body)
    ledger.documents.append(WaitingDocument(5, CNPJ, key, "resNFe_v1.01.xsd", b"<resNFe/>"))
    aware = {"descEvento": "Ciencia da Operacao"}
    asked = event(signer, key, "210210", aware, cOrgao="91", CNPJ=CNPJ)
    assert [answer.code for answer in authority.event([asked, asked])] == ["136", "573"]
    batch = authority.distribution("SP", CNPJ, 0)
    assert (batch.code, batch.last_nsu, batch.highest_nsu) == ("138", 5, 5)
    assert batch.documents == ((5, "resNFe_v1.01.xsd", b"<resNFe/>"),)
    assert authority.distribution("SP", CNPJ, 5).code == "137"


def test_numbers_are_voided_once(authority, signer, note):
    asked = voiding(signer, CNPJ, 110, 112)
    first = authority.void(asked)
    assert first.is_done and first.protocol
    again = authority.void(asked)
    assert (again.code, again.protocol, again.ret_void) == ("256", first.protocol, first.ret_void)
    assert not again.is_done
    assert authority.void(voiding(signer, CNPJ, 112, 113)).code == "206"
    assert authority.void(voiding(signer, CNPJ, 100, 105)).code == "241"
    numbered = signer.sign(build(a_note(), EXAMPLE_BOOK, replace(NUMBERING, number=111)))
    assert authority.authorize([numbered])[0].code == "206"


@pytest.mark.parametrize(
    ("first", "last", "changes", "code"),
    [
        (12, 11, {}, "224"),
        (1000, 11000, {}, "201"),
        (110, 110, {"ano": "27"}, "453"),
        (110, 110, {"tpAmb": "1"}, "252"),
        (110, 110, {"CNPJ": "11222333000181"}, "213"),
        (110, 110, {"xJust": "curta"}, "215"),
    ],
)
def test_refuses_to_void(authority, signer, first, last, changes, code):
    assert authority.void(voiding(signer, CNPJ, first, last, **changes)).code == code


def test_an_issuer_with_letters_in_all_of_it(tmp_path):
    """The whole life of a note by an issuer whose CNPJ has letters."""
    signer = new_certificate(tmp_path, LETTERS).signer
    authority = SandboxAuthority(MemoryLedger(), lambda: NOW)
    issuer = replace(ISSUER, cnpj=LETTERS)
    signed = signer.sign(build(replace(a_note(), issuer=issuer), EXAMPLE_BOOK, NUMBERING))
    (answer,) = authority.authorize([signed])
    assert answer.is_authorized
    assert problems(etree.fromstring(nfe_proc(signed, answer.protnfe)), "procNFe_v4.00.xsd") == []
    asked = correction(signer, answer.access_key)
    (registered,) = authority.event([asked])
    assert registered.code == "135"
    assert (
        authority.event([cancellation(signer, answer.access_key, answer.protocol)])[0].code == "135"
    )
    void = voiding(signer, LETTERS, 110, 111)
    done = authority.void(void)
    assert done.is_done
    joined = etree.fromstring(voiding_proc(void, done.ret_void))
    assert problems(joined, "procInutNFe_v4.00.xsd") == []
    with pytest.raises(ProtocolMismatch):
        event_proc(asked, registered.ret_event.replace(b"<nSeqEvento>1", b"<nSeqEvento>2"))
    with pytest.raises(ProtocolMismatch):
        voiding_proc(void, done.ret_void.replace(b"<nNFIni>110", b"<nNFIni>109"))


def test_what_is_asked_beside_notes(authority):
    assert authority.status().is_up
    answer = authority.register("SP", CNPJ)
    assert not answer.is_asked and answer.entries == ()


def test_another_verifier_accepts_what_is_signed(signer, authority, note, verified_elsewhere):
    asked = cancellation(signer, note.access_key, note.protocol)
    (answer,) = authority.event([asked])
    void = voiding(signer, CNPJ, 110, 112)
    for file in (event_proc(asked, answer.ret_event), void):
        assert verified_elsewhere(file)
        assert not verified_elsewhere(file.replace(b"digitacao", b"entrega  "))
