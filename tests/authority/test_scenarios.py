"""What the sandbox is told to answer: the code comes as often as said, to calls that it fits, and
what it means has happened."""

import pytest

from tests.factories import make_token, open_shop, sign_in
from tests.support.fiscal_events import cancellation, correction, voiding
from tests.support.fiscal_notes import NUMBERING, a_note
from webapp.authority import scenarios
from webapp.authority.sandbox import Sandbox
from webapp.authority.scenarios import SCENARIOS, SLOW
from webapp.fiscal.authority import AuthorityAway, Meaning, meaning_of
from webapp.fiscal.certificate import load, make_test_certificate
from webapp.fiscal.document import Numbering, build
from webapp.fiscal.sandbox import SandboxAuthority
from webapp.fiscal.sandbox_ledger import MemoryLedger
from webapp.fiscal.sandbox_played import PlayedAuthority
from webapp.fiscal.tax_book import EXAMPLE_BOOK
from webapp.platform.clock import utc_now

CNPJ = "99888777000100"
NOTES = [
    code
    for code, scenario in SCENARIOS.items()
    if scenario.reason and "authorization" in scenario.services
]


@pytest.fixture(scope="module")
def signer(tmp_path_factory):
    path = tmp_path_factory.mktemp("certificate") / "test.pfx"
    make_test_certificate(path, "a password", CNPJ, "Pico Nevado")
    return load(path, "a password").signer


def signed(signer, number: int = 101) -> bytes:
    numbering = Numbering(NUMBERING.series, number, utc_now(), NUMBERING.code)
    return signer.sign(build(a_note(), EXAMPLE_BOOK, numbering))


def play(db, code, times=1):
    scenarios.play(code, times)
    db.session.commit()


def sent(document):
    return Sandbox().authorize([document])[0]


def test_it_comes_as_often_as_said_and_no_oftener(db, signer):
    play(db, "108", 2)
    note = signed(signer)
    assert [sent(note).code for _try in range(3)] == ["108", "108", "100"]


@pytest.mark.parametrize("code", NOTES)
def test_each_code_leaves_behind_what_it_means(signer, code):
    ledger = MemoryLedger()
    judge = SandboxAuthority(ledger)
    note = signed(signer)
    played = PlayedAuthority(judge, ledger, code, SCENARIOS[code].reason)
    (answer,) = played.authorize([note])
    assert (answer.code, answer.is_authorized) == (code, code in ("120", "150"))
    (told,) = judge.query([answer.access_key])
    expected = {
        Meaning.AUTHORIZED: code,
        Meaning.DUPLICATE: "100",
        Meaning.CANCELLED_ELSEWHERE: "101",
    }
    assert told.code == expected.get(meaning_of(code), "217")
    if code == "539":
        other = answer.reason.partition("[chNFe: ")[2][:44]
        assert judge.query([other])[0].is_authorized
        assert judge.authorize([note])[0].code == "539"


def test_a_lost_answer_is_of_a_note_that_is_authorised(db, signer):
    play(db, "lost")
    note = signed(signer)
    with pytest.raises(AuthorityAway) as away:
        sent(note)
    assert away.value.service == "authorization"
    again = sent(note)
    assert again.is_duplicate and Sandbox().query([again.access_key])[0].is_authorized


def test_away_is_away_and_nothing_is_known(db, signer):
    play(db, "down", 2)
    note = signed(signer)
    with pytest.raises(AuthorityAway):
        Sandbox().status()
    assert Sandbox().status(contingency=True).is_up
    with pytest.raises(AuthorityAway):
        sent(note)
    with pytest.raises(AuthorityAway):
        Sandbox().query(["1" * 44])
    assert sent(note).code == "100"


def test_a_status_tells_that_the_service_stands_still(db):
    play(db, "109")
    assert Sandbox().status().code == "109"
    assert Sandbox().status().code == "109"
    play(db, None)
    assert Sandbox().status().is_up


def test_a_slow_answer_comes_in_the_end(db, signer, monkeypatch):
    waited = []
    monkeypatch.setattr(scenarios.time, "sleep", waited.append)
    play(db, SLOW)
    assert sent(signed(signer)).code == "100"
    assert waited == [scenarios.SLOW_SECONDS]


def test_what_follows_a_note_is_answered_so_too(db, signer):
    answer = sent(signed(signer))
    key, protocol = answer.access_key, answer.protocol
    asked = cancellation(signer, key, protocol, at=utc_now())
    play(db, "501")
    assert sent(signed(signer, 102)).code == "100"
    (refused,) = Sandbox().event([asked])
    assert (refused.code, refused.access_key, refused.kind) == ("501", key, "110111")
    play(db, "573")
    assert Sandbox().event([correction(signer, key, at=utc_now())])[0].is_duplicate
    assert len(Sandbox().query([key])[0].events) == 1
    void = voiding(signer, CNPJ, 110, 111)
    play(db, "108")
    assert Sandbox().void(void).code == "108"
    play(db, "256")
    assert (Sandbox().void(void).code, Sandbox().void(void).code) == ("256", "256")
    play(db, "656")
    assert Sandbox().distribution("SP", CNPJ, 7).last_nsu == 7


def test_a_program_and_a_person_say_which(client, db):
    open_shop()
    call = {"headers": {"Authorization": f"Bearer {make_token('admin')}"}}
    said = client.put("/api/v1/sandbox/scenario", json={"code": "108", "times": 3}, **call)
    assert said.json == {"code": "108", "times": 3}
    sign_in(client, "admin")
    assert "Servico Paralisado Momentaneamente" in client.get("/settings").text
    refused = client.put("/api/v1/sandbox/scenario", json={"code": "100"}, **call)
    assert refused.json["errors"][0]["field"] == "code"
    shown = client.post("/settings/sandbox-scenario", data={"code": "108", "times": "0"})
    assert shown.status_code == 422 and "At least 1" in shown.text
    client.post("/settings/sandbox-scenario", data={"code": "", "times": "1"})
    cleared = client.put("/api/v1/sandbox/scenario", json={"code": None}, **call)
    assert cleared.json == {"code": None, "times": 0}
