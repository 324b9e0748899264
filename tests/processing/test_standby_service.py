"""While the state's own service does not serve, NF-e go to the one that stands in for it: never two
for one sale."""

import pytest
from lxml import etree
from sqlalchemy import select

from tests.factories import make_sale, open_shop, sign_in, work_off
from tests.support.scripted_authority import LOST, Script, later, the_invoices
from webapp.authority.contingency import present_contingency
from webapp.authority.models import AuthorityService, Contingency, SandboxNote
from webapp.authority.sandbox import Sandbox
from webapp.fiscal.authority import Answer
from webapp.fiscal.places import state
from webapp.fiscal.xml import NAMESPACE
from webapp.fulfilment.tasks.models import Task
from webapp.invoices.models import EarlierSend, EarlierStatus, InvoiceStatus
from webapp.platform.clock import utc_now
from webapp.platform.database import db as database
from webapp.processing.at_the_authority import go_to_standby, return_from_standby

REASON = "A SEFAZ de origem nao responde"


@pytest.fixture
def script(db, monkeypatch) -> Script:
    open_shop()
    return Script(monkeypatch)


def away_for(minutes: int) -> None:
    for _turn in range(3):
        later(minutes * 60 / 3)
        work_off()


def enter() -> None:
    go_to_standby(REASON, utc_now())
    database.session.commit()


def ide(invoice, tag: str) -> str | None:
    return etree.fromstring(invoice.signed_xml).findtext(f".//{{{NAMESPACE}}}{tag}")


def test_after_ten_minutes_it_goes_there_by_itself_and_comes_back_by_itself(script):
    script.own_is_up = False
    make_sale()
    script.next = ["109"]
    work_off()
    away_for(9)
    assert present_contingency() is None
    script.standby_is_up = False
    away_for(3)
    assert present_contingency() is None, "only while the standby service serves"
    script.standby_is_up = True
    away_for(3)
    contingency = present_contingency()
    assert contingency.by_itself and contingency.reason.startswith("Servico de autorizacao")
    (invoice,) = the_invoices()
    assert (invoice.status, invoice.number) == (InvoiceStatus.AUTHORIZED, 1)
    assert invoice.access_key[34] == "6", "nothing had been sent over a connection"
    script.own_is_up = True
    later()
    work_off()
    assert present_contingency() is None, "back by itself"
    make_sale()
    work_off()
    assert [each.access_key[34] for each in the_invoices()] == ["6", "1"]


def test_what_was_surely_not_taken_goes_there_with_its_number(script, client):
    make_sale()
    script.next = ["108"]
    work_off()
    (before,) = the_invoices()
    key = before.access_key
    enter()
    work_off()
    (invoice,) = the_invoices()
    assert (invoice.status, invoice.number) == (InvoiceStatus.AUTHORIZED, 1)
    assert key[34] == "1" and invoice.access_key[34] == "6", "SP goes to SVC-AN"
    assert (ide(invoice, "tpEmis"), ide(invoice, "xJust")) == ("6", REASON)
    sign_in(client, "clerk")
    assert "· SVC-AN" in client.get(f"/invoices/{invoice.id}").text
    since = database.session.scalars(select(Contingency.since)).one()
    assert ide(invoice, "dhCont")[:13] == since.astimezone(state("SP").zone).isoformat()[:13]


@pytest.mark.parametrize("arrived", [False, True])
def test_what_may_have_arrived_is_asked_for_first(script, arrived):
    make_sale()
    script.next = [LOST if arrived else "999"]
    work_off()
    script.own_is_up = False
    enter()
    later()
    work_off()
    (invoice,) = the_invoices()
    assert invoice.status is InvoiceStatus.SENDING and invoice.access_key[34] == "1"
    script.own_is_up = True
    script.says_that_it_is_up = False
    later()
    work_off()
    (invoice,) = the_invoices()
    assert invoice.status is InvoiceStatus.AUTHORIZED and invoice.number == 1
    assert invoice.access_key[34] == ("1" if arrived else "6")
    assert len(database.session.scalars(select(SandboxNote)).all()) == 1


def test_new_ones_go_where_notes_go_now(script):
    enter()
    make_sale()
    work_off()
    return_from_standby(utc_now())
    database.session.commit()
    make_sale()
    work_off()
    assert [each.access_key[34] for each in the_invoices()] == ["6", "1"]
    assert [each.number for each in the_invoices()] == [1, 2]


def doubted(script) -> None:
    """One that arrived, unknown to anybody, while its service is away and the other stands in."""
    make_sale()
    script.next = [LOST]
    work_off()
    script.own_is_up = False
    enter()
    later()
    work_off()


def test_a_person_may_send_it_all_the_same_and_of_two_one_is_to_be_cancelled(
    script, client, monkeypatch
):
    doubted(script)
    (invoice,) = the_invoices()
    first = invoice.access_key
    known = database.session.scalars(select(SandboxNote)).one()
    sign_in(client, "manager")
    page = client.get(f"/invoices/{invoice.id}").text
    assert "it may have arrived there, and goes to SVC-AN once SEFAZ SP" in page
    # The standby service does not know what the state's own has.
    database.session.delete(known)
    database.session.commit()
    answer = client.post(f"/invoices/{invoice.id}/standby", data=csrf(page))
    assert answer.status_code == 303
    work_off()
    (invoice,) = the_invoices()
    assert (invoice.status, invoice.number) == (InvoiceStatus.AUTHORIZED, 1)
    assert invoice.access_key[34] == "6"
    earlier = database.session.scalars(select(EarlierSend)).one()
    assert (earlier.status, earlier.access_key) == (EarlierStatus.UNKNOWN, first)
    script.own_is_up = True
    kept = dict(protocol=known.protocol, received_at=known.received_at, protnfe=known.protnfe)
    monkeypatch.setattr(
        Sandbox, "query", lambda _authority, keys: [Answer(key, "100", "", **kept) for key in keys]
    )
    earlier.due_at = utc_now()
    database.session.commit()
    later()
    work_off()
    earlier = database.session.scalars(select(EarlierSend)).one()
    assert (earlier.status, earlier.protocol) == (EarlierStatus.AUTHORIZED, known.protocol)
    task = database.session.scalars(select(Task)).one()
    assert task.code == "cancel_second_nfe" and task.params["access_key"] == first


def test_the_standby_service_may_know_it_already(script, client):
    """Then there is one NF-e, and its protocol is taken once its own service answers."""
    doubted(script)
    (invoice,) = the_invoices()
    first = invoice.access_key
    sign_in(client, "manager")
    page = client.get(f"/invoices/{invoice.id}").text
    client.post(f"/invoices/{invoice.id}/standby", data=csrf(page))
    work_off()
    script.own_is_up = True
    later()
    work_off()
    (invoice,) = the_invoices()
    assert (invoice.status, invoice.access_key) == (InvoiceStatus.AUTHORIZED, first)
    assert database.session.scalars(select(EarlierSend)).all() == []
    assert database.session.scalars(select(Task)).all() == []


def csrf(page: str) -> dict[str, str]:
    return {"csrf_token": page.split('name="csrf_token" value="')[1].split('"')[0]}


def test_how_it_is_stands_on_its_page_and_in_the_sentence_of_the_sale(script, client):
    sign_in(client, "manager")
    page = client.get("/authority").text
    assert "not asked yet" in page and "SVC-AN" in page
    script.own_is_up = False
    sale = make_sale()
    work_off()
    for path in ("/authority", f"/sales/{sale.id}", "/sales", "/invoices?status=sending"):
        assert "SEFAZ SP has not answered since" in client.get(path).text, path
    refused = client.post("/authority/contingency", data=csrf(page) | {"reason": "short"})
    assert refused.status_code == 422 and "15 characters" in refused.text
    client.post("/authority/contingency", data=csrf(page) | {"reason": REASON})
    assert "NF-e have gone to SVC-AN since" in client.get("/authority").text
    client.post("/authority/contingency/end", data=csrf(page))
    assert present_contingency() is None and REASON in client.get("/authority").text
    script.own_is_up = True
    client.post("/authority/questions", data=csrf(page))
    work_off()
    states = {
        (row.authorizer, row.service): str(row.status)
        for row in database.session.scalars(select(AuthorityService))
    }
    assert states["SP", "status"] == states["SVC-AN", "status"] == "up"
    assert states["SP", "authorization"] == "up", "the NF-e that waited was asked about"
