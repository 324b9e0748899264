"""Commissions marked as paid: once however many say so, with what later changes leave to settle."""

import datetime as dt
import threading
from decimal import Decimal

import pytest
from sqlalchemy import select

from tests.factories import sign_in
from tests.fulfilment.commissions.test_commissions import reverse
from tests.support import worlds
from tests.support.processed_sales import agent, book, sold
from tests.support.transactions import in_transaction
from webapp.audit.models import AuditEntry
from webapp.fulfilment.commissions.models import Commission, CommissionPayment
from webapp.fulfilment.commissions.payments import mark_agent_paid
from webapp.platform.clock import utc_now
from webapp.platform.database import db as database
from webapp.sales.models import Sale

MONTH = "2025-03"


@pytest.fixture
def earned(db):
    """Two agents' commissions of a month that is over: R$ 5.00 and R$ 10.00; the first one's
    sale."""
    return db.session.get_one(Sale, earn())


@worlds.scene
def earn() -> int:
    agent("A1", "5.00"), agent("A2", "10.00", "Caio Reis")
    sale_id = sold(book(), agent="A1").id
    sold(book(), agent="A2")
    for row in database.session.scalars(select(Commission)):
        row.month = MONTH
    database.session.commit()
    return sale_id


@pytest.fixture
def manager(db, client):
    sign_in(client, "manager", email="rosa@example.com", name="Rosa Prado")
    return client


def payments(db) -> list[tuple[str, str]]:
    db.session.expire_all()
    found = db.session.scalars(db.select(CommissionPayment).order_by(CommissionPayment.agent_code))
    return [(one.agent_code, str(one.amount)) for one in found]


def pay(client, amount="5.00", code="A1", month=MONTH, **more):
    return client.post(f"/commissions/{month}/{code}/payment", data={"amount": amount, **more})


def test_an_agents_month_is_marked_as_paid_with_its_amount_and_who_did_it(earned, manager, db):
    assert pay(manager).location == f"/commissions?month={MONTH}"
    assert payments(db) == [("A1", "5.00")]
    page = manager.get(f"/commissions?month={MONTH}").text
    assert (
        'id="agent-A1" data-status="settled"' in page and 'id="agent-A2" data-status="open"' in page
    )
    assert "by Rosa Prado" in page
    entry = db.session.scalars(
        db.select(AuditEntry).where(AuditEntry.subject == "commission_payments")
    ).one()
    assert (entry.action, entry.subject_name, entry.after["amount"]) == (
        "created",
        f"A1 {MONTH}",
        "5.00",
    )


def test_where_all_was_taken_back_there_is_nothing_to_pay(earned, manager, db):
    reverse(db, earned)
    for row in db.session.scalars(db.select(Commission)):
        row.month = MONTH
    db.session.commit()
    page = manager.get(f"/commissions?month={MONTH}").text
    row = page.split('id="agent-A1"')[1].split("</tr>")[0]
    assert "Nothing to pay" in row and "Mark as paid" not in row


def test_said_twice_it_is_paid_once(earned, manager, db):
    pay(manager)
    paid_at = db.session.scalars(db.select(CommissionPayment)).one().paid_at
    pay(manager)
    db.session.expire_all()
    assert db.session.scalars(db.select(CommissionPayment)).one().paid_at == paid_at


def test_what_changes_later_is_left_to_settle_and_settled_by_saying_so_again(earned, manager, db):
    pay(manager)
    reverse(db, earned, share="0.4")
    page = manager.get(f"/commissions?month={MONTH}").text
    assert "paid R$5.00, now R$3.00: -R$2.00 to settle" in page and "Settle the difference" in page
    pay(manager, "3.00")
    assert payments(db) == [("A1", "3.00")]
    assert "to settle" not in manager.get(f"/commissions?month={MONTH}").text.lower()


def test_an_amount_that_is_no_longer_so_is_not_marked(earned, manager, db):
    reverse(db, earned, share="0.4")
    pay(manager, "5.00")
    assert payments(db) == []
    assert "It comes to R$3.00 by now. Nothing was marked" in manager.get("/commissions").text


def test_it_can_be_taken_back_and_said_twice_does_no_harm(earned, manager, db):
    pay(manager)
    for _time in range(2):
        assert manager.post(f"/commissions/{MONTH}/A1/payment/withdrawal").status_code == 303
    assert payments(db) == []


def test_a_whole_month_is_marked_at_once_and_only_who_waits_counts(earned, manager, db):
    pay(manager)
    manager.post(f"/commissions/{MONTH}/payments", data={"amount": "15.00"})
    assert "1 agent was marked as paid." in manager.get("/commissions").text
    assert payments(db) == [("A1", "5.00"), ("A2", "10.00")]
    assert "Mark the whole month" not in manager.get(f"/commissions?month={MONTH}").text


def test_a_month_that_is_not_over_is_asked_about_first(db, manager):
    agent()
    sold(book(), agent="A1")
    month = db.session.scalars(db.select(Commission)).one().month
    asked = pay(manager, month=month)
    assert asked.status_code == 409 and "The month is not over" in asked.text and payments(db) == []
    assert "Mark R$5.00 to Bruna Lima (A1) as paid already?" in asked.text
    assert pay(manager, month=month, confirmed="1").status_code == 303
    assert payments(db) == [("A1", "5.00")]


@pytest.mark.both_databases
def test_of_two_managers_at_once_one_marks_it(earned, app, db):
    db.session.rollback()
    met, failures = threading.Barrier(2), []

    def say(who):
        with app.app_context():
            try:
                met.wait()
                in_transaction(
                    lambda: mark_agent_paid(MONTH, "A1", Decimal("5.00"), who, utc_now())
                )
            except Exception as error:
                failures.append(error)

    people = [threading.Thread(target=say, args=(f"m{number}@example.com",)) for number in range(2)]
    for one in people:
        one.start()
    for one in people:
        one.join()
    assert failures == [] and payments(db) == [("A1", "5.00")]


@pytest.mark.parametrize("amount", ["", "x", "1e9", "NaN", "5", "5.001"])
def test_an_amount_that_is_none_is_refused(earned, manager, db, amount):
    assert pay(manager, amount).status_code == 422
    assert payments(db) == []


def test_an_agent_or_a_month_that_is_not_there(earned, manager, db):
    pay(manager, code="NOBODY")
    assert "This agent has no commissions in this month." in manager.get("/commissions").text
    assert pay(manager, month="2026-13").status_code == 422 and payments(db) == []


@pytest.mark.parametrize("path", ["/A1/payment", "/A1/payment/withdrawal", "/payments"])
def test_an_accountant_reads_and_marks_nothing(earned, client, path):
    sign_in(client, "accountant")
    assert "Mark as paid" not in client.get(f"/commissions?month={MONTH}").text
    assert client.post(f"/commissions/{MONTH}{path}", data={"amount": "5.00"}).status_code == 403


def test_the_file_tells_what_was_paid_and_what_is_left(earned, manager, db):
    pay(manager)
    reverse(db, earned, share="0.4")
    # 22:30 of the day before, where the shop is
    db.session.scalars(db.select(CommissionPayment)).one().paid_at = dt.datetime(
        2026, 11, 6, 1, 30, tzinfo=dt.UTC
    )
    db.session.commit()
    rows = manager.get(f"/commissions.csv?month={MONTH}", buffered=True).text.splitlines()
    assert rows[1:] == [
        f"A1,Bruna Lima,{MONTH},1,60.00,3.00,5.00,2026-11-05,-2.00",
        f"A2,Caio Reis,{MONTH},1,100.00,10.00,0.00,,10.00",
    ]


def test_a_reversal_names_the_month_of_what_it_takes_back(earned, manager, db):
    reverse(db, earned, month="2025-04")
    page = manager.get("/commissions?month=2025-04&agent=A1").text
    assert (
        'data-status="reversal"' in page
        and "of a commission of March 2025" in page
        and "-R$5.00" in page
    )
