"""The list of NF-e, on screen and as JSON."""

import contextlib
import re

import pytest
from sqlalchemy import event

from tests.factories import api, make_product, make_token, sign_in
from tests.support.invoices import (
    authorized,
    decide,
    hold_large_orders,
    in_review,
    with_wrong_bar_code,
    worked_off,
)
from webapp.platform.database import db as database


def listed(page: str) -> list[int]:
    return [int(part.split('"')[0]) for part in page.split('<tr id="invoice-')[1:]]


@contextlib.contextmanager
def counted_queries():
    told = []

    def count(*_args):
        told.append(1)

    event.listen(database.engine, "before_cursor_execute", count)
    yield told
    event.remove(database.engine, "before_cursor_execute", count)


@pytest.mark.both_databases
def test_each_tab_shows_the_invoices_of_its_state(db, client):
    sent, wrong = authorized(), with_wrong_bar_code()
    returned, waiting = in_review(), worked_off()
    sign_in(client, "reviewer")
    decide(client, returned.id, "rejection", code="items", comment="")
    tabs = {
        "": [waiting, returned, wrong, sent],
        "review": [waiting],
        "errors": [wrong],
        "returned": [returned],
        "rejected": [],
        "sending": [],
        "authorized": [sent],
    }
    shown = {tab: listed(client.get(f"/invoices?status={tab}").text) for tab in tabs}
    assert shown == {tab: [one.id for one in expected] for tab, expected in tabs.items()}


@pytest.mark.both_databases
def test_an_invoice_is_found_by_what_people_know_of_it(db, client):
    first, second = authorized(reference="WEB-1"), worked_off(reference="WEB-2")
    sign_in(client, "accountant")
    assert listed(client.get("/invoices?q=web-2").text) == [second.id]
    assert listed(client.get(f"/invoices?q={first.access_key}").text) == [first.id]
    assert listed(client.get("/invoices?q=111.444.777-35", follow_redirects=True).text) == [
        second.id,
        first.id,
    ]
    assert listed(client.get("/invoices?q=conceicao").text) == [second.id, first.id]
    assert first.id in listed(client.get(f"/invoices?q={first.number}").text)
    assert listed(client.get("/invoices?q=nobody").text) == []
    assert listed(client.get("/invoices?month=2020-01").text) == []
    assert client.get("/invoices?month=november").status_code == 422


def test_a_row_tells_the_reason_and_offers_the_files(db, client):
    sent, wrong = authorized(), with_wrong_bar_code()
    sign_in(client, "reviewer")
    rows = client.get(f"/invoices/rows?ids={sent.id},{wrong.id},x,99").text
    assert f'<tr id="invoice-{wrong.id}" data-status="rejected"' in rows
    assert "Type it again from the box" in rows
    assert "Fix the bar code" in rows
    assert f'href="/invoices/{sent.id}/xml"' in rows
    assert f'href="/invoices/{wrong.id}/xml"' not in rows


def shown(client, invoice) -> str:
    return re.sub(r'title="[^"]*"', "", client.get(f"/invoices/rows?ids={invoice.id}").text)


def test_a_row_tells_once_why_an_nfe_is_held_and_what_else_is_to_be_looked_at(db, client):
    authorized()
    hold_large_orders("500.00")
    large = worked_off(sku=make_product(price="500.00").sku)
    sign_in(client, "reviewer")
    assert shown(client, large).count("Large orders wait") == 1
    assert "postal code" not in shown(client, large)
    large.sale.customer.zip_code = "01310100"
    db.session.commit()
    row = shown(client, large)
    assert row.count("Large orders wait") == 1 and "postal code is not the one" in row


def test_a_row_tells_once_that_the_shop_has_every_nfe_reviewed(db, client):
    waiting = in_review()
    sign_in(client, "reviewer")
    assert shown(client, waiting).lower().count("the shop has every nf-e reviewed") == 1


def test_the_list_costs_the_same_however_long_it_is(db, client):
    in_review()
    sign_in(client, "reviewer")
    client.get("/invoices")
    with counted_queries() as few:
        client.get("/invoices")
    for _number in range(4):
        worked_off()
    with counted_queries() as many:
        assert len(listed(client.get("/invoices").text)) == 5
    assert len(many) == len(few)


def test_json_lists_page_by_page(db, client):
    first, second = authorized(), worked_off()
    calls = api(client, make_token("accountant"))
    page = calls.get("/invoices?status=authorized&limit=1").json
    assert page["items"] == [
        {
            "id": second.id,
            "sale_id": second.sale_id,
            "purpose": "sale",
            "origin_id": None,
            "number": 2,
            "series": 1,
            "status": "authorized",
            "rejected_by": None,
            "access_key": second.access_key,
            "reasons": [],
            "total": "129.90",
            "issued_at": second.issued_at.isoformat(),
            "authorized_at": second.authorized_at.isoformat(),
            "protocol": second.protocol,
        }
    ]
    rest = calls.get(f"/invoices?status=authorized&limit=1&cursor={page['next_cursor']}").json
    assert ([one["id"] for one in rest["items"]], rest["next_cursor"]) == ([first.id], None)
    assert calls.get("/invoices?month=2020-01").json["items"] == []


@pytest.mark.parametrize("query", ["status=sent", "month=11/2026", "colour=red", "limit=0"])
def test_json_refuses_a_query_it_does_not_know(db, client, query):
    assert api(client, make_token("clerk")).get(f"/invoices?{query}").status_code == 422


def test_an_unknown_invoice_is_not_found(db, client):
    sign_in(client, "admin")
    assert client.get("/invoices/99").status_code == 404
    assert client.get(f"/invoices/{10**30}").status_code == 404
    assert api(client, make_token("clerk")).get("/invoices/99").status_code == 404
