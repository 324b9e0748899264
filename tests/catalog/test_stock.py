"""Stock set and changed by hand, and the ledger of it."""

import pytest
from sqlalchemy import select

from tests.factories import api, make_product, make_sale, make_token, sign_in
from webapp.audit.models import AuditEntry
from webapp.catalog.forms import StockIn
from webapp.catalog.models import Product, StockMovement
from webapp.catalog.product_edits import set_stock
from webapp.catalog.words import reason_words
from webapp.sales.placing import cancel_open

pytestmark = pytest.mark.both_databases


@pytest.fixture
def calls(client, db):
    make_product(sku="BAG", stock=10)
    return api(client, make_token())


def ledger(db):
    return [
        (each.change, each.balance, each.reason)
        for each in db.session.scalars(db.select(StockMovement).order_by("id"))
    ]


def stock(db):
    return db.session.scalar(db.select(Product.stock).where(Product.sku == "BAG"))


def test_it_is_set_or_changed_and_each_change_is_in_the_ledger(calls, db):
    assert calls.post("/products/BAG/stock", {"set": 5, "reason": "counted"}).json == {
        "sku": "BAG",
        "stock": 5,
        "previous": 10,
    }
    assert calls.post("/products/BAG/stock", {"change": -2, "reason": "broken"}).json == {
        "sku": "BAG",
        "stock": 3,
        "previous": 5,
    }
    assert calls.post("/products/BAG/stock", {"set": 3}).json == {
        "sku": "BAG",
        "stock": 3,
        "previous": 3,
    }
    assert ledger(db)[1:] == [(-5, 5, "counted"), (-2, 3, "broken")]
    assert sum(change for change, _balance, _reason in ledger(db)) == stock(db) == 3


def test_it_never_goes_below_zero(calls, db):
    answer = calls.post("/products/BAG/stock", {"change": -11})
    assert answer.status_code == 409
    assert answer.json["errors"] == [{"field": "change", "message": answer.json["detail"]}]
    assert "Only 10 of BAG" in answer.json["detail"]
    assert stock(db) == 10 and len(ledger(db)) == 1


def test_it_never_grows_beyond_counting(calls, db):
    answer = calls.post("/products/BAG/stock", {"change": 9_999_990})
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (409, "change")
    assert stock(db) == 10


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "set"),
        ({"set": 1, "change": 1}, "set"),
        ({"set": -1}, "set"),
        ({"set": True}, "set"),
        ({"set": 1.5}, "set"),
        ({"set": "5"}, "set"),
        ({"change": 10**9}, "change"),
        ({"set": 5, "seen": 10}, "seen"),
        ({"set": 1, "reason": "\0"}, "reason"),
    ],
)
def test_a_body_that_makes_no_sense_is_refused(calls, db, body, field):
    answer = calls.post("/products/BAG/stock", body)
    assert answer.status_code == 422
    assert answer.json["errors"][0]["field"] == field
    assert stock(db) == 10


def test_kinds_without_stock_say_so(calls):
    make_product(sku="EB", kind="ebook")
    answer = calls.post("/products/EB/stock", {"set": 5})
    assert answer.status_code == 409
    assert "keeps no stock" in answer.json["detail"]


def test_the_movements_of_a_product_that_turns_into_another_kind_still_sum_up(calls, db):
    calls.patch("/products/BAG", {"kind": "ebook"})
    calls.patch("/products/BAG", {"kind": "book", "stock": 4})
    assert [balance for _change, balance, _reason in ledger(db)] == [10, 0, 4]
    assert stock(db) == 4


def test_a_person_changes_it_on_the_products_page(client, db):
    product = make_product(stock=10)
    sign_in(client)
    page = client.post(
        f"/products/{product.id}/stock",
        data={"set": "", "change": "-3", "reason": "gift", "seen": "10"},
        follow_redirects=True,
    ).text
    assert "10 before, 7 now" in page
    assert "gift" in page
    assert ledger(db)[-1] == (-3, 7, "gift")


def test_the_same_change_sent_twice_counts_once(client, db):
    product = make_product(stock=10)
    sign_in(client)
    form = {"set": "", "change": "-3", "reason": "gift", "seen": "10"}
    client.post(f"/products/{product.id}/stock", data=form)
    again = client.post(f"/products/{product.id}/stock", data=form)
    assert again.status_code == 422
    assert "The stock is 7 by now" in again.text
    assert ledger(db)[-1] == (-3, 7, "gift")


def test_a_refused_change_keeps_what_was_typed(client, db):
    product = make_product(stock=10)
    sign_in(client)
    answer = client.post(
        f"/products/{product.id}/stock", data={"set": "ten", "change": "", "reason": "spring count"}
    )
    assert answer.status_code == 422
    assert 'value="ten"' in answer.text and 'value="spring count"' in answer.text
    assert "Use a whole number." in answer.text


def test_the_ledger_goes_on_page_by_page_and_leads_to_the_sale(client, db):
    product = make_product(sku="BAG", stock=100)
    sale = make_sale(sku="BAG")
    for number in range(25):
        set_stock(product, StockIn(set=50 + number))
    db.session.commit()
    sign_in(client)
    first = client.get(f"/products/{product.id}").text
    assert first.count('id="movement-') == 20
    following = next(
        part.split('"')[0] for part in first.split('href="') if "after=" in part.split('"')[0]
    )
    second = client.get(following.replace("&amp;", "&")).text
    assert second.count('id="movement-') == 7
    assert f'href="/sales/{sale.id}"' in second


def test_a_change_by_hand_is_an_audit_entry_with_its_reason(db):
    product = make_product(stock=5)
    set_stock(product, StockIn(change=-2, reason="broken in transit"))
    db.session.commit()
    entry = db.session.scalars(
        select(AuditEntry).where(AuditEntry.subject == "products").order_by(AuditEntry.id.desc())
    ).first()
    assert (entry.action, entry.subject_id, entry.after, entry.why) == (
        "changed",
        str(product.id),
        {"stock": 3},
        "broken in transit",
    )


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("first stock", "sold", "order cancelled")),
        ("pt_BR", ("primeiro estoque", "vendido", "pedido cancelado")),
    ],
)
def test_the_ledger_tells_why_in_the_readers_language(db, client, language, words):
    product = make_product()
    sale = make_sale(sku=product.sku, paid=False)
    cancel_open(sale, "order cancelled")
    db.session.commit()
    sign_in(client, locale=language)
    page = client.get(f"/products/{product.id}").text
    assert [word for word in words if word not in page] == []


def test_what_was_noted_in_earlier_words_and_what_a_person_typed_can_be_read(app):
    with app.test_request_context(headers={"Accept-Language": "pt-BR"}):
        assert reason_words("sale WEB-1", of_sale=True) == "vendido"
        assert reason_words("gift in WEB-1", of_sale=True) == "brinde"
        assert reason_words("sale of the year") == "sale of the year"
        assert reason_words("primeiro estoque") == "primeiro estoque"
