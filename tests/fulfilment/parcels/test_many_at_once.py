"""One thing done to many packing slips: those that can go along do, the others are told of in
words."""

import html
import re

import pytest

from tests.factories import open_shop, sign_in
from tests.support.packing_slips import awaiting, shipped, shipping_of, slips
from webapp.fulfilment.parcels.models import PackingSlip
from webapp.platform.clock import utc_now
from webapp.sales.models import Sale, Shipping, Status


def said(answer) -> str:
    """What the page that follows says at its head."""
    return html.unescape(" ".join(re.findall(r'<p class="notice-title">(.*?)</p>', answer.text)))


def post(client, verb: str, *ids: int, query: str = "", **fields):
    return client.post(
        f"/packing-slips/{verb}{query}", data={"ids": list(ids)} | fields, follow_redirects=True
    )


@pytest.mark.both_databases
def test_marked_slips_are_packed_and_the_others_named_with_why(db, client):
    first, second, third = slips("WEB-1", "WEB-2", "WEB-3")
    second.sale.status = Status.CANCELLED
    third.released_at = None
    db.session.commit()
    sign_in(client)
    words = said(post(client, "packing", first.id, second.id, third.id))
    assert "Orders marked as packed: 1 of 3." in words
    assert (
        "Passed over WEB-2: This order was cancelled" in words
        and "Passed over WEB-3: A rule holds this order" in words
    )
    assert [shipping_of(each) for each in (first, second, third)] == [
        Shipping.PACKED,
        Shipping.TO_PACK,
        Shipping.TO_PACK,
    ]


def test_packing_many_is_taken_back_by_one_press(db, client):
    first, second = slips("WEB-1", "WEB-2")
    second.pack(utc_now())
    db.session.commit()
    sign_in(client)
    answer = post(client, "packing", first.id, second.id)
    assert "1 was so before." in said(answer)
    undo = re.search(
        r'action="(/packing-slips/unpacking)".*?name="ids"\s+value="([\d,]+)"',
        answer.text,
        re.DOTALL,
    )
    # Only what this press had packed.
    assert undo[2] == str(first.id)
    assert "Back among what is to pack: 1 of 1." in said(post(client, "unpacking", undo[2]))
    assert (shipping_of(first), shipping_of(second)) == (Shipping.TO_PACK, Shipping.PACKED)
    assert "unpacking" not in client.get("/packing-slips").text


def test_what_left_the_house_is_not_taken_back(db, client):
    [slip] = slips("WEB-1")
    shipped(slip)
    sign_in(client)
    assert "Passed over WEB-1: It has left the shop" in said(post(client, "unpacking", slip.id))
    assert shipping_of(slip) is Shipping.SHIPPED


def test_shipping_many_asks_for_one_carrier_and_each_tracking_code(db, client):
    first, second = slips("WEB-1", "WEB-2")
    waiting = awaiting("WEB-12")
    sign_in(client)
    asked = post(client, "shipping", first.id, second.id, waiting.id, query="?status=to_pack")
    assert (
        asked.request.path == "/packing-slips/shipment"
        and "status=to_pack" in asked.request.full_path
    )
    assert asked.text.count('.tracking_code"') == 2 and "will be passed over" in asked.text
    answer = client.post(
        "/packing-slips/shipment?status=to_pack",
        follow_redirects=True,
        data={
            "carrier": "Correios",
            "slips.0.id": first.id,
            "slips.0.tracking_code": "AA1",
            "slips.1.id": second.id,
            "slips.1.tracking_code": "",
            "slips.2.id": waiting.id,
        },
    )
    assert "Orders marked as shipped: 2 of 3." in said(
        answer
    ) and "WEB-12: Nothing leaves before its NF-e" in said(answer)
    assert answer.request.full_path == "/packing-slips?status=to_pack"
    rows = db.session.execute(
        db.select(Sale.reference, Sale.carrier, Sale.tracking_code).order_by(Sale.reference)
    ).all()
    assert [tuple(row) for row in rows] == [
        ("WEB-1", "Correios", "AA1"),
        ("WEB-12", "", ""),
        ("WEB-2", "Correios", ""),
    ]


def test_without_a_carrier_nothing_is_shipped_and_what_was_typed_stays(db, client):
    [slip] = slips("WEB-1")
    sign_in(client)
    answer = client.post(
        "/packing-slips/shipment",
        data={"carrier": " ", "slips.0.id": slip.id, "slips.0.tracking_code": "AA1"},
    )
    assert (
        answer.status_code == 422
        and 'id="f-carrier-error"' in answer.text
        and 'value="AA1"' in answer.text
    )
    assert shipping_of(slip) is Shipping.TO_PACK


def test_many_are_delivered_once(db, client):
    first, second = slips("WEB-1", "WEB-2")
    shipped(first)
    sign_in(client)
    words = said(post(client, "delivery", first.id, second.id))
    assert (
        "Orders marked as delivered: 1 of 2." in words and "WEB-2: It was not shipped yet." in words
    )
    assert "1 was so before." in said(post(client, "delivery", first.id))


def test_the_list_comes_back_as_it_was_filtered(db, client):
    [slip] = slips("WEB-1")
    sign_in(client)
    page = " ".join(client.get("/packing-slips?status=to_pack&q=web").text.split())
    assert (
        'formaction="/packing-slips/packing?status=to_pack&amp;q=web"' in page
        and f'value="{slip.id}" form="bulk"' in page
    )
    answer = post(client, "packing", slip.id, query="?status=to_pack&q=web")
    assert answer.request.full_path == "/packing-slips?status=to_pack&q=web"


@pytest.mark.parametrize("verb", ["packing", "unpacking", "delivery", "printing", "shipping"])
def test_nothing_marked_is_told(db, client, verb):
    sign_in(client)
    for ids in ([], ["x", "-1", "1e3"]):
        assert "Mark at least one packing slip." in said(post(client, verb, *ids))


def test_at_most_two_hundred_at_once(db, client):
    sign_in(client)
    assert "At most 200 packing slips at once." in said(post(client, "packing", *range(1, 202)))


def test_slips_that_are_not_there_are_passed_over(db, client):
    [slip] = slips("WEB-1")
    sign_in(client)
    words = said(post(client, "packing", slip.id, 999_999))
    assert "1 of 2" in words and "Passed over 999999: There is no such packing slip." in words


def test_news_of_many_refusals_are_short(db, client):
    open_shop()
    made = slips(
        *(f"{'LONG-REFERENCE-OF-A-MARKETPLACE-ORDER-':<50}{number:03}" for number in range(40))
    )
    for number, slip in enumerate(made):
        shipped(slip, f"Carrier {number}", "x" * 60)
    sign_in(client)
    data = {"carrier": "Jadlog"} | {f"slips.{place}.id": slip.id for place, slip in enumerate(made)}
    answer = client.post("/packing-slips/shipment", data=data)
    assert max(len(cookie) for cookie in answer.headers.getlist("Set-Cookie")) < 4000
    words = said(client.get("/packing-slips"))
    assert "Orders marked as shipped: 0 of 40." in words and "36 more were passed over." in words


@pytest.mark.both_databases
def test_done_once_when_two_clerks_mark_the_same(db, client, app):
    made = slips("WEB-1", "WEB-2")
    ids = [slip.id for slip in made]
    sign_in(client)
    assert "2 of 2" in said(post(client, "packing", *ids))
    packed_at = [
        slip.packed_at
        for slip in db.session.scalars(db.select(PackingSlip).order_by(PackingSlip.id))
    ]
    second = app.test_client()
    sign_in(second)
    assert "Orders marked as packed: 0 of 2. 2 were so before." in said(
        post(second, "packing", *ids)
    )
    again = db.session.scalars(
        db.select(PackingSlip).order_by(PackingSlip.id).execution_options(populate_existing=True)
    )
    assert [slip.packed_at for slip in again] == packed_at
