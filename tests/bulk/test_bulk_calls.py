"""Programs do one thing to many orders, as a person does on the page."""

import pytest

from tests.factories import api, make_product, make_sale, make_token, open_shop, work_off
from webapp.bulk.forms import ACTS_OF_PROGRAMS
from webapp.processing.bulk_acts import ACTS
from webapp.sales.models import Sale
from webapp.sales.placing import cancel_open


@pytest.fixture
def calls(client, db):
    open_shop()
    make_product(sku="P", stock=1000)
    return api(client, make_token())


def order(reference: str, **changes) -> int:
    return make_sale(reference=reference, lines=[{"sku": "P", "quantity": 1}], **changes).id


def done(calls, **asked) -> dict:
    answer = calls.post("/bulk-acts", asked)
    assert answer.status_code == 202, answer.json
    work_off()
    return calls.get(f"/bulk-acts/{answer.json['id']}").json


def test_each_act_that_makes_no_file_is_there_for_programs():
    assert list(ACTS_OF_PROGRAMS) == [act.name for act in ACTS.values() if not act.makes_file]


def test_all_that_a_filter_finds_are_tagged_once(calls, db):
    for reference, channel in (("A", "phone"), ("B", "site"), ("C", "phone")):
        order(reference, channel=channel, paid=False)
    told = done(calls, act="tag", filter={"channel": "phone", "status": "open"}, tag="vip")
    assert (told["status"], told["total"], told["done"], told["same"]) == ("done", 2, 2, 0)
    assert done(calls, act="tag", filter={"tag": "vip"}, tag="vip")["same"] == 2
    tagged = calls.get("/sales?tag=vip").json
    assert {each["reference"] for each in tagged["items"]} == {"A", "C"}


def test_orders_by_their_ids_are_paid_and_each_refusal_is_told(calls, db):
    unpaid, cancelled = order("A", paid=False), order("B", paid=False)
    cancel_open(db.session.get_one(Sale, cancelled), "x")
    db.session.commit()
    told = done(calls, act="pay", ids=[unpaid, cancelled, 999_999])
    assert (told["total"], told["done"], told["refused"]) == (2, 1, 1)
    words = "This order was cancelled; it cannot be paid any more."
    assert told["left"] == [{"sale": cancelled, "reference": "B", "reason": words}]
    db.session.expire_all()
    assert db.session.get_one(Sale, unpaid).paid_at


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"act": "xml", "ids": [1]}, "act"),
        ({"act": "pay"}, "filter"),
        ({"act": "pay", "filter": {}}, "filter"),
        ({"act": "pay", "ids": [1], "filter": {"channel": "site"}}, "filter"),
        ({"act": "pay", "filter": {"status": "gone"}}, "filter.status"),
        ({"act": "pay", "filter": {"since": "2026-12-02", "until": "2026-12-01"}}, "since"),
        ({"act": "tag", "ids": [1]}, "tag"),
        ({"act": "ship", "ids": [1], "codes": "AA1"}, "carrier"),
        ({"act": "buy_labels", "ids": [1]}, "label_carrier"),
    ],
)
def test_what_cannot_be_asked_is_refused_at_its_field(calls, asked, field):
    answer = calls.post("/bulk-acts", asked)
    assert answer.status_code == 422, answer.json
    assert [error["field"] for error in answer.json["errors"]] == [field]


def test_where_no_order_fits_nothing_is_begun(calls):
    assert calls.post("/bulk-acts", {"act": "pay", "ids": [999_999]}).status_code == 409
    assert calls.get("/bulk-acts/1").status_code == 404
