"""A packing slip is packed, shipped and delivered: each once, none before its time."""

import contextlib
import threading

import pytest
from flask_babel import force_locale

from tests.factories import api, make_product, make_token, open_shop, sign_in
from tests.support.packing_slips import awaiting, shipped, shipping_of, slip_of, slips
from tests.support.processed_sales import shop_that_holds, sold
from webapp.audit.models import AuditEntry
from webapp.fulfilment.parcels.models import SlipStatus
from webapp.platform.clock import utc_now
from webapp.platform.errors import Refusal
from webapp.sale_pages.sale_page import SalePage
from webapp.sales.models import Sale, Shipping, Status

SHIPMENT = {"carrier": "Correios", "tracking_code": "AA123456785BR"}


@pytest.fixture
def shop(client, db):
    return api(client, make_token())


@contextlib.contextmanager
def refused(words: str):
    """What is inside is refused with these words."""
    with force_locale("en"), pytest.raises(Refusal, match=words):
        yield


def audited(db, slip) -> list[dict]:
    entries = db.select(AuditEntry).where(
        AuditEntry.subject == "sales", AuditEntry.subject_id == str(slip.sale_id)
    )
    return [entry.after for entry in db.session.scalars(entries.order_by(AuditEntry.id))]


# -- the verbs
# --------------------------------------------------------------------------------------


def test_a_slip_goes_its_way_and_says_when(db):
    [slip] = slips("WEB-1")
    assert slip.pack(utc_now()) and slip.status is SlipStatus.PACKED and slip.packed_at
    assert (
        slip.ship("Correios", "AA1", utc_now())
        and slip.status is SlipStatus.SHIPPED
        and slip.shipped_at
    )
    assert slip.deliver(utc_now()) and slip.status is SlipStatus.DELIVERED and slip.delivered_at
    db.session.commit()
    assert (slip.sale.carrier, slip.sale.tracking_code) == ("Correios", "AA1")


def test_each_verb_said_twice_changes_nothing_more(db):
    [slip] = slips("WEB-1")
    for verb in (
        lambda: slip.pack(utc_now()),
        lambda: slip.ship("Correios", "AA1", utc_now()),
        lambda: slip.deliver(utc_now()),
    ):
        assert verb() is True
        before = (slip.packed_at, slip.shipped_at, slip.delivered_at)
        assert verb() is False and (slip.packed_at, slip.shipped_at, slip.delivered_at) == before
    assert slip.pack(utc_now()) is False and slip.status is SlipStatus.DELIVERED


def test_a_slip_of_the_finger_is_taken_back_only_before_shipping(db):
    [slip] = slips("WEB-1")
    assert slip.unpack() is False
    slip.pack(utc_now())
    assert slip.unpack() and slip.status is SlipStatus.TO_PACK and slip.packed_at is None
    slip.ship("Correios", "", utc_now())
    with refused("left the shop"):
        slip.unpack()
    assert slip.status is SlipStatus.SHIPPED


def test_what_is_shipped_without_being_marked_as_packed_was_packed(db):
    [slip] = slips("WEB-1")
    slip.ship("Correios", "", utc_now())
    assert slip.packed_at == slip.shipped_at


def test_nothing_leaves_before_its_nfe_but_it_may_be_packed(db):
    open_shop()
    slip = awaiting()
    assert slip.status is SlipStatus.AWAITING_NFE and slip.pack(utc_now())
    with refused("before its NF-e"):
        slip.ship("Correios", "", utc_now())
    with refused("not shipped yet"):
        slip.deliver(utc_now())
    assert slip.sale.shipping is Shipping.PACKED and slip.sale.carrier == ""


def test_delivery_comes_after_shipping(db):
    [slip] = slips("WEB-1")
    with refused("not shipped yet"):
        slip.deliver(utc_now())
    assert slip.status is SlipStatus.TO_PACK


@pytest.mark.parametrize("state", ["held", "cancelled", "given back"])
@pytest.mark.parametrize("verb", ["pack", "unpack", "ship", "deliver", "correct_shipment"])
def test_a_slip_that_may_not_leave_refuses_every_verb(db, state, verb):
    [slip] = slips("WEB-1")
    if state == "held":
        slip.released_at = None
    elif state == "cancelled":
        slip.sale.status = Status.CANCELLED
    else:
        slip.sale.shipping = Shipping.NONE
    before = slip.sale.shipping
    arguments = {
        "pack": [utc_now()],
        "unpack": [],
        "ship": ["Correios", "", utc_now()],
        "deliver": [utc_now()],
        "correct_shipment": ["Correios", ""],
    }[verb]
    with refused(
        {"held": "rule holds", "cancelled": "cancelled", "given back": "nothing is left"}[state]
    ):
        getattr(slip, verb)(*arguments)
    assert slip.sale.shipping is before


def test_goods_that_need_no_nfe_ship_once_the_sale_is_completed(db):
    open_shop()
    sale = sold(make_product(on_nfe=False).sku)
    assert sale.status is Status.COMPLETED
    assert slip_of(sale.id).ship("Correios", "", utc_now()) and sale.shipping is Shipping.SHIPPED


# -- the call
# ---------------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_a_shipment_answers_the_sale_and_is_audited(db, shop):
    [slip] = slips("WEB-1")
    answer = shop.post(f"/sales/{slip.sale_id}/shipment", SHIPMENT)
    assert answer.status_code == 200
    assert {"shipping": "shipped", "status": "invoiced"} | SHIPMENT == {
        name: answer.json[name] for name in ("shipping", "status", *SHIPMENT)
    }
    assert {"shipping": "shipped"} | SHIPMENT in audited(db, slip)
    told = shop.get(f"/sales/{slip.sale_id}/packing-slip").json
    assert SHIPMENT.items() <= told.items() and told["status"] == "shipped" and told["shipped_at"]


def test_the_same_shipment_again_is_no_second_one(db, shop):
    [slip] = slips("WEB-1")
    first = shop.post(f"/sales/{slip.sale_id}/shipment", SHIPMENT).json
    count = len(audited(db, slip))
    again = shop.post(f"/sales/{slip.sale_id}/shipment", SHIPMENT)
    assert again.status_code == 200 and again.json == first and len(audited(db, slip)) == count


def test_a_tracking_code_may_follow_and_is_then_not_overwritten(db, shop):
    [slip] = slips("WEB-1")
    path = f"/sales/{slip.sale_id}/shipment"
    assert shop.post(path, {"carrier": "Correios"}).json["tracking_code"] == ""
    assert shop.post(path, SHIPMENT).json["tracking_code"] == "AA123456785BR"
    assert shop.post(path, {"carrier": "Correios"}).json["tracking_code"] == "AA123456785BR"
    for other in ({"carrier": "Jadlog"}, {"carrier": "Correios", "tracking_code": "BB"}):
        answer = shop.post(path, other)
        assert answer.status_code == 409 and "Correios AA123456785BR" in answer.json["detail"]
    assert shop.get(f"/sales/{slip.sale_id}").json["tracking_code"] == "AA123456785BR"


def test_before_the_nfe_a_shipment_is_refused_and_changes_nothing(db, shop):
    open_shop()
    slip = awaiting()
    answer = shop.post(f"/sales/{slip.sale_id}/shipment", SHIPMENT)
    assert answer.status_code == 409 and "NF-e" in answer.json["detail"]
    assert shipping_of(slip) is Shipping.TO_PACK


def test_a_held_sale_is_not_shipped(db, shop):
    shop_that_holds()
    sale = sold(make_product().sku)
    assert shop.post(f"/sales/{sale.id}/shipment", SHIPMENT).status_code == 409


def test_a_sale_without_a_slip_is_not_shipped(db, shop):
    open_shop()
    sale = sold(make_product(kind="ebook").sku)
    answer = shop.post(f"/sales/{sale.id}/shipment", SHIPMENT)
    assert answer.status_code == 409 and "no packing slip" in answer.json["detail"]
    assert shop.post("/sales/999/shipment", SHIPMENT).status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "carrier"),
        ({"carrier": ""}, "carrier"),
        ({"carrier": "x" * 61}, "carrier"),
        ({"carrier": None}, "carrier"),
        ({"carrier": "Correios", "tracking_code": "x" * 61}, "tracking_code"),
        ({"carrier": "a\nb"}, "carrier"),
        ({"carrier": "Correios", "tracking": "x"}, "tracking"),
        ({"carrier": "\0"}, "carrier"),
    ],
)
def test_a_shipment_that_cannot_be_read_names_its_field(db, shop, body, field):
    [slip] = slips("WEB-1")
    answer = shop.post(f"/sales/{slip.sale_id}/shipment", body)
    assert answer.status_code == 422 and answer.json["errors"][0]["field"] == field
    assert shipping_of(slip) is Shipping.TO_PACK


@pytest.mark.both_databases
def test_of_two_clerks_who_ship_at_once_one_is_told(app, db):
    [slip] = slips("WEB-1")
    sale_id, token = slip.sale_id, make_token()
    db.session.rollback()
    ready, answers = threading.Barrier(2), {}

    def clerk(carrier):
        call = api(app.test_client(), token)
        ready.wait(10)
        answers[carrier] = call.post(
            f"/sales/{sale_id}/shipment", {"carrier": carrier, "tracking_code": carrier}
        ).status_code

    threads = [threading.Thread(target=clerk, args=[carrier]) for carrier in ("Correios", "Jadlog")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(answers.values()) == [200, 409]
    sale = db.session.get_one(Sale, sale_id)
    [carrier] = [carrier for carrier, status in answers.items() if status == 200]
    assert (sale.carrier, sale.tracking_code, sale.shipping) == (carrier, carrier, Shipping.SHIPPED)


# -- the pages
# --------------------------------------------------------------------------------------


def test_a_clerk_packs_ships_and_delivers_on_the_slips_page(db, client):
    [slip] = slips("WEB-1")
    sign_in(client)
    page = f"/packing-slips/{slip.id}"
    client.post(f"{page}/packing")
    assert shipping_of(slip) is Shipping.PACKED
    client.post(f"{page}/unpacking")
    assert shipping_of(slip) is Shipping.TO_PACK
    assert (
        "It is shipped."
        in client.post(f"{page}/shipment", data=SHIPMENT, follow_redirects=True).text
    )
    client.post(f"{page}/delivery")
    assert shipping_of(slip) is Shipping.DELIVERED
    text = client.get(page).text
    assert "Correios" in text and "AA123456785BR" in text
    sale = client.get(f"/sales/{slip.sale_id}").text
    assert "AA123456785BR" in sale and 'href="/packing-slips/' in sale


def test_the_page_refuses_in_words_and_keeps_what_was_typed(db, client):
    open_shop()
    slip = awaiting()
    sign_in(client)
    answer = client.post(f"/packing-slips/{slip.id}/shipment", data=SHIPMENT)
    assert (
        answer.status_code == 422 and "Nothing leaves before its NF-e is authorized." in answer.text
    )
    assert shipping_of(slip) is Shipping.TO_PACK
    [other] = slips("WEB-1")
    answer = client.post(
        f"/packing-slips/{other.id}/shipment", data={"carrier": "", "tracking_code": "AB12"}
    )
    assert (
        answer.status_code == 422
        and 'value="AB12"' in answer.text
        and 'id="f-carrier-error"' in answer.text
    )


def test_volumes_and_notes_stand_on_the_slip(db, client, shop):
    [slip] = slips("WEB-1")
    sign_in(client)
    data = {"volumes": "3", "notes": "Frágil\nPortaria fecha às 18h", "version": slip.version}
    assert client.post(f"/packing-slips/{slip.id}/details", data=data).status_code == 303
    told = shop.get(f"/sales/{slip.sale_id}/packing-slip").json
    assert told["volumes"] == 3 and told["notes"].splitlines() == [
        "Frágil",
        "Portaria fecha às 18h",
    ]
    assert "Portaria fecha às 18h" in client.get(f"/packing-slips/print?ids={slip.id}").text


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"volumes": "0"}, "volumes"),
        ({"volumes": "many"}, "volumes"),
        ({"notes": "x" * 501}, "notes"),
    ],
)
def test_details_that_cannot_be_read_stay_in_the_form(db, client, typed, field):
    [slip] = slips("WEB-1")
    sign_in(client)
    data = {"volumes": "1", "notes": "", "version": slip.version} | typed
    answer = client.post(f"/packing-slips/{slip.id}/details", data=data)
    assert (
        answer.status_code == 422
        and f'id="f-{field}-error"' in answer.text
        and typed[field] in answer.text
    )


def test_of_two_who_write_notes_the_second_is_told(db, client):
    [slip] = slips("WEB-1")
    sign_in(client)
    seen = slip.version
    client.post(
        f"/packing-slips/{slip.id}/details",
        data={"volumes": "2", "notes": "First", "version": seen},
    )
    answer = client.post(
        f"/packing-slips/{slip.id}/details",
        data={"volumes": "3", "notes": "Second", "version": seen},
    )
    assert (
        answer.status_code == 422
        and "Somebody changed this record" in answer.text
        and "Second" in answer.text
    )
    # Theirs stand beside what was typed: sent again, it is saved knowingly.
    assert 'data-take-theirs="First"' in answer.text
    db.session.refresh(slip)
    assert (slip.volumes, slip.notes) == (2, "First")
    assert f'name="version" value="{slip.version}"' in answer.text


def test_carrier_and_tracking_code_are_corrected_by_who_saw_the_last_ones(db, client):
    [slip] = slips("WEB-1")
    shipped(slip)
    sign_in(client)
    seen = slip.sale.version
    path = f"/packing-slips/{slip.id}/tracking"
    assert (
        client.post(
            path, data={"carrier": "Jadlog", "tracking_code": "J1", "version": seen}
        ).status_code
        == 303
    )
    answer = client.post(path, data={"carrier": "Loggi", "tracking_code": "L1", "version": seen})
    assert answer.status_code == 422 and "Somebody changed this record" in answer.text
    sale = db.session.get_one(Sale, slip.sale_id)
    assert (sale.carrier, sale.tracking_code) == ("Jadlog", "J1")


def test_the_timeline_and_the_steps_tell_of_the_shipment(db, client):
    [slip] = slips("WEB-1")
    sign_in(client)
    client.post(f"/packing-slips/{slip.id}/shipment", data=SHIPMENT)
    page = client.get(f"/sales/{slip.sale_id}").text
    assert "Correios AA123456785BR</p>" in page
    with client.application.test_request_context(), force_locale("en"):
        page = SalePage(db.session.get_one(Sale, slip.sale_id))
        steps = {step.name: step for step in page.steps}
    assert (
        steps["Shipped"].state == "done"
        and steps["Shipped"].when
        and steps["Delivered"].state == "now"
    )


def test_the_menu_and_the_first_page_count_what_is_to_pack_and_to_ship(db, client):
    first, second, third = slips("WEB-1", "WEB-2", "WEB-3")
    awaiting()
    second.pack(utc_now())
    shipped(third)
    sign_in(client)
    page = client.get("/").text
    assert '<span>2</span><span class="screen-reader"> to pack or ship</span>' in page
    need = page.split('href="/packing-slips?status=packed"')[1].split("</a>")[0]
    assert "To ship" in need and ">1<" in need.replace("\n", "")


@pytest.mark.parametrize(
    "verb", ["packing", "unpacking", "shipment", "delivery", "details", "tracking"]
)
def test_an_accountant_changes_nothing(db, client, verb):
    [slip] = slips("WEB-1")
    sign_in(client, "accountant")
    assert client.post(f"/packing-slips/{slip.id}/{verb}", data=SHIPMENT).status_code == 403
    assert shipping_of(slip) is Shipping.TO_PACK
