"""Units given back: each effect is reversed in proportion, to the cent, and every unit once."""

from decimal import Decimal

import pytest

from tests.factories import api, make_product, make_sale, make_token, open_shop, work_off
from tests.support.processed_sales import agent, book, shop_that_holds, sold, three_books
from tests.support.sale_reversals import (
    cancel,
    commission,
    effect_of,
    make_due,
    manager,
    open_tasks,
    own_rule,
    refund,
    stock,
    told,
    videos_with_a_gift,
)
from webapp.fulfilment.memberships.models import Membership, MembershipStatus
from webapp.fulfilment.parcels.models import PackingSlip
from webapp.fulfilment.royalties.models import RoyaltySlip
from webapp.fulfilment.tasks.models import Task
from webapp.invoices.models import Invoice, InvoiceStatus
from webapp.rules.models import Effect
from webapp.sales.models import Refund, Sale, SaleLine, Shipping, Status


@pytest.fixture(autouse=True)
def shop_is_open(db):
    open_shop()


@pytest.mark.both_databases
def test_parts_add_up_to_the_recorded_amount_to_the_cent(client, db):
    calls, sale = manager(client), three_books(price="33.33")
    answers = [refund(calls, sale, (1, 1)).json["refund"] for _unit in range(3)]
    assert [each["amount"] for each in answers] == ["33.33"] * 3
    assert [each["number"] for each in answers] == [1, 2, 3]
    assert told(calls, sale, "commission") == [
        ("paid", "5.00", "done"),
        ("refund:1", "-1.67", "done"),
        ("refund:2", "-1.66", "done"),
        ("refund:3", "-1.67", "done"),
    ]
    assert [amount for _event, amount, _status in told(calls, sale, "royalty_slip")] == [
        "10.00",
        "-3.33",
        "-3.34",
        "-3.33",
    ]
    assert sum(db.session.scalars(db.select(RoyaltySlip.quantity))) == 0 == commission()
    assert stock("BOOK") == 10


def test_the_amount_is_what_was_paid_without_the_freight(client, db):
    calls = manager(client)
    sale = sold(
        agent=agent(),
        freight="15.00",
        discount="10.01",
        lines=[{"sku": book(price="33.33"), "quantity": 3}],
    )
    amounts = [Decimal(refund(calls, sale, (1, 1)).json["refund"]["amount"]) for _unit in range(3)]
    assert amounts == [Decimal("29.99"), Decimal("30.00"), Decimal("29.99")] and sum(
        amounts
    ) == Decimal("89.98")


def test_of_nothing_left_nothing_is_given_back(client, db):
    calls, sale = manager(client), three_books()
    refund(calls, sale, (1, 3))
    again = refund(calls, sale, (1, 3))
    assert (again.status_code, again.json["refund"]) == (
        200,
        {"number": None, "amount": "0.00", "lines": []},
    )
    assert stock("BOOK") == 10 and commission() == 0 and db.session.query(Refund).count() == 1


@pytest.mark.both_databases
def test_the_same_key_is_told_the_same_answer(client, db):
    calls, sale = manager(client), three_books()
    first = refund(calls, sale, (1, 1), Idempotency_Key="R-1")
    again = refund(calls, sale, (1, 1), Idempotency_Key="R-1")
    assert first.json["refund"] == again.json["refund"] and again.status_code == 200
    assert db.session.get(Sale, sale.id).lines[0].refunded == 1
    assert refund(calls, sale, (1, 2), Idempotency_Key="R-1").status_code == 409
    assert refund(calls, sale, (1, 1), Idempotency_Key="R-2").json["refund"]["number"] == 2


def test_more_than_is_left_is_refused_with_what_is_left(client, db):
    calls, sale = manager(client), three_books()
    refund(calls, sale, (1, 2))
    answer = refund(calls, sale, (1, 2))
    assert answer.status_code == 422
    assert answer.json["errors"] == [
        {"field": "lines.0.quantity", "message": "Only 1 of this line are left to refund."}
    ]
    assert stock("BOOK") == 9


NO_REFUNDS = [
    ([], "lines"),
    ("no", "lines"),
    (None, "lines"),
    ([{"line": 1}], "lines.0.quantity"),
    ([{"line": 9, "quantity": 1}], "lines.0.line"),
    ([{"line": 0, "quantity": 1}], "lines.0.line"),
    ([{"line": 1, "quantity": 0}], "lines.0.quantity"),
    ([{"line": 1, "quantity": -1}], "lines.0.quantity"),
    ([{"line": 1, "quantity": 1.5}], "lines.0.quantity"),
    ([{"line": "1", "quantity": 1}], "lines.0.line"),
    ([{"line": 1, "quantity": 10**30}], "lines.0.quantity"),
    ([{"line": 1, "quantity": 1, "sku": "X"}], "lines.0.sku"),
    ([{"line": 1, "quantity": 1}, {"line": 1, "quantity": 1}], "lines.1.line"),
    ([True], "lines.0"),
]


def test_a_refund_that_makes_no_sense_is_refused_in_words(client, db, subtests):
    sale, calls = three_books(), manager(client)
    for lines, field in NO_REFUNDS:
        with subtests.test(lines=lines):
            answer = calls.post(f"/sales/{sale.id}/refunds", {"lines": lines, "reason": "x"})
            assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, field)
            assert commission() == 15


def test_what_cannot_be_refunded_says_why(client, db):
    calls, sku = manager(client), book()
    unpaid = make_sale(sku=sku, paid=False)
    assert "not paid" in refund(calls, unpaid, (1, 1)).json["detail"]
    fresh = make_sale(sku=sku)
    assert "rules were not applied" in refund(calls, fresh, (1, 1)).json["detail"]
    cancel(calls, fresh)
    answer = refund(calls, fresh, (1, 1))
    assert answer.status_code == 409 and "cancelled" in answer.json["detail"]
    for role in ("clerk", "reviewer", "accountant"):
        assert refund(api(client, make_token(role)), fresh, (1, 1)).status_code == 403


# -- goods and papers ------------------------------------------------------------------------------


def test_units_come_off_the_slip_that_is_not_packed_yet(client, db):
    calls = manager(client)
    sale = sold(
        lines=[
            {"sku": book(sku="A", weight_g=300), "quantity": 3},
            {"sku": book(sku="B", weight_g=200), "quantity": 1},
        ]
    )
    refund(calls, sale, (1, 1), (2, 1))
    slip = db.session.scalars(db.select(PackingSlip)).one()
    assert [(item["sku"], item["quantity"]) for item in slip.items] == [
        ("A", 2)
    ] and slip.weight_g == 600
    refund(calls, sale, (1, 2))
    slip = db.session.scalars(
        db.select(PackingSlip).execution_options(populate_existing=True)
    ).one()
    assert (slip.items, slip.sale.shipping, str(slip.status)) == ([], Shipping.NONE, "cancelled")
    assert open_tasks() == ["return_note", "return_note"]


def test_a_packed_parcel_is_packed_again(client, db):
    calls, sale = manager(client), three_books()
    db.session.get(Sale, sale.id).shipping = Shipping.PACKED
    db.session.commit()
    assert refund(calls, sale, (1, 1)).json["sale"]["shipping"] == "to_pack"
    assert sorted(open_tasks()) == ["repack", "return_note"] and stock("BOOK") == 8


def test_goods_that_left_are_a_task_until_they_are_back(client, db):
    calls, sale = manager(client), three_books()
    calls.post(f"/sales/{sale.id}/shipment", {"carrier": "Correios", "tracking_code": "AA1"})
    refund(calls, sale, (1, 2))
    assert stock("BOOK") == 7 and sorted(open_tasks()) == ["goods_to_come_back", "return_note"]
    params = db.session.scalars(
        db.select(Task.params).where(Task.code == "goods_to_come_back")
    ).one()
    assert params["items"] == "2 × BOOK"
    cancel(calls, sale)
    items = db.session.scalars(
        db.select(Task.params).where(Task.code == "goods_to_come_back").order_by(Task.id)
    ).all()
    assert [each["items"] for each in items] == ["2 × BOOK", "1 × BOOK"] and commission() == 0


def test_a_note_that_is_not_out_yet_is_made_of_what_is_left(client, db):
    calls = manager(client)
    shop_that_holds()
    sale = sold(
        agent=agent(), freight="9.00", lines=[{"sku": book(price="33.33", stock=9), "quantity": 3}]
    )
    assert db.session.get(Sale, sale.id).status is Status.REVIEW
    refund(calls, sale, (1, 1))
    work_off()
    note = db.session.scalars(db.select(Invoice)).one()
    assert (note.status, note.total) == (InvoiceStatus.REVIEW, Decimal("72.66"))
    calls.post(f"/invoices/{note.id}/approval")
    work_off()
    db.session.refresh(note)
    assert note.status is InvoiceStatus.AUTHORIZED
    xml = calls.get(f"/invoices/{note.id}/xml").text
    assert "<qCom>2<" in xml and "<vNF>72.66</vNF>" in xml and open_tasks() == []


def test_when_all_goods_come_back_before_the_note_there_is_none(client, db):
    calls = manager(client)
    shop_that_holds()
    sale = sold(book(), make_product(kind="streaming", video_url="https://example.com/v").sku)
    answer = refund(calls, sale, (1, 1)).json["sale"]
    assert (answer["status"], answer["invoice"]) == ("completed", None)
    assert db.session.scalars(db.select(Invoice.status)).one() is InvoiceStatus.DISCARDED


def test_a_sale_that_waits_is_refunded_and_goes_on_with_the_rest(client, db):
    calls = manager(client)
    product = make_product(sku="BAD", gtin="7891000100103", stock=5)
    product.gtin = "7891000100104"
    db.session.commit()
    sale = sold(lines=[{"sku": "BAD", "quantity": 2}])
    assert db.session.get(Sale, sale.id).status is Status.ATTENTION
    assert refund(calls, sale, (1, 1)).json["sale"]["status"] == "attention"
    assert refund(calls, sale, (1, 1)).json["sale"]["status"] == "completed" and stock("BAD") == 5


# -- what has no parts -----------------------------------------------------------------------------


@pytest.mark.both_databases
def test_a_gift_goes_back_with_the_last_unit_that_brought_it(client, db):
    calls = manager(client)
    videos_with_a_gift(stock=3)
    sale = sold(lines=[{"sku": "VD-1", "quantity": 2}])
    refund(calls, sale, (1, 1))
    assert (stock("VD-1"), stock("VD-2")) == (99, 2)
    refund(calls, sale, (1, 1))
    assert (stock("VD-1"), stock("VD-2")) == (100, 3)
    assert told(calls, sale, "add_item") == [("paid", None, "done"), ("refund:2", None, "done")]
    assert [line["refunded"] for line in calls.get(f"/sales/{sale.id}").json["lines"]] == [2, 1]
    cancel(calls, sale)
    assert (stock("VD-1"), stock("VD-2")) == (100, 3)


def test_a_gift_may_come_back_alone(client, db):
    calls = manager(client)
    videos_with_a_gift(stock=3)
    sale = sold("VD-1")
    assert refund(calls, sale, (2, 1)).json["refund"]["amount"] == "0.00"
    refund(calls, sale, (1, 1))
    assert (stock("VD-1"), stock("VD-2")) == (100, 3)
    assert len(told(calls, sale, "add_item")) == 2


def test_a_membership_ends_with_its_last_unit(client, db):
    calls = manager(client)
    sale = sold(lines=[{"sku": make_product(kind="membership", plan="gold").sku, "quantity": 2}])
    for status in (MembershipStatus.ACTIVE, MembershipStatus.LAPSED, MembershipStatus.LAPSED):
        refund(calls, sale, (1, 1))
        db.session.rollback()
        assert db.session.scalars(db.select(Membership)).one().status is status
    assert len(told(calls, sale, "membership_activation")) == 2


def test_a_task_for_two_lines_stays_open_until_both_came_back(client, db):
    calls = manager(client)
    own_rule({"do": "task", "text_code": "call_them"}, scope="sale")
    sale = sold(
        make_product(kind="ebook", royalty_percent="5.00").sku, make_product(kind="streaming").sku
    )
    refund(calls, sale, (1, 1))
    assert open_tasks() == ["call_them"]
    refund(calls, sale, (2, 1))
    assert open_tasks() == [] and len(told(calls, sale, "task")) == 2


# -- with other undoings
# -----------------------------------------------------------------------------


def test_a_cancellation_takes_back_what_refunds_left(client, db):
    calls, sale = manager(client), three_books(price="33.33")
    refund(calls, sale, (1, 1))
    cancel(calls, sale)
    assert told(calls, sale, "commission") == [
        ("paid", "5.00", "done"),
        ("refund:1", "-1.67", "done"),
        ("cancelled", "-3.33", "done"),
    ]
    assert stock("BOOK") == 10 and commission() == 0
    assert db.session.get(Sale, sale.id).lines[0].refunded == 1


def test_an_effect_that_comes_after_the_refund_is_reversed_as_far(client, db):
    calls = manager(client)
    own_rule(
        {"do": "membership_upgrade"}, when={"field": "item_kind", "op": "eq", "value": "streaming"}
    )
    sale = sold(lines=[{"sku": make_product(kind="streaming").sku, "quantity": 2}])
    make_due(sale)
    work_off()
    refund(calls, sale, (1, 1))
    assert told(calls, sale, "membership_upgrade") == [("paid", None, "pending")]
    refund(calls, sale, (1, 1))
    assert told(calls, sale, "membership_upgrade") == [("paid", None, "cancelled")]
    make_due(sale)
    work_off()
    assert told(calls, sale, "membership_upgrade") == [("paid", None, "cancelled")]


@pytest.mark.both_databases
def test_a_late_commission_is_reversed_as_far_as_units_came_back(client, db):
    calls, sale = manager(client), three_books(price="33.33")
    # As if the commission had failed with its decision.
    effect = effect_of(sale, "commission")
    db.session.execute(db.delete(SaleLine.metadata.tables["commissions"]))
    effect.postpone(effect.created_at, "ValueError: x")
    db.session.commit()
    refund(calls, sale, (1, 2))
    assert commission() is None
    work_off()
    assert told(calls, sale, "commission") == [
        ("paid", "5.00", "done"),
        ("refund:1", "-3.33", "done"),
    ]
    assert commission() == Decimal("1.67")
    refund(calls, sale, (1, 1))
    assert commission() == 0
    assert db.session.query(Effect).filter(Effect.kind == "commission").count() == 3
