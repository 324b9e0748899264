"""From a rule to the last orders for which it fired."""

import pytest

from tests.factories import make_product, make_sale, open_shop, sign_in, work_off
from tests.support.processed_sales import PLACE, agent, book, counted, publish, sold
from tests.support.rule_facts import rule
from webapp.rules.models import Decision
from webapp.rules.pages.rule_orders import MOST_ORDERS, last_fired_for

BOOKS = {"field": "item_kind", "op": "eq", "value": "book"}


def references(code: str) -> list[str]:
    return [sale.reference for _when, sale in last_fired_for(code)]


@pytest.mark.both_databases
def test_only_the_orders_for_which_it_fired_the_newest_first(db):
    open_shop()
    first = sold(book()).reference
    sold(make_product().sku)
    third = sold(book()).reference
    assert references("royalty_slip") == [third, first]
    assert references("never_there") == []


def test_an_exception_that_only_skips_another_rule_is_found_too(db):
    agent()
    publish(
        [
            rule("no_books", BOOKS, [{"do": "skip_rule", "codes": ["pay"]}], priority=5),
            rule("pay", BOOKS, [{"do": "commission", "percent": "agent"}]),
        ]
    )
    sale = sold(book(), agent="A1")
    assert references("no_books") == [sale.reference]
    assert references("pay") == []


def test_the_page_leads_to_each_order_and_to_its_why(db, client):
    sale = sold(book())
    sign_in(client, "manager")
    page = client.get("/rules/royalty_slip/orders").text
    assert (
        f'href="/sales/{sale.id}"' in page and f'href="/sales/{sale.id}/rules/royalty_slip"' in page
    )
    assert 'href="/rules/royalty_slip/orders"' in client.get("/rules").text
    assert "It has not been applied yet" in client.get("/rules/never_there/orders").text


def test_a_rule_removed_since_is_called_by_its_name(db, client):
    publish([rule("gone", BOOKS, [{"do": "hold"}], name={"pt_BR": "Retém", "en": "Holds books"})])
    sold(book())
    publish([])
    sign_in(client, "manager")
    assert "<h1>Holds books</h1>" in client.get("/rules/gone/orders").text


def test_it_is_for_managers(db, client):
    sign_in(client, "clerk")
    assert client.get("/rules/royalty_slip/orders").status_code == 403


def test_it_shows_no_more_than_the_last_ones_and_asks_no_more(db, client):
    open_shop()
    sku = book(stock=100)
    for _sale in range(MOST_ORDERS + 5):
        make_sale(sku=sku, address=PLACE)
    work_off()
    assert db.session.scalar(db.select(db.func.count(Decision.id))) == MOST_ORDERS + 5
    with counted() as said:
        assert len(last_fired_for("royalty_slip")) == MOST_ORDERS
    assert len(said) <= 5
