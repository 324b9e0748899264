"""Whatever SEFAZ answers, or does not: it is told in words, nothing is taken for an authorisation,
and the note's own answer is had afterwards."""

import socket
import ssl

import httpx
import pytest

from tests.authority.test_both_authorities import signed
from tests.support.authority_server import BAD, company, make_ca
from tests.support.certificates import key_of as private_key
from webapp.authority import sefaz as real
from webapp.authority.connections import client_of, context
from webapp.authority.sefaz import Breakers, Sefaz
from webapp.fiscal import soap
from webapp.fiscal.authority import NOT_ANSWERED, AuthorityAway, Meaning
from webapp.fiscal.digits import mod11
from webapp.fiscal.sandbox_ledger import WaitingDocument
from webapp.platform.breaker import FAILURES

CAUSES = {
    "short": soap.NO_XML,
    "no xml": soap.NO_XML,
    "doctype": soap.NO_XML,
    "html": soap.OTHER_FORM,
    "namespace": soap.OTHER_FORM,
    "no code": soap.OTHER_FORM,
    "fault": soap.A_FAULT,
    "another's": soap.OTHER_DOCUMENT,
    "other content": soap.OTHER_DIGEST,
    "huge": real.TOO_LARGE,
    "500": real.SERVER_ERROR,
    "503": real.SERVER_ERROR,
    "403": real.CERTIFICATE_REFUSED,
    "404": real.WRONG_ADDRESS,
    "redirect": real.WRONG_ADDRESS,
    "half": real.BROKEN_OFF,
    "dropped": real.BROKEN_OFF,
    "silent": real.NO_ANSWER_IN_TIME,
}


@pytest.fixture
def impatient(pool):
    kept, pool.timeout = pool.timeout, httpx.Timeout(30, read=0.3)
    yield
    pool.timeout = kept


@pytest.mark.parametrize("bad", BAD)
def test_a_bad_answer_is_told_in_words_and_nothing_is_lost(sefaz, server, shops, bad, request):
    if bad == "silent":
        request.getfixturevalue("impatient")
    document = signed(shops.signer)
    server.sefaz.bad = bad
    with pytest.raises(AuthorityAway) as away:
        sefaz.authorize([document])
    assert (away.value.cause, away.value.service) == (CAUSES[bad], "authorization")
    server.sefaz.bad = ""
    again = sefaz.authorize([document])[0]
    assert again.is_duplicate
    assert sefaz.query([again.access_key])[0].is_authorized


def test_of_several_each_has_its_own_fate(sefaz, server, shops):
    documents = [signed(shops.signer, number) for number in (1, 2, 3)]
    judged = server.sefaz.answer

    def faulty(content_type, body):
        answer = judged(content_type, body)
        return b"" if b"<nNF>2</nNF>" in body else answer

    server.sefaz.answer = faulty
    answers = sefaz.authorize(documents)
    del server.sefaz.answer
    assert [answer.code for answer in answers] == ["100", NOT_ANSWERED, "100"]
    assert answers[1].meaning is Meaning.WAIT and answers[1].reason == soap.NO_XML
    assert sefaz.authorize([documents[1]])[0].is_duplicate


def test_a_query_about_another_key_is_no_answer(sefaz, server, shops):
    (note,) = sefaz.authorize([signed(shops.signer)])
    server.sefaz.bad = "another's"
    with pytest.raises(AuthorityAway) as away:
        sefaz.query([note.access_key])
    assert away.value.cause == soap.OTHER_DOCUMENT


def test_what_is_signed_goes_in_untouched(sefaz, server, shops):
    document = signed(shops.signer)
    sefaz.authorize([document])
    ((_service, message),) = server.sefaz.seen
    assert document in message


def test_a_server_that_nobody_vouches_for_is_not_spoken_to(ca, shops, server):
    other = make_ca("Outra CA", private_key(2050))
    with client_of(context(shops, other.pem)) as client:
        asked = Sefaz(client, "SP", False, server.address, Breakers())
        with pytest.raises(AuthorityAway) as away:
            asked.status()
    assert away.value.cause == real.NOT_TRUSTED
    assert server.sefaz.seen == []


def test_a_certificate_that_the_server_does_not_accept_is_named(ca, server):
    stranger = company(make_ca("Outra CA", private_key(2050)))
    with client_of(context(stranger, ca.pem)) as client:
        asked = Sefaz(client, "SP", False, server.address, Breakers())
        with pytest.raises(AuthorityAway) as away:
            asked.status()
    assert away.value.cause == real.CERTIFICATE_REFUSED
    assert server.sefaz.seen == []


def test_who_is_not_there_is_left_alone_for_a_moment(pool, shops):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
        asked = Sefaz(pool, "SP", False, lambda *_where: f"https://127.0.0.1:{port}/", Breakers())
        causes = []
        for _try in range(2):
            with pytest.raises(AuthorityAway) as away:
                asked.authorize([signed(shops.signer)])
            causes.append(away.value.cause)
    assert causes == [real.NO_CONNECTION, real.LEFT_ALONE]
    assert away.value.retry_at is not None


def test_one_that_fails_again_and_again_is_left_alone_and_tried_anew(server, pool):
    now = [0.0]
    asked = Sefaz(pool, "SP", False, server.address, Breakers(lambda: now[0]))
    server.sefaz.bad = "503"
    for _try in range(FAILURES + 3):
        with pytest.raises(AuthorityAway):
            asked.status()
    assert len(server.sefaz.seen) == FAILURES
    server.sefaz.bad = ""
    now[0] += 11
    assert asked.status().is_up


def test_a_text_instead_of_elements_is_read_too(sefaz, server):
    judged = server.sefaz.answer

    def as_text(content_type, body):
        head, _mark, rest = judged(content_type, body).partition(b"<retConsStatServ")
        inside, _mark, tail = rest.partition(b"</retConsStatServ>")
        whole = b"<retConsStatServ" + inside + b"</retConsStatServ>"
        return head + whole.replace(b"<", b"&lt;") + tail

    server.sefaz.answer = as_text
    assert sefaz.status().is_up
    del server.sefaz.answer


def test_a_register_names_who_is_in_it(sefaz):
    answer = sefaz.register("SP", "7K2M9QX4000108")
    assert (answer.code, answer.is_asked) == ("111", True)
    (found,) = answer.entries
    assert (found.state_registration, found.is_active) == ("110042490114", True)
    assert not sefaz.register("RJ", "7K2M9QX4000108").is_asked


def test_a_packed_document_is_bounded(sefaz, server, monkeypatch):
    bomb = WaitingDocument(1, "99888777000100", "1" * 44, "resNFe", b"0" * 5000)
    server.sefaz.ledger.documents.append(bomb)
    monkeypatch.setattr(soap, "MOST_UNPACKED", 4000)
    with pytest.raises(AuthorityAway) as away:
        sefaz.distribution("SP", "99888777000100", 0)
    assert away.value.cause == soap.OTHER_FORM


def test_tls_is_not_older_than_1_2_and_always_verified(ca, shops):
    made = context(shops, ca.pem)
    assert made.minimum_version is ssl.TLSVersion.TLSv1_2
    assert (made.verify_mode, made.check_hostname) == (ssl.CERT_REQUIRED, True)


def test_each_question_goes_to_who_has_the_answer(pool):
    """By state, by what stands in for it, by the nation."""
    asked = []

    def nowhere(authorizer, service, production):
        asked.append((authorizer, str(service), production))
        return "https://127.0.0.1:9/"

    key = "4126119988877700010055001000000101" + "%s" + "48151623"
    keys = [key % emission + mod11(key % emission) for emission in "167"]
    rio = Sefaz(pool, "RJ", True, nowhere, Breakers())
    for question in (
        lambda: rio.query(keys[:1]),
        lambda: rio.query(keys[1:2]),
        lambda: rio.query(keys[2:]),
        lambda: rio.status(),
        lambda: rio.status(contingency=True),
        lambda: rio.distribution("RJ", "99888777000100", 0),
        lambda: rio.void(b"<inutNFe/>"),
        lambda: rio.event([b"<cOrgao>33</cOrgao>"]),
        lambda: rio.event([b"<cOrgao>91</cOrgao>"]),
    ):
        with pytest.raises(AuthorityAway):
            question()
    assert asked == [
        ("PR", "query", True),
        ("SVC-AN", "query", True),
        ("SVC-RS", "query", True),
        ("SVRS", "status", True),
        ("SVC-AN", "status", True),
        ("AN", "distribution", True),
        ("SVRS", "voiding", True),
        ("SVRS", "event", True),
        ("AN", "event", True),
    ]
