"""Labels are bought of Melhor Envio, once each, whatever dies in between."""

import base64
import datetime as dt
import json
from dataclasses import replace
from decimal import Decimal

import pytest
from flask_babel import force_locale

from tests.factories import open_shop, sign_in, work_off
from tests.support.melhor_envio import TOKEN, FakeMelhorEnvio
from tests.support.packing_slips import slips
from tests.support.partners import make_partners
from webapp.alerts.measures import label_token_days
from webapp.bulk.models import BulkAct
from webapp.fulfilment.labels.choosing import label_provider, set_label_settings
from webapp.fulfilment.labels.forms import LabelIn, LabelSettingsIn
from webapp.fulfilment.labels.models import Label, LabelStatus
from webapp.fulfilment.labels.provider import Box, SellerAway
from webapp.fulfilment.labels.wanting import want_label
from webapp.fulfilment.parcels.models import PackingSlip
from webapp.http.forms import parse
from webapp.messages.composition import parts_of
from webapp.messages.models import Message
from webapp.messages.queries import latest_message
from webapp.platform.clock import utc_now
from webapp.platform.database import db as database
from webapp.platform.errors import Refusal
from webapp.processing.claims import MAX_ATTEMPTS
from webapp.processing.label_step import LabelStep
from webapp.processing.shipping import correct_shipment, ship
from webapp.processing.tracking_step import TrackingStep
from webapp.sales.models import Sale, Shipping
from webapp.store.models import Partner
from webapp.store.queries import the_shop

BOX = {"number": 1, "height_cm": "10", "width_cm": "20", "length_cm": "30", "weight_g": "500"}
PAC = BOX | {"service": "1", "service_name": "PAC", "carrier": "Correios", "price": "22.90"}


@pytest.fixture
def fake():
    with FakeMelhorEnvio() as fake:
        yield fake


@pytest.fixture
def settings(base_settings, database_url, fake):
    return replace(base_settings, database_url=database_url, melhor_envio_url=fake.url)


@pytest.fixture
def shop(db):
    """One order of nine volumes, its NF-e authorized, and a token."""
    slips("WEB-1")[0].volumes = 9
    give_token(TOKEN)


def give_token(token: str) -> None:
    facts = {"height_cm": 10, "width_cm": 20, "length_cm": 30, "token": token}
    set_label_settings(the_shop(), parse(LabelSettingsIn, facts | {"drop_token": not token}))
    database.session.commit()


# A step lets go of what the session knew: rows are read anew.


def slip_now() -> PackingSlip:
    database.session.expire_all()
    return database.session.scalars(database.select(PackingSlip)).one()


def sale_now() -> Sale:
    return slip_now().sale


def now(label_id: int) -> Label:
    database.session.expire_all()
    return database.session.get_one(Label, label_id)


def wanted(**facts) -> int:
    label = want_label(slip_now(), parse(LabelIn, PAC | facts, form=True), "ana", utc_now())
    database.session.commit()
    return label.id


def buy(label_id: int, turns: int = 3) -> Label:
    for _turn in range(turns):
        due_now(label_id)
        LabelStep().run()
    return now(label_id)


def follow(label_id: int) -> Label:
    due_now(label_id)
    TrackingStep().run()
    return now(label_id)


def due_now(label_id: int) -> None:
    """As if the time until its next try had passed."""
    label = now(label_id)
    if label.due_at:
        label.due_at = utc_now()
    database.session.commit()


def test_a_label_is_put_paid_and_printed(shop, fake):
    label = buy(wanted())
    assert label.status is LabelStatus.READY and label.file.startswith(b"%PDF")
    assert label.tracking_code.startswith("ME0") and label.bought_at
    assert list(fake.checkouts.values()) == [1] and fake.balance == 1000 - 22.9
    [told] = fake.sent
    assert told["options"]["tags"] == [{"tag": label.reference}]
    assert told["options"]["invoice"]["key"] and not told["options"]["non_commercial"]
    assert told["volumes"] == [{"height": 10, "width": 20, "length": 30, "weight": 0.5}]
    assert told["from"]["company_document"] == the_shop().cnpj
    assert told["to"]["document"] == sale_now().customer_document
    # Of three turns none asked more than it had to.
    names = [call.split(" ")[1].split("/")[-1] for call in fake.calls[:3]]
    assert names == ["cart", "checkout", "generate"]


def test_an_answer_that_is_lost_buys_no_second_label(shop, fake):
    for number, path in enumerate(("cart", "shipment/checkout", "shipment/generate"), start=1):
        fake.lose(path)
        assert buy(wanted(number=str(number)), turns=4).status is LabelStatus.READY, path
        assert len(fake.orders) == len(fake.paid()) == number
        assert round(1000 - fake.balance, 2) == round(22.9 * number, 2)


def test_a_worker_that_dies_before_it_writes_buys_no_second_label(shop, fake, monkeypatch):
    for number, turns in ((1, 0), (2, 1)):
        label_id = wanted(number=str(number))
        buy(label_id, turns)
        due_now(label_id)
        with monkeypatch.context() as patched:
            # Killed between the provider's answer and the house's own writing.
            patched.setattr(LabelStep, "_write", lambda *_: None)
            LabelStep().run()
        assert len(fake.orders) == number and now(label_id).lease
        assert buy(label_id, turns=3).status is LabelStatus.READY
        assert len(fake.orders) == len(fake.paid()) == number


def test_what_is_refused_is_told_in_its_words_and_goes_on_where_it_stood(shop, fake):
    fake.balance = 5.0
    label = buy(wanted())
    assert label.status is LabelStatus.REFUSED and label.answer == "Seu saldo é insuficiente."
    fake.balance = 100.0
    label.try_again(utc_now())
    label.try_again(utc_now())
    database.session.commit()
    assert buy(label.id).status is LabelStatus.READY and len(fake.orders) == 1


def test_what_is_refused_after_it_was_paid_is_not_told_as_not_bought(shop, fake):
    fake.fail("shipment/generate", 422)
    label = buy(wanted())
    assert label.status is LabelStatus.REFUSED and len(fake.paid()) == 1
    with force_locale("en"):
        assert str(label.status_words) == "Paid, not issued"


def test_a_volume_that_is_there_has_one_label_until_it_is_dropped(shop, fake):
    fake.balance = 0.0
    first = wanted()
    for number in ("1", "10"):
        with pytest.raises(Refusal):
            wanted(number=number)
        database.session.rollback()
    label = buy(first)
    label.drop()
    label.drop()
    database.session.commit()
    second = wanted(service="2")
    assert now(first).status is LabelStatus.CANCELLED
    # Called off before it is paid.
    buy(second, turns=1)
    sale_now().move_parcel(Shipping.NONE)
    database.session.commit()
    label = buy(second)
    assert (label.status, label.error) == (LabelStatus.REFUSED, "called_off")
    assert fake.paid() == []


def test_a_provider_that_is_away_is_waited_for_as_long_as_it_takes(shop, fake):
    label_id = wanted()
    fake.fail("cart", 500)
    now(label_id).attempts = MAX_ATTEMPTS - 1
    database.session.commit()
    label = buy(label_id, turns=2)
    assert (label.status, label.error) == (LabelStatus.WANTED, "fails")
    fake.fail("cart", 200)
    for token, error in (("another", "token"), ("", "off")):
        give_token(token)
        assert buy(label_id, turns=1).error == error and not fake.orders
    give_token(TOKEN)
    assert buy(label_id).status is LabelStatus.READY and len(fake.orders) == 1


def test_a_quote_names_what_takes_the_box_the_cheapest_first(db, fake):
    open_shop()
    assert label_provider() is None
    give_token(TOKEN)
    provider = label_provider()
    light = provider.quote("01001000", "01025020", Box(10, 20, 30, 500), Decimal("50.00"))
    assert [(each.name, each.price, each.days) for each in light] == [
        (".Package", Decimal("19.10"), 6),
        ("PAC", Decimal("22.90"), 8),
        ("SEDEX", Decimal("41.35"), 3),
    ]
    heavy = provider.quote("01001000", "01025020", Box(10, 20, 30, 31_000), Decimal(0))
    assert [each.carrier for each in heavy] == ["Jadlog"]
    fake.fail("shipment/calculate", 429)
    with pytest.raises(SellerAway, match="busy"):
        provider.quote("01001000", "01025020", Box(10, 20, 30, 500), Decimal(0))


# -- where the parcel is --------------------------------------------------------------------------


def codes_told() -> list[str]:
    query = database.select(Message).filter_by(template="shipped").order_by(Message.id)
    return [each.params["tracking_code"] for each in database.session.scalars(query)]


def test_a_parcel_is_shipped_and_delivered_by_what_is_told_of_it(shop, fake):
    bought = buy(wanted())
    label_id, there = bought.id, bought.provider_id
    follow(label_id)
    assert sale_now().shipping is Shipping.TO_PACK and codes_told() == []
    fake.happen(there, "posted_at", "2026-11-21 09:00:00", "posted", "AA123456785BR")
    follow(label_id)
    follow(label_id)
    assert sale_now().shipping is Shipping.SHIPPED
    assert (sale_now().carrier, sale_now().tracking_code) == ("Correios", "AA123456785BR")
    assert codes_told() == ["AA123456785BR"]
    fake.happen(there, "delivered_at", "2026-11-23 15:00:00", "delivered")
    label = follow(label_id)
    assert sale_now().shipping is Shipping.DELIVERED and label.status is LabelStatus.DELIVERED
    assert label.due_at is None and codes_told() == ["AA123456785BR"]
    assert [str(event.kind) for event in label.events] == ["generated", "posted", "delivered"]
    assert label.events[1].at.isoformat() == "2026-11-21T09:00:00+00:00"


def test_the_code_of_a_parcel_that_left_is_told_when_it_comes(shop, fake):
    label_id = wanted()
    ship(slip_now(), "Correios", "", utc_now())
    database.session.commit()
    label = buy(label_id)
    first, there = label.tracking_code, label.provider_id
    assert codes_told() == [first] and sale_now().tracking_code == first
    fake.happen(there, "posted_at", "2026-11-21 09:00:00", "posted", "AA1")
    follow(label_id)
    assert codes_told() == [first, "AA1"]


def test_an_order_is_delivered_with_its_last_parcel(shop, fake):
    both = wanted(), wanted(number="2")
    buy(both[0], turns=4)
    # One that is cancelled there makes room for another.
    cancelled = both[0]
    fake.happen(now(cancelled).provider_id, "canceled_at", "2026-11-21 09:00:00", "canceled")
    assert follow(cancelled).status is LabelStatus.CANCELLED
    both = buy(wanted()).id, both[1]
    for label_id in both:
        there = now(label_id).provider_id
        fake.happen(there, "posted_at", "2026-11-21 09:00:00", "posted")
        fake.happen(there, "delivered_at", "2026-11-22 09:00:00", "delivered")
        assert sale_now().shipping is not Shipping.DELIVERED
        follow(label_id)
    assert sale_now().shipping is Shipping.DELIVERED


def test_each_volume_is_followed_by_its_own_code(shop, fake, client):
    both = [buy(wanted(number=number)).id for number in ("1", "2")]
    first, second = (now(each).tracking_code for each in both)
    there = [now(each).provider_id for each in both]
    assert [row.tracking_code for row in slip_now().parcel_rows] == [first, second]
    fake.happen(there[1], "posted_at", "2026-11-21 09:00:00", "posted", "BB2")
    for _twice in range(2):
        follow(both[1])
        assert (sale_now().tracking_code, codes_told()) == (first, [first])
    assert others_told() == ["BB2"]
    fake.happen(there[0], "posted_at", "2026-11-21 09:00:00", "posted", "AA1")
    follow(both[0])
    assert (sale_now().tracking_code, codes_told(), others_told()) == (
        "AA1",
        [first, "AA1"],
        ["BB2"],
    )
    correct_shipment(slip_now(), "Jadlog", "AA9", utc_now())
    database.session.commit()
    assert codes_told()[2:] == ["AA9"] and others_told() == ["BB2"]
    sign_in(client)
    for page in (f"/packing-slips/{slip_now().id}", f"/sales/{sale_now().id}"):
        text = client.get(page).text
        assert "AA9" in text and "BB2" in text and "Code of parcel 2" in text
    message = latest_message(sale_now().id, "shipped")
    for part in parts_of(message)[1:]:
        assert "AA9" in part and "BB2" in part


def others_told() -> list[str]:
    """With the first one of the last e-mail."""
    message = latest_message(sale_now().id, "shipped")
    return [each["tracking_code"] for each in message.params["others"]]


def test_many_orders_get_the_labels_of_one_carrier(shop, fake, client):
    sign_in(client)
    slip_id, sale_id = slip_now().id, sale_now().id
    form = {"act": "buy_labels", "ids": str(sale_id)}
    refused = client.post("/bulk", data=form | {"label_carrier": "andorinha"})
    assert refused.status_code == 422 and 'id="f-label_carrier-error"' in refused.text
    make_partners()
    [carrier] = database.session.scalars(database.select(Partner).filter_by(code="andorinha"))
    carrier.label_provider, carrier.label_service = "melhor_envio", "2"
    database.session.commit()
    slip_now().volumes = 2
    database.session.commit()
    for expected in ("done", "same"):
        assert client.post("/bulk", data=form | {"label_carrier": "andorinha"}).status_code == 303
        work_off()
        act = database.session.scalars(database.select(BulkAct).order_by(BulkAct.id.desc())).first()
        assert act.result == {expected: 1}
    labels = database.session.scalars(database.select(Label).order_by(Label.number)).all()
    facts = [(each.number, each.status, each.price, each.weight_g) for each in labels]
    weight = slip_now().weight_g // 2 or 1
    assert facts == [
        (1, LabelStatus.READY, Decimal("41.35"), weight),
        (2, LabelStatus.READY, Decimal("41.35"), weight),
    ]
    assert labels[0].slip_id == slip_id and len(fake.paid()) == 2


# -- pages ----------------------------------------------------------------------------------------


def test_a_clerk_asks_buys_and_prints_on_pages(shop, fake, client):
    sign_in(client)
    slip_id = slip_now().id
    address = f"/packing-slips/{slip_id}/label-offers"
    assert 'value="10"' in client.get(address).text
    assert client.get(address, query_string=BOX | {"height_cm": "0"}).status_code == 200
    assert "SEDEX" in client.get(address, query_string=BOX).text
    assert client.post(f"/packing-slips/{slip_id}/labels", data=PAC).status_code == 303
    assert client.post(f"/packing-slips/{slip_id}/labels", data=PAC).status_code == 422
    work_off()
    [label] = database.session.scalars(database.select(Label))
    assert label.status is LabelStatus.READY
    page = client.get(f"/packing-slips/{slip_id}").text
    assert label.tracking_code in page and f"/labels/{label.id}/file.pdf" in page
    assert client.get(f"/labels/{label.id}/file.pdf").data.startswith(b"%PDF")
    assert client.post(f"/labels/{label.id}/removal").status_code in (302, 303)


def test_prices_that_were_asked_for_in_vain_are_not_told_as_not_asked_for(shop, fake, client):
    sign_in(client)
    address = f"/packing-slips/{slip_now().id}/label-offers"
    assert "Not asked yet" in client.get(address).text
    fake.fail("shipment/calculate", 500)
    page = client.get(address, query_string=BOX).text
    assert "There is no quote" in page and "Not asked yet" not in page


def test_an_administrator_gives_and_takes_the_token_which_nobody_reads(db, fake, client):
    open_shop()
    sign_in(client, "admin")
    sizes = {"height_cm": "4", "width_cm": "12", "length_cm": "17"}
    form = sizes | {"token": TOKEN, "version": str(the_shop().version)}
    assert client.post("/settings/labels", data=form).status_code == 303
    database.session.expire_all()
    assert TOKEN.encode() not in the_shop().melhor_envio_sealed and label_provider()
    assert TOKEN not in client.get("/settings/labels").text and label_token_days() == {}
    ends_at = utc_now() + dt.timedelta(days=3, hours=1)
    claims = json.dumps({"exp": ends_at.timestamp()}).encode()
    give_token(f"e30.{base64.urlsafe_b64encode(claims).decode().rstrip('=')}.sealed")
    assert label_token_days() == {"": 3}
    assert "by this token" in client.get("/settings/labels").text
    for strange in ("a.b.c", "e30.e30.x", "e30.bnVsbA.x", "e30.eyJleHAiOiAxZTk5OX0.x"):
        give_token(strange)
        assert label_token_days() == {}
    form = sizes | {"token": "", "drop_token": "1", "version": str(the_shop().version)}
    assert client.post("/settings/labels", data=form).status_code == 303
    database.session.expire_all()
    assert label_provider() is None and the_shop().box_length_cm == 17
