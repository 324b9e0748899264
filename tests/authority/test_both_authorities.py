"""What every authority does, asked of both: the sandbox, and the real one over its protocol (a
server on loopback that holds it against the official schemas)."""

from copy import deepcopy
from dataclasses import replace

import pytest
from lxml import etree

from tests.support.authority_server import CNPJ, company
from tests.support.fiscal_events import cancellation, correction, voiding, year_of
from tests.support.fiscal_notes import ISSUER, NUMBERING, a_note
from webapp.authority.models import SandboxDocument
from webapp.authority.sandbox import Sandbox
from webapp.fiscal.authority import Meaning
from webapp.fiscal.digits import mod11
from webapp.fiscal.document import Numbering, build
from webapp.fiscal.proc import event_proc, nfe_proc, voiding_proc
from webapp.fiscal.sandbox_ledger import WaitingDocument
from webapp.fiscal.schema import PROCESSED, problems
from webapp.fiscal.signature import verify
from webapp.fiscal.tax_book import EXAMPLE_BOOK
from webapp.platform.clock import utc_now

LETTERS = "7K2M9QX4000108"


@pytest.fixture(params=["sandbox", "sefaz"])
def authority(request, server):
    if request.param == "sefaz":
        return request.getfixturevalue("sefaz")
    request.getfixturevalue("db")
    return Sandbox()


@pytest.fixture
def signer(shops):
    return shops.signer


def signed(signer, number=101, code=NUMBERING.code, note=None):
    numbering = Numbering(1, number, utc_now(), code)
    return signer.sign(build(note or a_note(), EXAMPLE_BOOK, numbering))


def inside(file):
    """The event in a procEventoNFe, as a document of its own."""
    return deepcopy(etree.fromstring(file)[0])


def test_a_note_is_authorised_and_its_file_is_whole(authority, signer):
    document = signed(signer)
    (answer,) = authority.authorize([document])
    assert (answer.code, answer.meaning) == ("100", Meaning.AUTHORIZED)
    assert abs((answer.received_at - utc_now()).total_seconds()) < 60
    file = nfe_proc(document, answer.protnfe)
    assert problems(etree.fromstring(file), PROCESSED) == []
    assert authority.query([answer.access_key]) == [answer]


def test_each_of_several_gets_its_own_answer(authority, signer):
    documents = [signed(signer, number) for number in range(1, 9)]
    documents[3] = documents[3].replace(b"<xNome>Pico", b"<xNome>Pica")
    documents[5] = documents[5].replace(b"<mod>55", b"<mod>99")
    codes = [answer.code for answer in authority.authorize(documents)]
    assert codes == ["100", "100", "100", "297", "100", "225", "100", "100"]


def test_the_same_note_again_is_a_duplicate(authority, signer):
    document = signed(signer)
    (first,), (again,) = authority.authorize([document]), authority.authorize([document])
    assert again.is_duplicate and first.protocol in again.reason
    assert authority.query([again.access_key]) == [first]


def test_a_number_that_another_key_has_names_that_key(authority, signer):
    (first,) = authority.authorize([signed(signer)])
    (other,) = authority.authorize([signed(signer, code="31415926")])
    assert other.meaning is Meaning.OTHER_NOTE and first.access_key in other.reason
    assert authority.query([other.access_key])[0].meaning is Meaning.UNKNOWN


def test_what_follows_a_note(authority, signer):
    (note,) = authority.authorize([signed(signer)])
    asked = [
        correction(signer, note.access_key, at=utc_now()),
        cancellation(signer, note.access_key, note.protocol, at=utc_now()),
    ]
    for document in asked:
        (answer,) = authority.event([document])
        assert (answer.code, answer.is_registered) == ("135", True)
        assert verify(inside(event_proc(document, answer.ret_event)))
    assert authority.event([asked[1]])[0].is_duplicate
    (told,) = authority.query([note.access_key])
    assert (told.meaning, told.protnfe) == (Meaning.CANCELLED_ELSEWHERE, note.protnfe)
    assert [verify(inside(one)) for one in told.events]
    assert [b"110110" in told.events[0], b"110111" in told.events[1]] == [True, True]


def test_several_events_at_once(authority, signer):
    answers = authority.authorize([signed(signer, number) for number in (1, 2)])
    asked = [cancellation(signer, one.access_key, one.protocol, at=utc_now()) for one in answers]
    unknown = answers[0].access_key[:25] + "000000009" + answers[0].access_key[34:43]
    asked.append(correction(signer, unknown + mod11(unknown), at=utc_now()))
    assert [answer.code for answer in authority.event(asked)] == ["135", "135", "494"]


def test_numbers_are_voided(authority, signer):
    asked = voiding(signer, CNPJ, 110, 112, ano=year_of(utc_now()))
    done = authority.void(asked)
    assert (done.code, done.is_done) == ("102", True) and done.protocol
    file = etree.fromstring(voiding_proc(asked, done.ret_void))
    assert problems(file, "procInutNFe_v4.00.xsd") == []
    assert authority.void(asked).code == "256"
    assert authority.authorize([signed(signer, 111)])[0].code == "206"


def test_an_issuer_with_letters(authority, ca):
    signer = company(ca, LETTERS).signer
    document = signed(signer, note=replace(a_note(), issuer=replace(ISSUER, cnpj=LETTERS)))
    (note,) = authority.authorize([document])
    assert note.is_authorized
    asked = cancellation(signer, note.access_key, note.protocol, at=utc_now())
    assert authority.event([asked])[0].code == "135"
    assert authority.query([note.access_key])[0].code == "101"
    void = voiding(signer, LETTERS, 110, 111, ano=year_of(utc_now()))
    assert authority.void(void).is_done


def test_a_service_that_is_up_says_so(authority):
    assert authority.status().is_up and authority.status(contingency=True).is_up


def test_what_others_issued_is_given_out_after_a_number(authority, server, request):
    waiting = [
        WaitingDocument(nsu, CNPJ, "1" * 44, "resNFe_v1.01.xsd", b"<resNFe>\xc3\xa7</resNFe>")
        for nsu in (3, 7)
    ]
    if isinstance(authority, Sandbox):
        db = request.getfixturevalue("db")
        names = ("nsu", "cnpj", "access_key", "schema", "content")
        rows = [{name: getattr(one, name) for name in names} for one in waiting]
        db.session.add_all(SandboxDocument(**row) for row in rows)
        db.session.commit()
    server.sefaz.ledger.documents = waiting
    batch = authority.distribution("SP", CNPJ, 3)
    assert (batch.code, batch.last_nsu, batch.highest_nsu) == ("138", 7, 7)
    assert batch.documents == ((7, "resNFe_v1.01.xsd", waiting[1].content),)
    assert authority.distribution("SP", CNPJ, 7).code == "137"
