"""What a manager does on the pages of payments."""

import datetime as dt

import pytest

from tests.architecture.test_statements import MOST, TOLD
from tests.factories import api, make_token, open_shop, sign_in
from tests.payments.test_statements import HEAD, TODAY, findings, line, sale
from tests.support.imported_tables import taken
from tests.support.processed_sales import counted
from webapp.payments.models import Finding, PaymentProvider, Statement
from webapp.payments.receiving import await_payment
from webapp.sales.models import Sale


@pytest.fixture
def shop(client, db):
    open_shop()
    for reference in ("A", "LOST"):
        sale(reference)
    sale("OPEN", paid=False)
    table = HEAD + line("A", key="1") + line("OPEN", key="2") + line("X", "5,00", key="3")
    taken(api(client, make_token("manager")), table, kind="statement")
    sign_in(client, "manager")


def act(client, db, kind: str, act: str = "settlement", **told):
    found = db.session.scalars(db.select(Finding).where(Finding.kind == kind)).one()
    return client.post(f"/payments/findings/{found.id}/{act}", data=told)


def test_each_thing_that_is_strange_has_its_button(client, db, shop):
    page = client.get("/payments").text
    assert all(word in page for word in ("LOST", "OPEN", "Confirm the payment"))
    act(client, db, "unpaid")
    act(client, db, "no_order", "aside")
    # What is not money without an order cannot be put aside.
    act(client, db, "no_money", "aside")
    assert findings() == {("no_money", "LOST")}
    act(client, db, "no_money", **{"from": "statement"})
    assert findings() == set()
    assert "Nothing to look into" in client.get("/payments").text


def test_an_order_tells_its_money_and_has_the_button(client, app, db, shop):
    """`OPEN`: its money is in the statement, and it does not know."""
    found = db.session.scalars(db.select(Sale).where(Sale.reference == "OPEN")).one()
    await_payment(found, PaymentProvider.PIX, "7978c0c97ea8")
    db.session.commit()
    place = f"/sales/{found.id}"
    # What is known of views and of the house is read once for all pages.
    client.get("/views")
    with counted() as said:
        page = client.get(place).text
    assert len([each for each in said if not each.startswith(TOLD)]) <= MOST
    for word in ("Confirm the payment", "7978c0c97ea8", "/payments/statements/1", "collects it"):
        assert word in page, word
    clerk = app.test_client()
    sign_in(clerk)
    assert "Confirm the payment" not in clerk.get(f"/sales/{found.id}").text
    answer = act(client, db, "unpaid", **{"from": "order"})
    assert answer.location == f"/sales/{found.id}#payment"
    page = client.get(f"/sales/{found.id}").text
    assert "Confirm the payment" not in page and "No fee was agreed" in page


def test_strange_money_waits_in_the_queue_for_those_who_may(client, app, db, shop):
    with counted() as said:
        page = client.get("/attention").text
    assert len([each for each in said if not each.startswith(TOLD)]) <= MOST
    (lost,) = db.session.scalars(db.select(Finding.id).where(Finding.kind == "no_order"))
    (unpaid,) = db.session.scalars(db.select(Finding.id).where(Finding.kind == "unpaid"))
    assert "it is done with “Confirm the payment”" in page
    clerk = app.test_client()
    sign_in(clerk)
    assert "Confirm the payment" not in clerk.get("/attention").text
    assert clerk.post(f"/attention/money/{unpaid}/settlement").status_code == 403
    assert api(client, make_token()).get("/attention").json["items"] == []
    told = api(client, make_token("manager")).get("/attention").json["items"]
    assert {(item["id"], item["sale"] is None) for item in told} >= {(lost, True), (unpaid, False)}

    assert client.post(f"/attention/money/{unpaid}/settlement").status_code == 303
    wrong = client.post(f"/attention/money/{lost}/order", data={"reference": "NONE"})
    assert "There is no order NONE." in wrong.text
    assert client.post(f"/attention/money/{lost}/aside").status_code == 303
    assert findings() == {("no_money", "LOST")}


def test_a_statement_is_compared_with_other_orders(client, db, shop):
    (found,) = db.session.scalars(db.select(Statement))
    assert 'name="methods.pix" ' in client.get("/payments/statements/1").text.replace("\n", " ")
    told = {"methods.pix": "1", "methods.boleto": "0", "channel": "", "version": found.version}
    before = TODAY - dt.timedelta(days=9)
    days = {"orders_from": before.isoformat(), "orders_until": before.isoformat()}
    assert client.post("/payments/statements/1", data=told | days).status_code == 303
    assert ("no_money", "LOST") not in findings()
    db.session.expire_all()
    wide = {"orders_from": before.isoformat(), "orders_until": TODAY.isoformat()}
    told["version"] = db.session.scalars(db.select(Statement.version)).one()
    assert client.post("/payments/statements/1", data=told | wide).status_code == 303
    assert ("no_money", "LOST") in findings()
    reversed_days = {"orders_from": TODAY.isoformat(), "orders_until": before.isoformat()}
    answer = client.post("/payments/statements/1", data=told | reversed_days)
    assert answer.status_code == 422 and "before the first one" in answer.text


def test_a_provider_s_secrets_are_kept_and_never_shown(client, db):
    open_shop()
    sign_in(client, "admin")
    told = {"secret": "a-secret-of-the-address", "base_url": "https://pix.example.com"}
    assert client.post("/payments/providers/pix", data=told).status_code == 303
    page = client.get("/payments/providers?name=pix").text
    assert "https://pix.example.com" in page and "a-secret" not in page
    short = client.post("/payments/providers/pix", data=told | {"secret": "short"})
    assert short.status_code == 422 and "at least 16" in short.text
    strange = client.post("/payments/providers/pix", data=told | {"base_url": "http://bank"})
    assert strange.status_code == 422
    assert client.post("/payments/providers/none", data=told).status_code == 404
    client.post("/payments/providers/pix/removal")
    assert client.post("/notices/pix/a-secret-of-the-address", json={}).status_code == 400
