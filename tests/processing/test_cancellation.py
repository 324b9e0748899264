"""A sale that is called off: its stock comes back and what its effects recorded is taken back,
once."""

import datetime as dt

import pytest

from tests.factories import api, make_product, make_sale, make_token, open_shop, work_off
from tests.support.processed_sales import agent, book, shop_that_holds, sold
from tests.support.released_notes import hold_every_note
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
from webapp.audit.models import AuditEntry
from webapp.fulfilment.commissions.models import Commission
from webapp.fulfilment.memberships.models import Membership, MembershipEvent
from webapp.fulfilment.parcels.models import PackingSlip, SlipStatus
from webapp.fulfilment.royalties.models import RoyaltySlip
from webapp.fulfilment.tasks.models import Task
from webapp.invoices.models import Invoice, InvoiceEvent, InvoiceStatus
from webapp.messages.models import Message, MessageStatus
from webapp.platform.clock import utc_now
from webapp.platform.database import db as database
from webapp.rules.models import EffectStatus
from webapp.sales.models import Sale, Shipping, Status


@pytest.fixture(autouse=True)
def shop_is_open(db):
    open_shop()


def ship(calls, sale) -> None:
    answer = calls.post(
        f"/sales/{sale.id}/shipment", {"carrier": "Correios", "tracking_code": "AA1"}
    )
    assert answer.status_code == 200, answer.json


def asked_of_sefaz() -> list[str]:
    database.session.rollback()
    return [str(kind) for kind in database.session.scalars(database.select(InvoiceEvent.kind))]


@pytest.mark.both_databases
def test_an_invoiced_sale_is_called_off_with_all_that_hung_off_it(client, db):
    calls, sku = manager(client), book(stock=10)
    sale = sold(agent=agent(), lines=[{"sku": sku, "quantity": 2}])
    assert (sale.status, stock(sku)) == (Status.INVOICED, 8)
    answer = cancel(calls, sale)
    assert (answer.status_code, answer.json["status"], answer.json["shipping"]) == (
        200,
        "cancelled",
        "none",
    )
    assert stock(sku) == 10
    assert told(calls, sale, "commission") == [
        ("paid", "10.00", "done"),
        ("cancelled", "-10.00", "done"),
    ]
    assert told(calls, sale, "royalty_slip") == [
        ("paid", "20.00", "done"),
        ("cancelled", "-20.00", "done"),
    ]
    assert db.session.scalars(db.select(RoyaltySlip.quantity).order_by(RoyaltySlip.id)).all() == [
        2,
        -2,
    ]
    assert db.session.scalars(db.select(PackingSlip)).one().status is SlipStatus.CANCELLED
    assert answer.json["invoice"]["status"] == "authorized", (
        "what SEFAZ has authorized cannot be wished away"
    )
    assert open_tasks() == [] and asked_of_sefaz() == ["cancellation"]


@pytest.mark.both_databases
def test_said_twice_it_is_undone_once(client, db):
    calls, sku = manager(client), book(stock=10)
    sale = sold(sku, agent=agent())
    answers = [cancel(calls, sale).status_code for _time in range(3)]
    assert answers == [200, 200, 200]
    assert stock(sku) == 10 and commission() == 0 and len(asked_of_sefaz()) == 1
    assert len(told(calls, sale, "commission")) == 2


def test_the_reversal_is_of_the_recorded_amount_and_of_the_month_it_happens_in(client, db):
    calls = manager(client)
    sale = sold(book(), agent=agent())
    row = db.session.scalars(db.select(Commission)).one()
    row.month = "2026-01"
    row.effect.amount = row.amount = row.amount + 1
    db.session.commit()
    cancel(calls, sale)
    months = dict(db.session.execute(db.select(Commission.month, Commission.amount)).all())
    assert months.pop("2026-01") == 6 and list(months.values()) == [-6]
    assert list(months) == [f"{utc_now() - dt.timedelta(hours=3):%Y-%m}"]


@pytest.mark.parametrize("place", ["on its way", "held", "waiting for a person"])
def test_a_sale_on_its_way_goes_no_further_and_its_note_is_discarded(client, db, place):
    calls, sku = manager(client), book(stock=10)
    if place == "held":
        shop_that_holds()
    changes = {
        "waiting for a person": {
            "customer": {"name": "Ana", "document": "111.444.777-35", "email": ""},
            "address": {"zip_code": "01001-000", "number": ""},
        }
    }.get(place, {})
    sale_id = make_sale(sku=sku, agent=agent(), **changes).id
    if place != "on its way":
        work_off()
    assert cancel(calls, sale_id).status_code == 200
    work_off()
    sale = db.session.get(Sale, sale_id)
    assert (sale.status, sale.due_at, stock(sku)) == (Status.CANCELLED, None, 10)
    notes = db.session.scalars(db.select(Invoice)).all()
    assert {note.status for note in notes} <= {InvoiceStatus.DISCARDED} and not commission()
    assert open_tasks() == []


def approved_note(client) -> Sale:
    """Released by a reviewer, and not signed yet."""
    hold_every_note()
    sale = sold(book(stock=10))
    reviewers = api(client, make_token("reviewer", "Rui"))
    (note,) = reviewers.get("/invoices").json["items"]
    assert reviewers.post(f"/invoices/{note['id']}/approval").status_code == 202
    return sale


@pytest.mark.parametrize("undo", [cancel, lambda calls, sale: refund(calls, sale, (1, 1))])
def test_who_approved_a_note_is_told_when_its_order_is_undone_before_it_goes_out(client, db, undo):
    sale = approved_note(client)
    calls = manager(client)
    undone = [undo(calls, sale).status_code for _time in range(2)]
    assert undone[0] < 300 and open_tasks() == ["approved_in_vain"]
    (task,) = calls.get("/tasks").json["items"]
    assert "Rui" in task["text"] and sale.customer_name in task["text"]
    work_off()
    assert db.session.scalars(db.select(Invoice)).one().status is InvoiceStatus.DISCARDED


def test_who_undoes_what_they_approved_themselves_knows_it(client, db):
    hold_every_note()
    sale = sold(book(stock=10))
    calls = manager(client)
    (note,) = calls.get("/invoices").json["items"]
    calls.post(f"/invoices/{note['id']}/approval")
    cancel(calls, sale)
    assert open_tasks() == []


def test_nothing_is_cancelled_while_sefaz_has_not_answered(client, db):
    calls, sku = manager(client), book(stock=10)
    sale = sold(sku)
    db.session.scalars(db.select(Invoice)).one().status = InvoiceStatus.SENDING
    db.session.get(Sale, sale.id).status = Status.INVOICE
    db.session.commit()
    answer = cancel(calls, sale)
    assert answer.status_code == 409 and "SEFAZ" in answer.json["detail"]
    assert stock(sku) == 9 and len(told(calls, sale, "royalty_slip")) == 1


def test_what_has_shipped_does_not_come_back_by_itself(client, db):
    calls, sku = manager(client), book(stock=10)
    sale = sold(sku)
    ship(calls, sale)
    assert cancel(calls, sale).json["shipping"] == "shipped"
    assert stock(sku) == 9
    assert sorted(open_tasks()) == ["goods_to_come_back", "return_note"]
    assert f"1 × {sku}" in str(calls.get("/tasks").json)


def test_a_packed_parcel_is_unpacked_by_a_person(client, db):
    calls, sku = manager(client), book(stock=10)
    sale = sold(sku)
    db.session.get(Sale, sale.id).shipping = Shipping.PACKED
    db.session.commit()
    cancel(calls, sale)
    assert stock(sku) == 10 and open_tasks() == ["unpack"]


def test_a_note_that_is_to_be_cancelled_needs_no_return_note(client, db):
    calls = manager(client)
    sale = sold(book(stock=10), agent=agent())
    refund(calls, sale, (1, 1))
    assert open_tasks() == ["return_note"]
    cancel(calls, sale)
    assert open_tasks() == [] and asked_of_sefaz() == ["cancellation"]


def test_when_it_is_too_late_a_return_note_is_due(client, db):
    calls = manager(client)
    sale = sold(book())
    long_ago = utc_now() - dt.timedelta(hours=481)
    db.session.scalars(db.select(Invoice)).one().authorized_at = long_ago
    db.session.commit()
    cancel(calls, sale)
    assert open_tasks() == ["return_note"]


@pytest.mark.both_databases
def test_a_gift_goes_back_on_the_shelf(client, db):
    calls = manager(client)
    videos_with_a_gift(stock=3)
    sale = sold("VD-1")
    assert (stock("VD-1"), stock("VD-2")) == (99, 2)
    cancel(calls, sale)
    assert (stock("VD-1"), stock("VD-2")) == (100, 3)
    assert told(calls, sale, "add_item") == [("paid", None, "done"), ("cancelled", None, "done")]


# -- memberships -----------------------------------------------------------------------------------


def plan(kind: str, name: str) -> str:
    return make_product(kind=kind, plan=name, price="120.00").sku


def membership(db) -> tuple[str, str]:
    db.session.rollback()
    row = db.session.scalars(db.select(Membership)).one()
    return row.plan, str(row.status)


@pytest.mark.both_databases
def test_a_membership_goes_back_to_what_it_was(client, db):
    calls = manager(client)
    first = sold(plan("membership", "basic"))
    second = sold(plan("membership_upgrade", "gold"))
    assert membership(db) == ("gold", "active")
    cancel(calls, second)
    assert membership(db) == ("basic", "active")
    cancel(calls, first)
    assert membership(db) == ("basic", "lapsed")
    history = db.session.execute(
        db.select(MembershipEvent.kind, MembershipEvent.plan).order_by(MembershipEvent.id)
    ).all()
    assert history == [
        ("activated", "basic"),
        ("upgraded", "gold"),
        ("reversed", "basic"),
        ("reversed", "basic"),
    ]


def test_a_membership_that_was_changed_since_is_a_persons_matter(client, db):
    calls = manager(client)
    first = sold(plan("membership", "basic"))
    sold(plan("membership_upgrade", "gold"))
    cancel(calls, first)
    assert membership(db) == ("gold", "active")
    assert open_tasks() == ["membership_changed_since"]


def test_a_second_purchase_of_the_same_plan_keeps_it_active(client, db):
    calls, sku = manager(client), plan("membership", "basic")
    first = sold(sku)
    sold(sku)
    cancel(calls, first)
    assert membership(db) == ("basic", "active") and open_tasks() == ["membership_changed_since"]


# -- tasks and e-mails -----------------------------------------------------------------------------


def test_an_open_task_is_closed_and_a_done_one_stays(client, db):
    calls = manager(client)
    own_rule({"do": "task", "text_code": "call_them"}, {"do": "task", "text_code": "pack_by_hand"})
    sale = sold(book())
    done = db.session.scalars(db.select(Task).where(Task.code == "call_them")).one()
    calls.post(f"/tasks/{done.id}/completion", {"outcome": "called"})
    cancel(calls, sale)
    assert open_tasks() == []
    outcomes = dict(db.session.execute(db.select(Task.code, Task.outcome)).all())
    assert (outcomes["call_them"], outcomes["pack_by_hand"]) == ("called", "order cancelled")


def test_a_held_e_mail_is_never_sent(client, db):
    calls = manager(client)
    shop_that_holds()
    sale = sold(make_product(kind="streaming", video_url="https://example.com/v").sku)
    assert effect_of(sale, "email").status is EffectStatus.PENDING
    cancel(calls, sale)
    assert db.session.scalars(db.select(Message.status)).one() is MessageStatus.CANCELLED
    assert told(calls, sale, "email") == [("paid", None, "cancelled")]


def test_a_sent_e_mail_stays_sent(client, db):
    calls = manager(client)
    sale = sold(make_product(kind="streaming", video_url="https://example.com/v").sku)
    cancel(calls, sale)
    assert told(calls, sale, "email") == [("paid", None, "done")]


def test_an_effect_that_never_happened_is_cancelled_without_a_twin(client, db):
    calls = manager(client)
    own_rule(
        {"do": "membership_upgrade"},
        when={"field": "item_kind", "op": "eq", "value": "membership_reactivation"},
    )
    sale = sold(plan("membership_reactivation", "gold"))
    make_due(sale)
    work_off()
    assert effect_of(sale, "membership_upgrade").status is EffectStatus.PENDING
    assert cancel(calls, sale).json["status"] == "cancelled"
    assert told(calls, sale, "membership_upgrade") == [("paid", None, "cancelled")]
    assert effect_of(sale, "membership_upgrade").due_at is None


# -- who and why -----------------------------------------------------------------------------------


def test_the_reason_is_kept_with_what_was_done(client, db):
    calls = manager(client)
    sale = sold(book())
    cancel(calls, sale, "bought twice")
    db.session.rollback()
    entries = db.session.scalars(db.select(AuditEntry).where(AuditEntry.subject == "sales")).all()
    assert [entry.why for entry in entries if entry.after.get("status") == "cancelled"] == [
        "bought twice"
    ]


def test_an_unpaid_sale_is_cancelled_as_ever(client, db):
    calls, sku = manager(client), book(stock=10)
    sale = make_sale(sku=sku, paid=False)
    assert cancel(calls, sale).json["status"] == "cancelled" and stock(sku) == 10
    assert calls.post(f"/sales/{sale.id}/payment").status_code == 409


NO_CANCELLATIONS = [
    {},
    {"reason": ""},
    {"reason": "  "},
    {"reason": 5},
    {"reason": "x" * 501},
    {"reason": "x", "more": 1},
    [],
    "no",
]


def test_a_cancellation_says_why(client, db, subtests):
    sale, calls = sold(book()), manager(client)
    for body in NO_CANCELLATIONS:
        with subtests.test(body=body):
            answer = calls.post(f"/sales/{sale.id}/cancellation", body)
            assert answer.status_code == 422 and answer.json["errors"]
            kept = db.session.get(Sale, sale.id, populate_existing=True)
            assert kept.status is Status.INVOICED


def test_it_is_the_managers_to_say(client, db):
    sale = sold(book())
    for role in ("clerk", "reviewer", "accountant"):
        assert cancel(api(client, make_token(role)), sale).status_code == 403
    assert cancel(manager(client), 999).status_code == 404
