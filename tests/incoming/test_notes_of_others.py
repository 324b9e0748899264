"""Notes issued against the shop: fetched by their running number, told what became of them."""

import datetime as dt

import pytest
from sqlalchemy import delete, select

from tests.factories import open_shop, sign_in, work_off
from tests.support.fiscal_notes import BUYER
from tests.support.incoming_notes import SHOP_CNPJ, SUPPLIER_CNPJ, a_file, an_event, key_of
from webapp.authority.models import AuthorityService, SandboxDocument, SandboxEvent
from webapp.authority.sandbox import Sandbox
from webapp.demo.load import load_demo
from webapp.fiscal.authority import AuthorityAway, Batch, Service
from webapp.incoming.inbox import switch_inbox
from webapp.incoming.manifesting import ask_manifestation, deadline
from webapp.incoming.models import (
    IncomingEvent,
    IncomingNote,
    Manifestation,
    ManifestationStatus,
    NoteStatus,
    Stance,
)
from webapp.incoming.queries import the_inbox
from webapp.incoming.stock_entry import entry_lines
from webapp.platform.clock import utc_now
from webapp.platform.database import db as database
from webapp.platform.errors import Refusal

NO_ANSWER = "It said nothing."
HOUR = dt.timedelta(hours=1)
NOW = utc_now().replace(microsecond=0)


def a_summary(file: bytes, situation: str = "1") -> bytes:
    key = key_of(file)
    return (
        '<resNFe xmlns="http://www.portalfiscal.inf.br/nfe" versao="1.01">'
        f"<chNFe>{key}</chNFe><CNPJ>{SUPPLIER_CNPJ}</CNPJ><xNome>Livraria Horizonte Ltda</xNome>"
        f"<IE>669182042119</IE><dhEmi>{NOW.isoformat()}</dhEmi><tpNF>1</tpNF><vNF>326.30</vNF>"
        f"<digVal>x</digVal><dhRecbto>{NOW.isoformat()}</dhRecbto><nProt>135260000000001</nProt>"
        f"<cSitNFe>{situation}</cSitNFe></resNFe>"
    ).encode()


def dropped(*documents: tuple[str, bytes], key: str = "") -> None:
    """Waits for the shop at the authority."""
    for schema, content in documents:
        found = key or key_of(content)
        database.session.add(
            SandboxDocument(cnpj=SHOP_CNPJ, access_key=found, schema=schema, content=content)
        )
    database.session.commit()


def fetched() -> None:
    """Another look, whenever it was due."""
    inbox = the_inbox()
    inbox.owe(utc_now() - HOUR)
    work_off()
    database.session.rollback()


@pytest.fixture
def inbox(db):
    open_shop()
    switch_inbox(is_open=True)
    database.session.commit()
    return the_inbox


def the_note() -> IncomingNote:
    database.session.rollback()
    return database.session.scalars(select(IncomingNote)).one()


def test_a_summary_comes_first_is_seen_and_brings_the_whole_note(inbox):
    file = a_file(at=NOW)
    dropped(("resNFe_v1.01.xsd", a_summary(file)), key=key_of(file))
    work_off()

    note = the_note()
    assert (note.status, note.has_content) == (NoteStatus.UNKNOWN, False)
    assert (note.number, note.issuer_name) == (101, "Livraria Horizonte Ltda")
    [seen] = database.session.scalars(select(Manifestation))
    assert (seen.stance, seen.status) == (Stance.AWARENESS, ManifestationStatus.REGISTERED)
    event = database.session.scalars(select(SandboxEvent)).one()
    assert (event.access_key, event.kind) == (note.access_key, "210210")

    dropped(("procNFe_v4.00.xsd", file))
    fetched()
    note = the_note()
    assert (note.status, note.content, note.is_whole) == (NoteStatus.UNKNOWN, file, True)
    assert database.session.scalars(select(Manifestation)).one() == seen


def test_after_the_last_document_the_authority_has_its_hour_of_rest(inbox):
    work_off()

    box = inbox()
    assert box.code == "137"
    assert HOUR - dt.timedelta(minutes=1) < box.due_at - utc_now() <= HOUR


def test_more_than_fifty_documents_come_in_turns_without_a_rest(inbox):
    file = a_file(at=NOW)
    dropped(*[("resNFe_v1.01.xsd", a_summary(file))] * 51, key=key_of(file))

    work_off()

    box = inbox()
    assert box.last_nsu == box.highest_nsu == 51
    assert the_note().access_key == key_of(file)


@pytest.mark.parametrize(
    ("code", "error"), [("656", "authority: 656"), ("593", "593 Rejeicao: nada feito")]
)
def test_refused_it_waits_an_hour_and_says_why(inbox, code, error, monkeypatch):
    said = Batch(code, "Rejeicao: nada feito", 0, 0)
    monkeypatch.setattr(Sandbox, "distribution", lambda *_asked: said)

    work_off()

    box = inbox()
    assert box.error == error
    assert box.due_at - utc_now() > HOUR - dt.timedelta(minutes=1)
    assert box.attempts == 0


def away(*_asked):
    raise AuthorityAway(Service.DISTRIBUTION, NO_ANSWER)


def test_an_authority_that_is_away_is_asked_again(inbox, monkeypatch, client):
    monkeypatch.setattr(Sandbox, "distribution", away)
    work_off()
    assert inbox().due_at - utc_now() < dt.timedelta(minutes=6)
    sign_in(client, "clerk")
    assert "SEFAZ did not hand them out: No answer." in client.get("/incoming").text


def test_what_cannot_be_read_or_is_not_ours_is_counted_and_holds_nothing_up(inbox):
    file, other = a_file(at=NOW), a_file(at=NOW, recipient=BUYER, number=7)
    dropped(("procNFe_v4.00.xsd", b"<nfeProc>"), ("procNFe_v4.00.xsd", other), key=key_of(other))
    dropped(("procNFe_v4.00.xsd", file))

    work_off()

    assert inbox().unread == 2
    assert the_note().access_key == key_of(file)


def test_a_cancellation_is_told_by_event_or_by_its_summary(inbox):
    file = a_file(at=NOW)
    key = key_of(file)
    dropped(("procNFe_v4.00.xsd", file), ("procEventoNFe_v1.00.xsd", an_event(key)), key=key)
    work_off()
    assert the_note().status is NoteStatus.CANCELLED
    assert database.session.scalars(select(IncomingEvent)).one().kind == "110111"

    other = a_file(at=NOW, number=8)
    dropped(("resNFe_v1.01.xsd", a_summary(other, situation="3")), key=key_of(other))
    fetched()
    notes = {note.number: note.status for note in database.session.scalars(select(IncomingNote))}
    assert notes == {101: NoteStatus.CANCELLED, 8: NoteStatus.CANCELLED}


# -- what the shop tells --------------------------------------------------------------------------


@pytest.fixture
def note(inbox):
    dropped(("procNFe_v4.00.xsd", a_file(at=NOW)))
    work_off()
    return the_note()


def told(note, stance, reason=""):
    asked = ask_manifestation(note, stance, reason, "ana@example.com")
    work_off()
    database.session.rollback()
    return database.session.get(Manifestation, asked.id)


def test_what_is_told_is_signed_registered_and_changes_what_the_note_is(note):
    disowned = told(note, Stance.DISOWNING)
    assert (disowned.status, disowned.code) == (ManifestationStatus.REGISTERED, "136")
    assert b"<tpEvento>210220</tpEvento>" in disowned.proc_xml
    assert the_note().status is NoteStatus.DISOWNED

    # The last word counts.
    told(the_note(), Stance.CONFIRMATION)
    assert the_note().status is NoteStatus.KNOWN


def test_each_is_told_twice_at_most_and_within_its_days(note):
    told(note, Stance.CONFIRMATION)
    assert told(the_note(), Stance.CONFIRMATION).sequence == 2
    with pytest.raises(Refusal, match="duas vezes"):
        ask_manifestation(the_note(), Stance.CONFIRMATION, "", "ana@example.com")
    note = the_note()
    assert deadline(note, Stance.DISOWNING, note.issued_at).left == 90
    note.issued_at = NOW - dt.timedelta(days=91)
    with pytest.raises(Refusal, match="90 dias"):
        ask_manifestation(note, Stance.DISOWNING, "", "ana@example.com")


def test_a_lost_answer_is_asked_for_with_the_same_bytes(note, monkeypatch):
    sent = []
    answers = Sandbox.event

    def lost(self, signed):
        sent.append(signed)
        answers(self, signed)
        raise AuthorityAway(Service.EVENT, NO_ANSWER)

    monkeypatch.setattr(Sandbox, "event", lost)
    asked = told(note, Stance.CONFIRMATION)
    assert (asked.status, asked.error) == (ManifestationStatus.PENDING, "authority: away")

    monkeypatch.setattr(Sandbox, "event", answers)
    asked.due_at = utc_now() - HOUR
    # It is left alone for a while no longer.
    database.session.execute(delete(AuthorityService))
    work_off()
    database.session.rollback()
    assert (asked.status, asked.code) == (ManifestationStatus.REGISTERED, "573")
    assert sent == [[asked.signed_xml]]


def test_the_page_tells_and_counts_the_days(note, client):
    sign_in(client, "manager")
    place = f"/incoming/{note.id}"
    page = client.get(place).text
    assert "Nobody knows this NF-e" in page and "for 89 more days" in page
    short = client.post(
        f"{place}/manifestations", data={"stance": "not_carried_out", "reason": "nada"}
    )
    assert short.status_code == 422 and "15 characters" in short.text
    assert client.post(f"{place}/manifestations", data={"stance": "disowning"}).status_code == 303
    work_off()
    page = client.get(place).text
    assert "Disowned" in page and "Registered" in page
    assert client.post(f"{place}/knowledge").status_code == 303
    assert the_note().status is NoteStatus.KNOWN


def test_a_manager_turns_the_fetching_on_and_off(client, db):
    open_shop()
    sign_in(client, "manager")
    assert client.post("/incoming/inbox", data={"open": "1"}).status_code == 303
    assert "first look is on its way" in client.get("/incoming").text
    assert client.post("/incoming/inbox", data={"open": "0"}).status_code == 303
    db.session.rollback()
    assert the_inbox().due_at is None


def test_the_demo_shop_has_a_suppliers_note_waiting(db):
    load_demo()
    switch_inbox(is_open=True)
    work_off()

    note = the_note()

    assert (note.issuer_name, note.number) == ("Distribuidora Serra Alta Ltda", 4711)
    assert (note.is_whole, note.verdicts["rules"], note.verdicts["schema"]) == (True, [], [])
    assert [line.product and line.product.sku for line in entry_lines(note)] == ["FI-0002", None]
