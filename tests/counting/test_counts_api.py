"""Counts told by a program: each number is tied to where the ledger stood at its moment."""

import datetime as dt

import pytest
from sqlalchemy import func, select

from tests.factories import api, make_product, make_sale, make_token, open_shop
from webapp.audit.models import AuditEntry
from webapp.catalog.models import Product, StockMovement
from webapp.platform.clock import utc_now
from webapp.platform.database import db as database
from webapp.sales.placing import cancel_open

pytestmark = pytest.mark.both_databases


@pytest.fixture
def calls(client, db):
    open_shop()
    make_product(sku="BAG", stock=10)
    make_product(sku="CUP", stock=5)
    return api(client, make_token())


def moment(seconds=0.0):
    return (utc_now() + dt.timedelta(seconds=seconds)).isoformat()


def line(sku, counted, at=None):
    return {"sku": sku, "counted": counted, "at": at or moment()}


def tell(calls, *lines, **more):
    answer = calls.post("/counts", {"lines": list(lines)} | more)
    assert answer.status_code == 201, answer.json
    return answer.json


def take(calls, count, reason="stocktaking"):
    return calls.post(f"/counts/{count['id']}/taking", {"reason": reason})


def stock(sku):
    database.session.rollback()
    product = database.session.scalars(select(Product).where(Product.sku == sku)).one()
    moved = select(func.sum(StockMovement.change)).where(StockMovement.product_id == product.id)
    assert database.session.scalar(moved) == product.stock
    return product.stock


def sell(sku, quantity=1):
    return make_sale(paid=False, lines=[{"sku": sku, "quantity": quantity}])


def test_sales_after_it_was_counted_do_not_falsify_it(calls, db):
    sell("BAG", 2)
    counted = line("BAG", 7)
    sell("BAG", 3)
    count = tell(calls, counted, line("CUP", 5))
    assert count["status"] == "reviewed"
    assert count["differences"] == [
        {
            "sku": "BAG",
            "at": counted["at"],
            "counted": 7,
            "expected": 8,
            "difference": -1,
            "moved": None,
        }
    ]
    sell("BAG")
    answer = take(calls, count)
    assert (answer.status_code, answer.json["status"]) == (200, "taken")
    assert [each["moved"] for each in answer.json["differences"]] == [-1]
    assert (stock("BAG"), stock("CUP")) == (3, 5)
    assert answer.json == calls.get(f"/counts/{count['id']}").json


def test_it_is_written_with_its_reason_in_ledger_and_audit(calls, db):
    take(calls, tell(calls, line("BAG", 12)), "found behind the shelf")
    moved = db.session.scalars(select(StockMovement).order_by(StockMovement.id.desc())).first()
    assert (moved.change, moved.balance, moved.reason) == (2, 12, "found behind the shelf")
    assert moved.count_id and moved.actor
    entry = select(AuditEntry).where(AuditEntry.subject == "products", AuditEntry.why != "")
    assert db.session.scalars(entry).one().why == "found behind the shelf"


def test_said_twice_it_is_done_once(calls, db):
    counted = line("BAG", 7)
    first, again = tell(calls, counted), tell(calls, counted)
    assert first == again
    assert take(calls, first).json == take(calls, first, "another reason").json
    assert stock("BAG") == 7


def test_a_difference_that_two_counts_found_is_taken_once(calls, db):
    one, other = tell(calls, line("BAG", 7)), tell(calls, line("BAG", 7))
    assert one["id"] != other["id"]
    take(calls, one)
    sell("BAG")
    assert take(calls, other).json["differences"][0]["moved"] == 0
    assert stock("BAG") == 6


def test_of_a_product_told_twice_the_latest_number_counts(calls, db):
    later, earlier = line("BAG", 8, moment(-1)), line("BAG", 3, moment(-2))
    assert tell(calls, later, earlier)["differences"][0]["counted"] == 8


def test_a_number_without_a_moment_is_of_now(calls, db):
    sell("BAG", 4)
    lines = [{"sku": "BAG", "counted": 5}]
    first, second = tell(calls, *lines), tell(calls, *lines)
    assert first["id"] != second["id"] and first["differences"][0]["expected"] == 6


def test_what_orders_have_reserved_is_counted_where_that_is_said(calls, db):
    """One order was dropped after the count: on the shelf its units were all the time."""
    dropped = sell("BAG", 2)
    sell("BAG", 1)
    then = moment()
    cancel_open(dropped, "order cancelled")
    db.session.commit()
    count = tell(calls, line("BAG", 9, then), includes_reserved=True)
    assert count["differences"][0]["expected"] == 10
    take(calls, count)
    assert stock("BAG") == 8


def test_before_the_ledger_begins_nothing_was_there(calls, db):
    assert tell(calls, line("BAG", 1, moment(-86400)))["differences"][0]["expected"] == 0


def test_a_moment_to_come_is_refused_but_for_a_clock_that_is_ahead(calls, db):
    answer = calls.post("/counts", {"lines": [line("BAG", 7, moment(600))]})
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json["errors"]] == ["lines.0.at"]
    sell("BAG")
    assert tell(calls, line("BAG", 7, moment(60)))["differences"][0]["expected"] == 9


def test_stock_never_goes_below_zero_and_nothing_is_taken(calls, db):
    count = tell(calls, line("BAG", 0), line("CUP", 4))
    sell("BAG", 3)
    answer = take(calls, count)
    assert answer.status_code == 409 and "BAG" in answer.json["detail"]
    assert "CUP" not in answer.json["detail"]
    assert (stock("BAG"), stock("CUP")) == (7, 5)
    assert calls.get(f"/counts/{count['id']}").json["status"] == "reviewed"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "lines"),
        ({"lines": []}, "lines"),
        ({"lines": [{"sku": "NONE", "counted": 1}]}, "lines.0.sku"),
        ({"lines": [{"sku": "EBOOK", "counted": 1}]}, "lines.0.sku"),
        ({"lines": [{"sku": "BAG", "counted": -1}]}, "lines.0.counted"),
        ({"lines": [{"sku": "BAG", "counted": "7"}]}, "lines.0.counted"),
        ({"lines": [{"sku": "BAG", "counted": 1, "at": "yesterday"}]}, "lines.0.at"),
        ({"lines": [{"sku": "BAG\0", "counted": 1}]}, "lines.0.sku"),
    ],
)
def test_what_cannot_be_counted_is_named(calls, db, body, field):
    make_product(sku="EBOOK", kind="ebook")
    answer = calls.post("/counts", body)
    assert answer.status_code == 422
    assert field in [error["field"] for error in answer.json["errors"]]


def test_an_unknown_count_and_one_without_a_reason(calls, db):
    count = tell(calls, line("BAG", 7))
    assert calls.post("/counts/999999/taking", {"reason": "x"}).status_code == 404
    assert calls.post(f"/counts/{count['id']}/taking", {}).status_code == 422
    assert stock("BAG") == 10
