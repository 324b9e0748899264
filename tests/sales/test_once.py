"""The same thing said twice, one after the other or at once, happens once."""

import threading

import pytest
from sqlalchemy import func, select

from tests.factories import api, make_product, make_sale, make_token, sale_body, sign_in
from webapp.catalog.models import StockMovement
from webapp.customers.models import Customer
from webapp.sales.models import Sale


def at_once(app, token: str, *calls):
    """Makes the calls (each takes an Api) in threads that begin together; their answers in
    order."""
    gate, answers = threading.Barrier(len(calls)), [None] * len(calls)

    def run(place, call):
        caller = api(app.test_client(), token)
        gate.wait()
        answers[place] = call(caller)

    threads = [threading.Thread(target=run, args=(place, call)) for place, call in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def count(db, model) -> int:
    return db.session.scalar(select(func.count()).select_from(model))


@pytest.mark.both_databases
def test_the_same_key_and_body_answers_the_first_sale_again(client, db):
    make_product(sku="BOOK-1", stock=5)
    checkout = api(client, make_token())
    first = checkout.post("/sales", sale_body(), Idempotency_Key="k1")
    again = checkout.post("/sales", sale_body(), Idempotency_Key="k1")
    assert (first.status_code, again.status_code) == (201, 200) and first.json["id"] == again.json[
        "id"
    ]
    assert count(db, Sale) == 1
    assert checkout.post("/sales", sale_body(), Idempotency_Key="k2").status_code == 201


def test_the_same_key_with_another_body_is_refused(client, db):
    make_product(sku="BOOK-1")
    checkout = api(client, make_token())
    checkout.post("/sales", sale_body(), Idempotency_Key="k1")
    answer = checkout.post("/sales", sale_body(quantity=2), Idempotency_Key="k1")
    assert (
        answer.status_code == 409
        and answer.mimetype == "application/problem+json"
        and "another body" in answer.json["detail"]
    )
    assert answer.json["errors"][0]["field"] == "Idempotency-Key"
    assert count(db, Sale) == 1


def test_a_key_is_its_tokens_own(client, db):
    make_product(sku="BOOK-1")
    assert [
        api(client, make_token(name=name))
        .post("/sales", sale_body(), Idempotency_Key="k")
        .status_code
        for name in ("one", "other")
    ] == [201, 201]


@pytest.mark.both_databases
def test_a_refused_sale_leaves_its_key_free(client, db):
    product = make_product(sku="BOOK-1", stock=0)
    checkout = api(client, make_token())
    assert checkout.post("/sales", sale_body(), Idempotency_Key="k").status_code == 409
    assert (count(db, Sale), count(db, Customer), count(db, StockMovement)) == (0, 0, 0)
    product.stock = 1
    db.session.commit()
    assert checkout.post("/sales", sale_body(), Idempotency_Key="k").status_code == 201


@pytest.mark.both_databases
def test_the_same_request_at_once_makes_one_sale(app, db):
    product = make_product(sku="BOOK-1", stock=50)
    token = make_token()
    answers = at_once(
        app,
        token,
        *[lambda checkout: checkout.post("/sales", sale_body(), Idempotency_Key="k")] * 6,
    )
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [201]
    assert len({answer.json["id"] for answer in answers}) == 1
    db.session.expire_all()
    assert count(db, Sale) == 1 and product.stock == 49


@pytest.mark.both_databases
def test_new_sales_of_one_new_customer_at_once_are_all_taken(app, db):
    """They meet on the customer's document and on the stock; whoever loses a race runs it again."""
    products = [make_product(sku=f"P-{n}", stock=50) for n in (1, 2, 3)]
    token = make_token()

    def order(turn):
        lines = [{"sku": f"P-{(turn + n) % 3 + 1}", "quantity": 1} for n in range(3)]
        return lambda checkout: checkout.post(
            "/sales", sale_body(lines=lines), Idempotency_Key=f"k{turn}"
        )

    answers = at_once(app, token, *[order(turn) for turn in range(6)])
    assert [answer.status_code for answer in answers] == [201] * 6
    db.session.expire_all()
    assert count(db, Customer) == 1 and [product.stock for product in products] == [44, 44, 44]


@pytest.mark.both_databases
def test_the_last_piece_is_sold_once(app, db):
    product = make_product(sku="BOOK-1", stock=1)
    answers = at_once(
        app, make_token(), *[lambda checkout: checkout.post("/sales", sale_body())] * 4
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert refused.json["errors"][0]["field"] == "lines.0.quantity"
    db.session.expire_all()
    assert product.stock == 0


@pytest.mark.both_databases
def test_a_payment_said_twice_starts_once(app, db):
    sale = make_sale(paid=False)
    path = f"/sales/{sale.id}/payment"
    answers = at_once(app, make_token(), *[lambda checkout: checkout.post(path)] * 4)
    assert [answer.status_code for answer in answers] == [202] * 4
    assert {answer.json["status"] for answer in answers} == {"address"}
    db.session.expire_all()
    assert sale.attempts == 0 and sale.paid_at is not None


def test_a_form_sent_twice_makes_one_sale(client, db):
    make_product(sku="BOOK-1")
    sign_in(client)
    form = {
        "form_key": "f1",
        "customer.name": "José",
        "customer.document": "111.444.777-35",
        "address.zip_code": "05010000",
        "address.number": "7",
        "lines.0.sku": "BOOK-1",
        "lines.0.quantity": "1",
        "channel": "store",
        "payment_method": "pix",
    }
    first, again = client.post("/sales", data=form), client.post("/sales", data=form)
    assert first.status_code == again.status_code == 303 and first.location == again.location
    assert count(db, Sale) == 1
