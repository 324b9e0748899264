"""Notices of providers: theirs alone, kept as they came, applied once; what does not come is asked
for."""

import datetime as dt
import io
import json
import threading

import pytest
from sqlalchemy import select, update

from tests.factories import api, make_product, make_sale, make_token, open_shop
from tests.support.imported_tables import taken
from tests.support.payment_providers import (
    CLIENT,
    TOKEN,
    FakePaymentProviders,
    mercado_pago_payment,
    pix,
    signature,
)
from webapp.payments import noticing
from webapp.payments.access import save_access
from webapp.payments.forms import ProviderIn
from webapp.payments.models import (
    Charge,
    Finding,
    PaymentNotice,
    PaymentProvider,
    ProviderAccess,
    Receipt,
)
from webapp.payments.providers import LONGEST_BODY
from webapp.payments.receiving import await_payment
from webapp.platform.clock import utc_now
from webapp.processing.payment_steps import ChargeStep, NoticeStep
from webapp.sales.models import Sale, Status
from webapp.sales.placing import cancel_open

SECRET, TXID = "a-secret-of-the-address", "7978c0c97ea847e78e8849634473c1f1"


@pytest.fixture(scope="module")
def providers():
    fake = FakePaymentProviders()
    yield fake
    fake.close()


@pytest.fixture
def shop(db, providers):
    """With both providers set, and an order of 100.00 that is not paid yet."""
    open_shop()
    providers.charges.clear()
    providers.payments.clear()
    providers.asked.clear()
    providers.is_away = False
    told = {"secret": SECRET, "token": TOKEN, "base_url": providers.url, "client_id": CLIENT}
    for provider in PaymentProvider:
        save_access(provider, ProviderIn(**told))
    db.session.commit()
    return open_sale("WEB-1")


def open_sale(reference: str) -> int:
    sku = make_product(price="100.00").sku
    return make_sale(sku=sku, reference=reference, paid=False, freight="0.00").id


def charge(db, sale_id: int, key: str = TXID, provider=PaymentProvider.PIX) -> None:
    await_payment(db.session.get_one(Sale, sale_id), provider, key)
    db.session.commit()


def told(client, *rows, secret: str = SECRET):
    return client.post(f"/notices/pix/{secret}/pix", json={"pix": list(rows)})


def state(db, sale_id: int) -> tuple[str, set[str]]:
    """The order's state, and what is strange."""
    db.session.rollback()
    kinds = db.session.scalars(select(Finding.kind).where(Finding.settled_at.is_(None)))
    return str(db.session.get_one(Sale, sale_id).status), {str(kind) for kind in kinds}


@pytest.mark.both_databases
def test_a_pix_is_kept_as_it_came_and_pays_its_order_once(client, db, shop):
    charge(db, shop)

    for _time in range(3):
        assert told(client, pix(TXID, "100.00")).status_code == 200

    assert state(db, shop) == ("address", set())
    notice = db.session.scalars(select(PaymentNotice)).one()
    assert (notice.times, notice.sale_id, str(notice.status)) == (3, shop, "applied")
    assert json.loads(notice.body)["infoPagador"] == "João"
    assert db.session.scalars(select(Charge.status)).one() == "paid"
    assert db.session.query(Receipt).count() == 1


@pytest.mark.both_databases
def test_two_notices_of_one_payment_at_the_same_moment_are_applied_once(app, db, shop):
    charge(db, shop)
    start, answers = threading.Barrier(2), []

    def tell():
        client = app.test_client()
        start.wait(10)
        answers.append(told(client, pix(TXID, "100.00")).status_code)

    threads = [threading.Thread(target=tell) for _time in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert answers == [200, 200]
    assert state(db, shop) == ("address", set())
    assert db.session.scalars(select(PaymentNotice.times)).all() == [2]
    assert db.session.query(Receipt).count() == 1


@pytest.mark.parametrize(
    ("rows", "paid", "strange"),
    [
        ([pix(TXID, "99.99")], False, {"short"}),
        ([pix(TXID, "60.00"), pix(TXID, "40.00", "E2")], True, set()),
        ([pix(TXID, "100.01")], True, {"over"}),
        ([pix(TXID, "100.00"), pix(TXID, "100.00", "E2")], True, {"twice"}),
        ([pix("f" * 32, "100.00")], False, {"no_order"}),
        ([pix("", "100.00")], False, {"no_order"}),
    ],
)
def test_another_sum_and_another_s_money_are_left_to_a_person(
    client, db, shop, rows, paid, strange
):
    charge(db, shop)
    assert told(client, *rows).status_code == 200
    assert state(db, shop) == ("address" if paid else "open", strange)


def test_a_bank_s_line_of_money_that_was_told_is_no_other_money(client, db, shop):
    """Whether the line names its order, or nothing but the sum and the day."""
    other = open_sale("WEB-2")
    charge(db, shop)
    charge(db, other, "e" * 32)
    told(client, pix(TXID, "100.00"), pix("e" * 32, "100.00", "E2"), pix("", "7.00", "E3"))
    head = "Data;Valor;FITID;Histórico\n"
    rows = "06/11/2026;100,00;N1;PIX RECEBIDO\n06/11/2026;100,00;N2;PIX WEB-1\n"
    rows += "06/11/2026;7,00;N3;PIX RECEBIDO\n"
    calls = api(client, make_token("manager"))
    for table in (head + rows, head + rows + "07/11/2026;100,00;N4;PIX WEB-1\n"):
        taken(calls, table, kind="statement")

    assert db.session.query(Receipt).count() == 4
    assert state(db, shop)[1] == {"twice", "no_order"}
    assert db.session.query(Finding).count() == 2


def test_money_for_a_cancelled_order_is_named_as_late(client, db, shop):
    charge(db, shop)
    cancel_open(db.session.get_one(Sale, shop), "time over")
    db.session.commit()
    assert told(client, pix(TXID, "100.00")).status_code == 200
    assert state(db, shop) == ("cancelled", {"late"})


@pytest.mark.parametrize(
    ("secret", "body", "status", "words"),
    [
        ("another-secret-altogether", {"pix": [pix(TXID, "100.00")]}, 400, "does not fit"),
        (SECRET, {"pix": [pix(TXID, "100,00")]}, 422, "valor"),
        (SECRET, {"pix": [pix(TXID, "-1.00")]}, 422, "valor"),
        (SECRET, {"pix": [pix(TXID, "1.00", "")]}, 422, "endToEndId"),
        (SECRET, {"pix": "all"}, 422, "no pix"),
        (SECRET, [], 422, "no object"),
    ],
)
def test_a_notice_that_is_forged_or_none_is_refused_in_words(
    client, db, shop, secret, body, status, words
):
    charge(db, shop)
    answer = client.post(f"/notices/pix/{secret}", json=body, headers={"Accept-Language": "en"})
    assert (answer.status_code, words in answer.json["detail"]) == (status, True)
    assert state(db, shop) == ("open", set())
    assert db.session.query(PaymentNotice).count() == 0
    refused = db.session.scalars(select(ProviderAccess.refused_at)).all()
    assert any(refused) is (status == 400)


def test_a_notice_is_bounded_whether_or_not_it_tells_its_length(client, db, shop):
    long = json.dumps({"pix": [pix(TXID, "100.00")], "x": "a" * LONGEST_BODY}).encode()
    told_ahead = client.post(f"/notices/pix/{SECRET}", data=long)
    chunked = client.post(
        f"/notices/pix/{SECRET}",
        input_stream=io.BytesIO(long),
        environ_overrides={"wsgi.input_terminated": True},
    )
    assert [told_ahead.status_code, chunked.status_code] == [422, 422]
    assert db.session.query(PaymentNotice).count() == 0


def test_strangers_are_held_back_and_the_provider_is_not(client, db, shop, monkeypatch, caplog):
    monkeypatch.setattr(noticing, "MOST_REFUSED", 2)
    stranger = {"REMOTE_ADDR": "198.51.100.7"}

    def refused(path: str) -> int:
        return client.post(path, json={}, environ_overrides=stranger).status_code

    paths = ["/notices/pix/another-secret-altogether", "/notices/mercado-pago"] * 2
    assert [refused(path) for path in paths] == [400, 400, 429, 429]
    # Who knows the secret is no stranger, wherever it comes from.
    assert [refused(f"/notices/pix/{SECRET}") for _time in range(3)] == [200] * 3
    assert told(client, pix(TXID, "100.00")).status_code == 200
    assert not {word for word in (SECRET, "another-secret", "João") if word in caplog.text}


def notify(client, data_id: str, stamp: int, signed: str | None = None, number: int = 1):
    headers = {"x-request-id": "r-1"}
    headers["x-signature"] = signed or signature(SECRET, data_id, "r-1", stamp)
    body = {"id": number, "type": "payment", "action": "payment.updated", "data": {"id": data_id}}
    return client.post(f"/notices/mercado-pago?data.id={data_id}", json=body, headers=headers)


def test_mercado_pago_is_asked_what_its_notice_is_about(client, db, shop, providers):
    providers.payments["1234"] = mercado_pago_payment("WEB-1", 100.0, 4.98)
    now = int(utc_now().timestamp() * 1000)
    for _time in range(2):
        assert notify(client, "1234", now).status_code == 200
    assert state(db, shop) == ("open", set())

    assert NoticeStep().run() == 1

    assert state(db, shop) == ("address", set())
    receipt = db.session.scalars(select(Receipt)).one()
    assert (str(receipt.amount), str(receipt.fee)) == ("100.00", "4.98")
    # Another notice of the same payment changes nothing.
    assert notify(client, "1234", now, number=2).status_code == 200
    NoticeStep().run()
    assert [str(each) for each in db.session.scalars(select(PaymentNotice.status))] == [
        "applied",
        "known",
    ]


def test_a_signature_that_does_not_fit_is_refused(client, db, shop):
    now = int(utc_now().timestamp())
    week_ago = now - 7 * 86_400
    forged = [" ", "ts=1,v1=abc", "v1=" + "0" * 64]
    forged.append(signature("another secret", "1234", "r-1", now))
    forged.append(signature(SECRET, "999", "r-1", now))
    forged.append(signature(SECRET, "1234", "r-1", week_ago))
    for signed in forged:
        assert notify(client, "1234", 0, signed).status_code == 400, signed
    assert db.session.query(PaymentNotice).count() == 0


def test_what_no_notice_told_of_is_asked_for(db, shop, providers):
    other = open_sale("WEB-2")
    charge(db, shop)
    charge(db, other, "WEB-2", PaymentProvider.MERCADO_PAGO)
    providers.charges[TXID] = {"status": "ATIVA", "txid": TXID}
    assert ChargeStep().run() == 0  # a notice has its time first

    look_now(db)
    assert state(db, shop) == ("open", set())
    providers.is_away = True
    look_now(db)
    errors = set(db.session.scalars(select(Charge.error)))
    assert errors == {"HTTP 503"}
    providers.is_away = False
    providers.charges[TXID] = {"status": "CONCLUIDA", "pix": [pix(TXID, "100.00")]}
    providers.payments["7"] = mercado_pago_payment("WEB-2", 100.0, 4.98, number=7)
    look_now(db)

    assert state(db, shop) == state(db, other) == ("address", set())
    assert set(db.session.scalars(select(Charge.status))) == {"paid"}
    assert ChargeStep().run() == 0


def look_now(db) -> None:
    db.session.execute(update(Charge).values(due_at=utc_now() - dt.timedelta(seconds=1)))
    db.session.commit()
    ChargeStep().run()
    db.session.rollback()


def test_nothing_is_asked_for_an_order_that_is_paid_or_cancelled(db, shop, providers):
    charge(db, shop)
    db.session.get_one(Sale, shop).pay(utc_now())
    db.session.commit()
    look_now(db)
    assert [str(each) for each in db.session.scalars(select(Charge.status))] == ["ended"]


def test_a_charge_is_one_however_often_it_is_told(client, db, shop):
    other = open_sale("WEB-2")
    calls = api(client, make_token("clerk"))
    body = {"provider": "pix", "key": TXID}
    answers = [calls.post(f"/sales/{shop}/charges", body) for _time in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[1].json == body | {"status": "open"}
    refused = calls.post(f"/sales/{other}/charges", body)
    assert refused.status_code == 409
    assert db.session.query(Charge).count() == 1


def test_a_person_says_whose_money_it_is_and_settles_each_thing_once(client, db, shop):
    told(client, pix("", "100.00"))
    calls = api(client, make_token("manager"))
    (found,) = calls.get("/payment-findings").json["items"]
    place = f"/payment-findings/{found['id']}/settlement"
    assert calls.post(place, {"reference": "NONE"}).status_code == 409
    assert calls.post(place, {}).status_code == 409
    for _time in range(2):
        assert calls.post(place, {"reference": "WEB-1"}).status_code == 200
    assert state(db, shop) == (str(Status.ADDRESS), set())
    assert calls.get("/payment-findings").json["items"] == []
