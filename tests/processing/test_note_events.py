"""An authorised NF-e is cancelled, corrected, opened to its carrier: asked for again with the same
bytes until the authority has answered."""

import datetime as dt
import io

import pytest
from lxml import etree

from tests.factories import api, make_token, open_shop, sign_in, work_off
from tests.support.processed_sales import book, sold
from tests.support.sale_reversals import cancel, manager, open_tasks, refund
from webapp.authority.sandbox import Sandbox
from webapp.fiscal.authority import AuthorityAway, EventAnswer, Service
from webapp.fiscal.events import hash_of_proof
from webapp.fiscal.schema import event_problems
from webapp.invoices.models import EventStatus, Invoice, InvoiceEvent, InvoiceStatus
from webapp.platform.clock import utc_now
from webapp.platform.database import db as database
from webapp.processing.note_events import why_not_cancellable
from webapp.sales.models import Sale, Status
from webapp.store.models import Partner, PartnerKind
from webapp.store.queries import issuer_zone, the_shop

WHY = "O comprador desistiu da compra"


@pytest.fixture(autouse=True)
def shop_is_open(db):
    open_shop()


def note() -> Invoice:
    database.session.rollback()
    return database.session.scalars(database.select(Invoice).order_by(Invoice.id.desc())).first()


def events() -> list[InvoiceEvent]:
    database.session.rollback()
    return list(database.session.scalars(database.select(InvoiceEvent).order_by(InvoiceEvent.id)))


def cancel_note(calls, reason: str = WHY):
    return calls.post(f"/invoices/{note().id}/cancellation", {"reason": reason})


def due_now() -> None:
    """As if the time until the next try had passed."""
    past = utc_now() - dt.timedelta(seconds=1)
    changes = database.update(InvoiceEvent).where(InvoiceEvent.due_at.is_not(None))
    database.session.execute(changes.values(due_at=past))
    database.session.commit()


@pytest.mark.both_databases
def test_a_note_is_cancelled_and_its_order_waits_for_a_person(client):
    calls, sale = manager(client), sold(book(stock=10))
    answers = [cancel_note(calls) for _time in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json["id"] == answers[1].json["id"], "said twice, it is asked once"
    assert answers[0].json["kind"] == "cancellation" and answers[0].json["status"] == "pending"
    waiting = calls.get(f"/sales/{sale.id}").json
    assert waiting["status"] == "attention" and "at SEFAZ" in waiting["attention"]["reason"]
    shipped = calls.post(f"/sales/{sale.id}/shipment", {"carrier": "Correios"})
    assert shipped.status_code == 409, "nothing leaves while SEFAZ is asked"
    work_off()
    (event,) = events()
    assert (event.status, event.code, event.code) == (EventStatus.REGISTERED, "135", "135")
    assert event.protocol and event.signed_xml in event.proc_xml
    assert event_problems(etree.fromstring(event.signed_xml), "110111") == []
    assert note().status is InvoiceStatus.CANCELLED
    after = calls.get(f"/sales/{sale.id}").json
    assert after["status"] == "attention" and "another NF-e" in after["attention"]["reason"]


def test_another_note_is_issued_in_its_place(client):
    calls, sale = manager(client), sold(book(stock=10))
    cancel_note(calls)
    work_off()
    sign_in(client, "clerk")
    assert client.post(f"/sales/{sale.id}/retry").status_code == 303
    work_off()
    kept = calls.get(f"/sales/{sale.id}").json
    assert (kept["status"], kept["invoice"]["number"]) == ("invoiced", 2)
    states = database.session.scalars(database.select(Invoice.status).order_by(Invoice.id)).all()
    assert states == [InvoiceStatus.CANCELLED, InvoiceStatus.AUTHORIZED]


def test_an_order_whose_goods_all_came_back_needs_no_other_note(client):
    calls, sale = manager(client), sold(book(stock=10))
    cancel_note(calls)
    work_off()
    refund(calls, sale, (1, 1))
    sign_in(client, "clerk")
    assert client.post(f"/sales/{sale.id}/retry").status_code == 303
    assert calls.get(f"/sales/{sale.id}").json["status"] == "completed"


def test_an_order_that_is_cancelled_takes_its_note_along(client):
    calls, sale = manager(client), sold(book(stock=10))
    refund(calls, sale, (1, 1))
    assert open_tasks() == ["return_note"]
    assert cancel(calls, sale, "x").status_code == 200
    work_off()
    (event,) = events()
    assert event.text == f"Pedido {sale.reference} cancelado: x"
    assert (note().status, open_tasks()) == (InvoiceStatus.CANCELLED, [])
    assert calls.get(f"/sales/{sale.id}").json["status"] == "cancelled"


def hours_ago(hours: float) -> None:
    row = note()
    row.authorized_at = utc_now() - dt.timedelta(hours=hours)
    database.session.commit()


LAST_HOURS = {"SP": 480, "PR": 24, "MT": 2}


def test_how_long_depends_on_the_state(client, subtests):
    sale = sold(book())
    for state, hours in LAST_HOURS.items():
        with subtests.test(state=state):
            shop, now = the_shop(), utc_now()
            shop.state = state
            invoice = note_with(authorized_at=now - dt.timedelta(hours=hours - 0.1))
            assert why_not_cancellable(sale, invoice, now) == ""
            invoice = note_with(authorized_at=now - dt.timedelta(hours=hours + 0.1))
            assert why_not_cancellable(sale, invoice, now)
    shop.cancellation_hours, shop.late_cancellation_hours = 1, 0
    invoice = note_with(authorized_at=utc_now() - dt.timedelta(hours=2))
    assert why_not_cancellable(sale, invoice, utc_now()), "the settings know better"


def note_with(**facts) -> Invoice:
    row = database.session.scalars(database.select(Invoice)).one()
    for name, value in facts.items():
        setattr(row, name, value)
    return row


def test_a_late_one_is_a_persons_to_ask_for(client):
    calls, sale = manager(client), sold(book())
    note_with(authorized_at=utc_now() - dt.timedelta(hours=30))
    database.session.commit()
    cancel(calls, sale)
    assert open_tasks() == ["cancel_nfe"] and events() == []
    assert cancel_note(calls).status_code == 202


def test_goods_that_left_need_a_return_note(client):
    calls, sale = manager(client), sold(book())
    assert calls.post(f"/sales/{sale.id}/shipment", {"carrier": "Correios"}).status_code == 200
    answer = cancel_note(calls)
    assert answer.status_code == 409 and "have left" in answer.json["detail"]
    cancel(calls, sale)
    assert "return_note" in open_tasks() and events() == []


def test_sefaz_wants_a_reason_of_some_length(client):
    sold(book())
    calls = manager(client)
    for reason in ("", "too short", "x" * 256, "        short        "):
        assert cancel_note(calls, reason).status_code == 422


def test_who_may(client):
    sold(book())
    for role, status in (("clerk", 403), ("accountant", 403), ("reviewer", 202)):
        assert cancel_note(api(client, make_token(role))).status_code == status


# -- the authority's answers ----------------------------------------------------------------------


class Answers:
    """The sandbox as the authority, with each answer to events put in its place by `change`."""

    def __init__(self, change):
        self.sandbox, self.change, self.sent = Sandbox(), change, []

    def event(self, signed):
        self.sent += signed
        return self.change(self.sandbox, signed)

    def query(self, keys):
        return self.sandbox.query(keys)


@pytest.fixture
def answering(monkeypatch):
    def put(change) -> Answers:
        answers = Answers(change)
        monkeypatch.setattr("webapp.processing.event_step.authority", lambda: answers)
        return answers

    return put


def refused(code: str, reason: str = "Rejeicao"):
    return lambda _sandbox, signed: [EventAnswer("", "110111", 1, code, reason) for _ in signed]


def test_a_refusal_leaves_note_and_order_as_they_were(client, answering):
    calls, sale = manager(client), sold(book())
    answering(refused("501", "Rejeicao: Prazo de cancelamento superior ao previsto"))
    cancel_note(calls)
    work_off()
    (event,) = events()
    assert (event.status, note().status) == (EventStatus.REFUSED, InvoiceStatus.AUTHORIZED)
    assert database.session.get(Sale, sale.id).status is Status.INVOICED
    assert open_tasks() == ["cancel_refused"]
    answering(lambda sandbox, signed: sandbox.event(signed))
    assert cancel_note(calls).json["id"] != event.id, "it may be asked for again"
    work_off()
    assert note().status is InvoiceStatus.CANCELLED


def test_what_passes_is_waited_for_with_the_same_bytes(client, answering):
    sold(book())
    answers = answering(refused("108"))
    cancel_note(manager(client))
    work_off()
    for code in ("109", "999", "656"):
        (event,) = events()
        assert event.status is EventStatus.PENDING and event.due_at > utc_now()
        answers.change = refused(code)
        due_now()
        work_off()
    assert events()[0].due_at - utc_now() > dt.timedelta(minutes=59), "656: an hour's rest"
    answers.change = lambda sandbox, signed: sandbox.event(signed)
    due_now()
    work_off()
    assert events()[0].status is EventStatus.REGISTERED
    assert len(answers.sent) == 5 and len(set(answers.sent)) == 1


@pytest.mark.both_databases
def test_a_lost_answer_is_found_again(client, answering):
    """It was registered, and nobody knows: asked again it is a duplicate (573)."""
    sold(book())

    def lose(sandbox, signed):
        sandbox.event(signed)
        raise AuthorityAway(Service.EVENT, "cut off")

    answers = answering(lose)
    cancel_note(manager(client))
    work_off()
    assert events()[0].status is EventStatus.PENDING
    answers.change = lambda sandbox, signed: sandbox.event(signed)
    due_now()
    work_off()
    (event,) = events()
    assert (event.status, event.code) == (EventStatus.REGISTERED, "573")
    assert event.protocol and event.has_file and event.signed_xml in event.proc_xml
    assert note().status is InvoiceStatus.CANCELLED


# -- correction letters ---------------------------------------------------------------------------


def correct(calls, text: str):
    return calls.post(f"/invoices/{note().id}/corrections", {"text": text})


def test_letters_follow_each_other(client):
    sold(book())
    calls = manager(client)
    first, second = "Volumes: 2 caixas, e não 1", "Volumes: 2 caixas, e não 1; peso 3 kg"
    assert correct(calls, first).json["sequence"] == 1
    assert correct(calls, second).status_code == 409, "the first is not answered yet"
    work_off()
    assert correct(calls, first).json["sequence"] == 1, "said twice, it is written once"
    assert correct(calls, second).json["sequence"] == 2
    work_off()
    told = calls.get(f"/invoices/{note().id}/events").json["items"]
    assert [(each["sequence"], each["status"], each["type"]) for each in told] == [
        (2, "registered", "110110"),
        (1, "registered", "110110"),
    ]
    file = calls.get(f"/invoices/{note().id}/events/{told[0]['id']}/xml")
    assert second in file.data.decode() and file.data == events()[1].proc_xml


def test_there_are_twenty_letters(client):
    sold(book())
    invoice = note()
    known = {"kind": "correction", "status": "registered", "asked_by": "x", "sequence": 20}
    row = InvoiceEvent(invoice_id=invoice.id, sale_id=invoice.sale_id, text="x" * 20, **known)
    database.session.add(row)
    database.session.commit()
    answer = correct(manager(client), "Volumes: 2 caixas, e não 1")
    assert answer.status_code == 409 and "20" in answer.json["detail"]


def test_a_note_that_is_not_out_is_not_corrected(client):
    calls = manager(client)
    sold(book())
    cancel_note(calls)
    assert correct(calls, "Volumes: 2 caixas, e não 1").status_code == 409
    work_off()
    assert correct(calls, "Volumes: 2 caixas, e não 1").status_code == 409


# -- the carrier ----------------------------------------------------------------------------------


def test_what_is_shipped_is_open_to_its_carrier(client):
    facts = {"code": "andorinha", "name": "Transportadora Andorinha Ltda", "cnpj": "99777666000118"}
    database.session.add(Partner(kind=PartnerKind.CARRIER, **facts))
    database.session.commit()
    calls, sale = manager(client), sold(book())
    shipment = {"carrier": "transportadora andorinha ltda"}
    for _time in range(2):
        assert calls.post(f"/sales/{sale.id}/shipment", shipment).status_code == 200
    work_off()
    (event,) = events()
    assert (event.kind, event.status) == ("carrier_access", EventStatus.REGISTERED)
    assert b"<CNPJ>99777666000118</CNPJ>" in event.signed_xml


def test_an_unknown_carrier_is_told_nothing(client):
    calls, sale = manager(client), sold(book())
    assert calls.post(f"/sales/{sale.id}/shipment", {"carrier": "Correios"}).status_code == 200
    assert events() == []


# -- an issuer with letters -----------------------------------------------------------------------


def test_an_issuer_with_letters_in_its_cnpj_has_events_too(client):
    the_shop().cnpj = "12ABC34501DE35"
    database.session.commit()
    calls = manager(client)
    sold(book())
    correct(calls, "Volumes: 2 caixas, e não 1")
    work_off()
    cancel_note(calls)
    work_off()
    assert [event.status for event in events()] == [EventStatus.REGISTERED] * 2
    assert note().access_key[6:20] == "12ABC34501DE35"


# -- a delivery that failed -----------------------------------------------------------------------


def test_a_failed_delivery_is_told_and_taken_back(client, monkeypatch):
    monkeypatch.setattr("webapp.sale_pages.delivery_pages.LARGEST", 100)
    calls, sale = manager(client), sold(book())
    calls.post(f"/sales/{sale.id}/shipment", {"carrier": "Correios"})
    sign_in(client, "clerk")
    url = f"/sales/{sale.id}/failed-delivery"
    now = utc_now().astimezone(issuer_zone())
    form = {"day": f"{now:%Y-%m-%d}", "time": f"{now:%H:%M}", "reason": "1", "text": ""}
    page = client.get(url).text
    assert "Nobody was there" in page
    ahead, before = {"day": "2099-01-01", "text": "x"}, {"day": "2020-01-01", "text": "x"}
    for wrong in ({}, {"reason": "4", "text": "too short"}, ahead, before):
        assert client.post(url, data=form | wrong).status_code == 422
    for wrong in (b"<svg/>", b"\xff\xd8\xff" + b"x" * 100):
        refused = client.post(url, data=form | {"picture": (io.BytesIO(wrong), "door.jpg")})
        assert refused.status_code == 422 and "icture" in refused.text
    for _time in range(2):
        picture = (io.BytesIO(b"\xff\xd8\xff a door"), "door.jpg")
        assert client.post(url, data=form | {"picture": picture}).status_code == 303
    work_off()
    (event,) = events()
    assert event.status is EventStatus.REGISTERED
    assert hash_of_proof(note().access_key, b"\xff\xd8\xff a door").encode() in event.signed_xml
    undoing = f"/invoices/{event.invoice_id}/events/{event.id}/undoing"
    for _time in range(2):
        assert client.post(undoing).status_code == 303
    work_off()
    assert [(each.kind, each.status) for each in events()] == [
        ("failed_delivery", "registered"),
        ("failed_delivery_undone", "registered"),
    ]
    assert f"<nProtEvento>{event.protocol}<".encode() in events()[1].signed_xml
