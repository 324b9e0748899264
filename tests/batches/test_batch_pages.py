"""Staff change many products together: marked ones, or all that fit a filter."""

import re
from decimal import Decimal

import pytest
from sqlalchemy import select

from tests.batches.test_apply_and_undo import prices, work_off
from tests.factories import api, make_product, make_token, open_shop, sign_in
from webapp.batches.models import ProductBatch

PERCENT = {"what": "price_percent", "price_percent": "10"}


@pytest.fixture
def manager(client, db):
    sign_in(client, "manager")
    return client


def test_marked_products_are_looked_at_changed_and_undone(manager, db):
    marked = make_product(sku="MARKED", price="10.00", cost="20.00")
    make_product(sku="OTHER", price="10.00")
    chosen = manager.post("/batches/choice", data={"ids": [marked.id]})
    assert chosen.location == f"/batches/new?ids={marked.id}"
    assert "1 product" in manager.get(chosen.location).text
    asked = manager.post("/batches", data=PERCENT | {"ids": str(marked.id)})
    looked = manager.get(asked.location).text
    assert "1 product changes." in looked and "1 would be sold below its cost." in looked
    assert "R$11.00" in re.sub(r"\s", "", looked) and set(prices().values()) == {Decimal(10)}
    under_way = manager.post(f"{asked.location}/application", follow_redirects=True)
    assert under_way.status_code == 200 and "0 of 1 products" in under_way.text
    work_off()
    assert prices() == {"MARKED": Decimal(11), "OTHER": Decimal(10)}
    under_way = manager.post(f"{asked.location}/undo", follow_redirects=True)
    assert under_way.status_code == 200 and "0 of 1 products" in under_way.text
    work_off()
    assert set(prices().values()) == {Decimal(10)}
    assert "Price +10.00 %" in manager.get("/batches").text


def test_all_that_fit_the_filter_are_changed(manager, db):
    for number in range(2):
        make_product(sku=f"A{number}", supplier="Alba")
    make_product(sku="B", supplier="Breu")
    page = manager.get("/products?supplier=Alba").text
    assert 'href="/batches/new?supplier=Alba"' in page
    form = manager.get("/batches/new?supplier=Alba").text
    assert "2 products" in form and 'value="supplier=Alba"' in form
    answer = manager.post("/batches", data=PERCENT | {"filter": "view=all&supplier=Alba"})
    assert answer.status_code == 303 and db.session.scalar(select(ProductBatch.total)) == 2
    assert manager.get("/batches/new?view=zzz").status_code == 422


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"price_percent": ""}, "Fill this in."),
        ({"price_percent": "-101"}, "At least -100 %."),
        ({"price_ending": "9"}, "Write the cents that prices end in"),
        ({"what": "ncm", "ncm": "123"}, "The NCM has 8 digits"),
        ({"what": "tax_profile", "tax_profile": "none"}, "There is no tax profile"),
        ({"what": "nothing"}, "Choose one of"),
        ({"filter": "q=nothing+like+it"}, "No product fits"),
    ],
)
def test_what_cannot_be_read_is_told_at_its_field(manager, db, typed, said):
    make_product(sku="P", price="10.00")
    answer = manager.post("/batches", data=PERCENT | {"filter": "view=all"} | typed)
    assert answer.status_code == 422 and said in answer.text
    assert db.session.scalar(select(ProductBatch.id)) is None


@pytest.mark.parametrize("filtered", [True, False])
def test_a_program_changes_and_undoes(client, db, filtered):
    open_shop()
    make_product(sku="P-1", price="10.00")
    calls = api(client, make_token())
    of = {"filter": {"q": "P-1"}} if filtered else {"ids": ["p-1"]}
    change = {"price_percent": "-10.00"}
    begun = calls.post("/batches", {"of": "products", **of, "change": change})
    assert begun.status_code == 202
    work_off()
    path = f"/batches/{begun.json['id']}"
    told = calls.get(path).json
    assert (told["status"], told["changed"], told["left"]) == ("done", 1, [])
    calls.patch("/products/P-1", {"price": "8.00"})
    for _time in range(2):
        assert calls.post(f"{path}/undo").status_code == 202
        work_off()
    told = calls.get(path).json
    assert told["status"] == "undone" and told["left"][0]["sku"] == "P-1"
    assert "It was changed meanwhile. (Token “checkout”," in told["left"][0]["reason"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"change": {}}, None),
        ({"change": {"price": "1.00", "ncm": ""}}, None),
        ({"change": {"price": 1}}, "change.price"),
        ({"change": {"price": "1.00", "price_ending": "90"}}, "change.price_ending"),
        ({"filter": {"view": "zzz"}}, "filter.view"),
        ({"ids": ["P-1"]}, "filter"),
        ({"filter": None, "ids": ["NONE"]}, "ids.0"),
        ({"of": "sales"}, "of"),
    ],
)
def test_a_call_that_makes_no_sense_changes_nothing(client, db, body, field):
    make_product(sku="P-1")
    calls = api(client, make_token())
    sent = {"of": "products", "filter": {}, "change": {"category": "x"}} | body
    answer = calls.post("/batches", sent)
    assert answer.status_code == 422, answer.json
    if field:
        assert field in {error["field"] for error in answer.json["errors"]}
