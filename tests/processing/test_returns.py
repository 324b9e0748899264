"""Goods of an authorized NF-e come back: the return note goes its way, and stock and refund follow
its authorization, each unit once."""

import datetime as dt
from decimal import Decimal

import pytest
from lxml import etree

from tests.factories import api, make_product, make_sale, make_token, open_shop, work_off
from tests.support.processed_sales import book, sold, three_books
from tests.support.released_notes import hold_every_note, release_every_note
from tests.support.sale_reversals import (
    cancel,
    commission,
    manager,
    open_tasks,
    refund,
    stock,
    videos_with_a_gift,
)
from webapp.fiscal.authority import Answer
from webapp.fiscal.reading import Reading
from webapp.fulfilment.tasks.models import Task
from webapp.invoices.models import Invoice, InvoiceStatus, Purpose
from webapp.invoices.queries import invoice_of, returns_of
from webapp.platform.clock import utc_now
from webapp.processing.attention import resume_note
from webapp.processing.returns import drop_return
from webapp.sales.models import Refund, Sale, Shipping, Status


@pytest.fixture(autouse=True)
def shop_is_open(db):
    open_shop()


def ship(calls, sale):
    calls.post(f"/sales/{sale.id}/shipment", {"carrier": "Correios", "tracking_code": "AA1"})


def give_back(calls, sale, *lines: tuple[int, int], reason: str = "came back", **more):
    """(line, quantity) each."""
    headers = {name: more.pop(name) for name in list(more) if name == "Idempotency_Key"}
    asked = [{"line": line, "quantity": quantity} for line, quantity in lines]
    body = {"lines": asked, "reason": reason} | more
    return calls.post(f"/sales/{sale.id}/returns", body, **headers)


def returned(calls, sale, *lines: tuple[int, int], **more) -> Invoice:
    """A return that went all its way."""
    answer = give_back(calls, sale, *lines, **more)
    assert answer.status_code == 202, answer.json
    work_off()
    return note(answer)


def note(answer) -> Invoice:
    from webapp.platform.database import db

    db.session.rollback()
    return db.session.get(Invoice, answer.json["invoice"]["id"])


def refunds(db) -> list[tuple[str, str]]:
    db.session.rollback()
    rows = db.session.scalars(db.select(Refund).order_by(Refund.id))
    return [(str(each.amount), each.refunded_by.split(":")[0]) for each in rows]


@pytest.mark.both_databases
def test_stock_and_refund_follow_the_authorization(client, db):
    calls, sale = manager(client), three_books(price="100.00")
    ship(calls, sale)
    hold_every_note()
    answer = give_back(calls, sale, (1, 2), cause="regret")
    work_off()
    made = note(answer)
    assert (made.status, made.purpose, str(made.total)) == (
        InvoiceStatus.REVIEW,
        Purpose.RETURN,
        "200.00",
    )
    assert stock("BOOK") == 7 and refunds(db) == [] and commission() == 15
    release_every_note()
    work_off()
    made = note(answer)
    assert made.status is InvoiceStatus.AUTHORIZED and made.due_at is None
    assert stock("BOOK") == 9 and commission() == 5
    assert [amount for amount, _by in refunds(db)] == ["200.00"]
    # The goods are here, and their note is made: nobody is asked for either.
    assert open_tasks() == []
    read = Reading(etree.fromstring(made.signed_xml), None, None)
    assert read.items[0].reference == invoice_of(sale.id).access_key
    assert made.tax_profiles[0]["code"] == "book" and made.number == 2
    assert db.session.get(Sale, sale.id).status is Status.INVOICED
    # The sale's own note is still its own.
    assert invoice_of(sale.id).id == made.origin_id
    told = calls.get(f"/sales/{sale.id}").json["invoice"]
    assert told["id"] == made.origin_id
    listed = calls.get("/invoices?purpose=return").json["items"]
    assert [(each["id"], each["origin_id"]) for each in listed] == [(made.id, made.origin_id)]


def test_a_refund_before_the_return_is_not_made_twice(client, db):
    """Refunded 2 of 3 that had shipped, then returned all 3: one more is refunded, three are in
    stock."""
    calls, sale = manager(client), three_books(price="100.00")
    ship(calls, sale)
    refund(calls, sale, (1, 2))
    assert sorted(open_tasks()) == ["goods_to_come_back", "return_note"]
    returned(calls, sale, (1, 1))
    assert stock("BOOK") == 8 and len(refunds(db)) == 1
    assert sorted(open_tasks()) == ["goods_to_come_back", "return_note"]
    returned(calls, sale, (1, 2))
    assert stock("BOOK") == 10 and [amount for amount, _by in refunds(db)] == ["200.00", "100.00"]
    assert open_tasks() == [] and commission() == 0


def test_a_refund_before_shipping_has_put_its_stock_back(client, db):
    calls, sale = manager(client), three_books(price="100.00")
    refund(calls, sale, (1, 1))
    assert stock("BOOK") == 8 and open_tasks() == ["return_note"]
    ship(calls, sale)
    returned(calls, sale, (1, 1))
    assert stock("BOOK") == 8 and len(refunds(db)) == 1 and open_tasks() == []
    returned(calls, sale, (1, 2))
    assert stock("BOOK") == 10 and len(refunds(db)) == 2
    # All of it is back, twice over.
    assert give_back(calls, sale, (1, 1)).status_code == 422


def test_what_was_put_into_stock_by_hand_is_there(client, db):
    calls, sale = manager(client), three_books()
    ship(calls, sale)
    refund(calls, sale, (1, 2))
    calls.post("/products/BOOK/stock", {"change": 2, "reason": "came back"})
    task = db.session.scalars(db.select(Task).where(Task.code == "goods_to_come_back")).one()
    calls.post(f"/tasks/{task.id}/completion", {"outcome": "on the shelf"})
    returned(calls, sale, (1, 3))
    assert stock("BOOK") == 10 and open_tasks() == []


def test_a_return_and_then_a_refund_of_another_unit(client, db):
    calls, sale = manager(client), three_books()
    ship(calls, sale)
    returned(calls, sale, (1, 1))
    assert refund(calls, sale, (1, 3)).status_code == 422
    refund(calls, sale, (1, 2))
    assert stock("BOOK") == 8 and sorted(open_tasks()) == ["goods_to_come_back", "return_note"]
    returned(calls, sale, (1, 2))
    assert stock("BOOK") == 10 and len(refunds(db)) == 2 and open_tasks() == []


def test_units_one_by_one_add_up_to_the_note(client, db):
    calls, sale = manager(client), three_books(price="33.33")
    notes = [returned(calls, sale, (1, 1)) for _unit in range(3)]
    assert [each.status for each in notes] == [InvoiceStatus.AUTHORIZED] * 3
    assert sum(each.total for each in notes) == invoice_of(sale.id).total == Decimal("99.99")
    # Nothing had shipped: what came back with the refund comes back once.
    assert stock("BOOK") == 10 and commission() == 0


def test_of_a_cancelled_order_only_the_goods_come_back(client, db):
    calls, sale = manager(client), three_books()
    ship(calls, sale)
    cancel(calls, sale)
    assert sorted(open_tasks()) == ["goods_to_come_back", "return_note"]
    returned(calls, sale, (1, 3))
    assert stock("BOOK") == 10 and refunds(db) == [] and open_tasks() == []
    assert db.session.get(Sale, sale.id).status is Status.CANCELLED


def test_of_an_order_cancelled_in_the_house_the_stock_is_back_already(client, db):
    calls, sale = manager(client), three_books()
    invoice_of(sale.id).authorized_at = utc_now() - dt.timedelta(hours=481)
    db.session.commit()
    cancel(calls, sale)
    assert stock("BOOK") == 10
    returned(calls, sale, (1, 3))
    assert stock("BOOK") == 10 and open_tasks() == []


def test_an_nfe_whose_goods_were_returned_is_not_to_be_cancelled(client, db):
    calls, sale = manager(client), three_books()
    returned(calls, sale, (1, 1))
    cancel(calls, sale)
    assert open_tasks() == ["return_note"]


def test_a_refund_while_its_return_is_under_way_asks_for_no_other(client, db):
    calls, sale = manager(client), three_books()
    hold_every_note()
    give_back(calls, sale, (1, 1))
    work_off()
    refund(calls, sale, (1, 1))
    assert open_tasks() == [] and stock("BOOK") == 8
    release_every_note()
    work_off()
    assert len(refunds(db)) == 1 and stock("BOOK") == 8


def test_a_gift_comes_back_by_its_own_item(client, db):
    calls = manager(client)
    videos_with_a_gift(stock=3)
    sale = sold("VD-1")
    ship(calls, sale)
    made = returned(calls, sale, (1, 1))
    assert str(made.total) == "50.00" and stock("VD-1") == 100
    # Its gift is owed back with it, and not here yet.
    assert stock("VD-2") == 2 and sorted(open_tasks()) == ["goods_to_come_back", "return_note"]
    returned(calls, sale, (2, 1))
    assert stock("VD-2") == 3 and open_tasks() == []


def test_only_goods_on_the_note_come_back_with_one(client, db):
    calls = manager(client)
    mug, ebook = make_product(), make_product(kind="ebook")
    sale = sold(mug.sku, ebook.sku)
    answer = give_back(calls, sale, (2, 1))
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "lines.0.line")
    assert "refund alone" in answer.json["errors"][0]["message"]
    made = returned(calls, sale, (1, 1))
    assert str(made.total) == "129.90"


WRONG = [
    ([], "lines"),
    ([{"line": 1}], "lines.0.quantity"),
    ([{"line": 9, "quantity": 1}], "lines.0.line"),
    ([{"line": 1, "quantity": 0}], "lines.0.quantity"),
    ([{"line": 1, "quantity": 4}], "lines.0.quantity"),
    ([{"line": 1, "quantity": 1}, {"line": 1, "quantity": 1}], "lines.1.line"),
]


def test_a_return_that_makes_no_sense_is_refused_in_words(client, db, subtests):
    sale, calls = three_books(), manager(client)
    for lines, field in WRONG:
        with subtests.test(lines=lines):
            answer = calls.post(f"/sales/{sale.id}/returns", {"lines": lines, "reason": "x"})
            assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, field)
    bare = calls.post(f"/sales/{sale.id}/returns", {"lines": [{"line": 1, "quantity": 1}]})
    assert (bare.status_code, bare.json["errors"][0]["field"]) == (422, "reason")
    assert returns_of(sale.id) == []


def test_a_return_is_made_once_for_each_key(client, db):
    calls, sale = manager(client), three_books()
    first = give_back(calls, sale, (1, 1), Idempotency_Key="D-1")
    work_off()
    again = give_back(calls, sale, (1, 1), Idempotency_Key="D-1")
    assert first.json == again.json and again.status_code == 202
    assert give_back(calls, sale, (1, 2), Idempotency_Key="D-1").status_code == 409
    assert len(returns_of(sale.id)) == 1


def test_where_no_return_can_be_made_it_says_why(client, db):
    calls = manager(client)
    fresh = make_sale()
    assert "once the order's NF-e is authorized" in give_back(calls, fresh, (1, 1)).json["detail"]
    company = {"name": "Livraria Ltda", "document": "11.222.333/0001-81"}
    sale = sold(book(), customer=company)
    db.session.get(Sale, sale.id).customer_taxpayer = "contributor"
    db.session.commit()
    answer = give_back(calls, sale, (1, 1))
    assert answer.status_code == 409 and "return note of its own" in answer.json["detail"]
    assert give_back(api(client, make_token("accountant")), sale, (1, 1)).status_code == 403


def test_a_return_that_is_refused_is_mended_or_dropped(client, db, monkeypatch):
    calls, sale = manager(client), three_books()
    key = "9" * 44
    refusal = Answer(key, "230", "Rejeicao: IE do emitente nao cadastrada")
    with monkeypatch.context() as patched:
        patched.setattr(
            "webapp.authority.sandbox.Sandbox.authorize",
            lambda self, signed: [refusal for _one in signed],
        )
        made = note(answer := give_back(calls, sale, (1, 1)))
        work_off()
    made = note(answer)
    assert (made.status, made.number) == (InvoiceStatus.REJECTED, 2)
    reasons = calls.get(f"/invoices/{made.id}").json["reasons"]
    assert [(each["code"], each["field"]) for each in reasons] == [
        ("230", "settings.issuer.state_registration")
    ]
    assert db.session.get(Sale, sale.id).status is Status.INVOICED
    # Its units are held, and free again once it is dropped; its number goes to the next.
    assert give_back(calls, sale, (1, 3)).status_code == 422
    drop_return(made)
    db.session.commit()
    again = returned(calls, sale, (1, 3))
    assert (again.status, again.number) == (InvoiceStatus.AUTHORIZED, 2)


def cancelled(calls, made: Invoice) -> None:
    answer = calls.post(f"/invoices/{made.id}/cancellation", {"reason": "made by mistake, sorry"})
    assert answer.status_code == 202, answer.json
    work_off()


def test_the_goods_of_a_cancelled_return_leave_again(client, db):
    calls, sale = manager(client), three_books(price="100.00")
    ship(calls, sale)
    made = returned(calls, sale, (1, 2))
    assert stock("BOOK") == 9
    cancelled(calls, made)
    made = db.session.get(Invoice, made.id)
    assert made.status is InvoiceStatus.CANCELLED and made.due_at is None
    # What was refunded stays so, and needs a note: the units may be returned anew.
    assert stock("BOOK") == 7 and len(refunds(db)) == 1 and open_tasks() == ["return_note"]
    assert db.session.get(Sale, sale.id).status is Status.INVOICED
    again = returned(calls, sale, (1, 3))
    assert str(again.total) == "300.00" and stock("BOOK") == 10 and open_tasks() == []
    assert [amount for amount, _by in refunds(db)] == ["200.00", "100.00"]


def test_what_a_cancelled_return_had_put_back_may_be_sold(client, db):
    calls, sale = manager(client), three_books()
    ship(calls, sale)
    made = returned(calls, sale, (1, 3))
    make_sale(sku="BOOK", quantity=9)
    cancelled(calls, made)
    assert stock("BOOK") == 1 and sorted(open_tasks()) == ["return_not_taken_out", "return_note"]


def test_an_nfe_that_is_being_cancelled_is_not_returned(client, db):
    calls, sale = manager(client), three_books()
    origin = invoice_of(sale.id)
    calls.post(f"/invoices/{origin.id}/cancellation", {"reason": "made by mistake, sorry"})
    assert "asked to cancel" in give_back(calls, sale, (1, 1)).json["detail"]


def test_a_code_that_was_refused_is_told_as_it_is_by_now(client, db, monkeypatch):
    calls, sale = manager(client), three_books()
    refusal = Answer("9" * 44, "778", "Rejeicao: NCM inexistente [nItem:1]")
    with monkeypatch.context() as patched:
        patched.setattr(
            "webapp.authority.sandbox.Sandbox.authorize",
            lambda self, signed: [refusal for _one in signed],
        )
        answer = give_back(calls, sale, (1, 1))
        work_off()
    assert note(answer).status is InvoiceStatus.REJECTED
    assert calls.patch("/products/BOOK", {"ncm": "49011000"}).status_code == 200
    resume_note(note(answer))
    work_off()
    made = note(answer)
    assert made.status is InvoiceStatus.AUTHORIZED and made.number == 2
    assert "<NCM>49011000</NCM>" in made.signed_xml.decode()


def test_a_parcel_refused_at_the_door_comes_back_too(client, db):
    calls, sale = manager(client), three_books()
    ship(calls, sale)
    row = db.session.get(Sale, sale.id)
    row.customer_taxpayer, row.customer_state_registration = "contributor", "110042490114"
    db.session.commit()
    made = returned(calls, sale, (1, 3), cause="refused", reason="")
    assert made.status is InvoiceStatus.AUTHORIZED and stock("BOOK") == 10
    assert db.session.get(Sale, sale.id).shipping is Shipping.SHIPPED
    assert "recusada na entrega" in made.signed_xml.decode()
