"""Products as programs keep them."""

import pytest

from tests.factories import api, make_product, make_sale, make_token
from webapp.audit.models import AuditEntry
from webapp.catalog.models import Kind, Product

pytestmark = pytest.mark.both_databases
BOOK = {"sku": "BOOK-1", "name": "Crossings", "kind": "book", "price": "89.90"}


@pytest.fixture
def calls(client, db):
    return api(client, make_token())


@pytest.mark.parametrize("kind", list(Kind))
def test_a_product_of_each_kind_is_added_and_read_back(calls, kind):
    body = BOOK | {"kind": kind} | ({"plan": "gold"} if kind.is_membership else {})
    answer = calls.post("/products", body)
    assert answer.status_code == 201
    assert answer.json == calls.get("/products/BOOK-1").json
    assert answer.json["kind"] == kind and answer.json["price"] == "89.90"
    assert answer.json["stock"] == (0 if kind.is_goods else None)
    assert answer.json["on_nfe"] is kind.is_goods


def test_every_field_comes_back_as_it_was_sent(calls):
    body = BOOK | {
        "stock": 7,
        "supplier": "South Wind",
        "category": "Books",
        "description": "22 crossings\nwith maps",
        "specifications": "320 pages",
        "warranty_months": 3,
        "ncm": "4901.99.00",
        "gtin": "9786599999901",
        "origin": "1",
        "unit": "UN",
        "weight_g": 540,
        "cost": "31.25",
        "low_stock": 2,
        "on_nfe": False,
        "royalty_percent": "10.00",
        "author": "Lívia Montenegro",
        "isbn": "978-65-99999-90-1",
        "video_url": "https://example.com/v",
        "plan": "",
    }
    answer = calls.post("/products", body).json
    assert {name: answer[name] for name in body} == body | {
        "ncm": "49019900",
        "isbn": "9786599999901",
    }


def test_the_same_sku_again_is_refused(calls):
    calls.post("/products", BOOK)
    answer = calls.post("/products", BOOK | {"name": "Another"})
    assert answer.status_code == 409
    assert answer.json["errors"][0]["field"] == "sku"


def test_the_same_name_again_is_accepted(calls):
    calls.post("/products", BOOK)
    assert calls.post("/products", BOOK | {"sku": "BOOK-2"}).status_code == 201


def test_a_patch_changes_what_is_sent_and_nothing_else(calls):
    before = calls.post(
        "/products", BOOK | {"stock": 7, "author": "Lívia", "cost": "30.00", "on_nfe": False}
    ).json
    after = calls.patch("/products/BOOK-1", {"price": "99.90", "cost": None}).json
    changed = {"price", "cost", "updated_at"}
    assert (after["price"], after["cost"]) == ("99.90", None)
    assert {k: v for k, v in after.items() if k not in changed} == {
        k: v for k, v in before.items() if k not in changed
    }


def test_a_patch_may_change_the_kind_and_what_follows_from_it(calls):
    calls.post("/products", BOOK | {"stock": 7})
    after = calls.patch("/products/BOOK-1", {"kind": "ebook"}).json
    assert (after["stock"], after["on_nfe"]) == (None, False)
    back = calls.patch("/products/BOOK-1", {"kind": "book"}).json
    assert (back["stock"], back["on_nfe"]) == (0, True)


@pytest.mark.parametrize(
    ("patch", "field"),
    [
        ({"price": 5}, "price"),
        ({"name": None}, "name"),
        ({"colour": "red"}, "colour"),
        ({"kind": "ebook", "stock": 3}, "stock"),
    ],
)
def test_a_patch_that_makes_no_sense_is_refused_and_changes_nothing(calls, patch, field):
    before = calls.post("/products", BOOK).json
    answer = calls.patch("/products/BOOK-1", {"author": "Somebody"} | patch)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json["errors"]] == [field]
    assert calls.get("/products/BOOK-1").json == before


def test_the_kind_of_a_sold_product_stays(calls):
    make_product(sku="SOLD")
    make_sale(sku="SOLD")
    assert calls.patch("/products/SOLD", {"kind": "book"}).json["errors"][0]["field"] == "kind"
    assert calls.patch("/products/SOLD", {"price": "1.00"}).status_code == 200


def test_a_product_never_sold_is_deleted_with_its_movements(calls, db):
    calls.post("/products", BOOK | {"stock": 7})
    answer = calls.delete("/products/BOOK-1")
    assert (answer.status_code, answer.data) == (204, b"")
    assert calls.get("/products/BOOK-1").status_code == 404
    assert db.session.scalar(db.select(AuditEntry.action).where(AuditEntry.action == "deleted"))


def test_a_sold_product_is_not_deleted(calls):
    make_product(sku="SOLD")
    make_sale(sku="SOLD")
    answer = calls.delete("/products/SOLD")
    assert answer.status_code == 409
    assert "archive it" in answer.json["detail"]
    assert calls.get("/products/SOLD").status_code == 200


@pytest.mark.parametrize("path", ["/products/NONE", "/products/%00", "/products/%F0%9F%93%9A"])
def test_an_unknown_sku_is_not_found(calls, path):
    assert calls.get(path).status_code == 404
    assert calls.patch(path, {"price": "1.00"}).status_code == 404
    assert calls.delete(path).status_code == 404


def test_the_list_is_searched_and_filtered(calls):
    make_product(
        sku="LV-1",
        name="Aprendendo a Esquiar",
        kind="book",
        isbn="9786599999901",
        author="Lívia Montenegro",
    )
    make_product(sku="EB-1", name="Aprendendo a Esquiar (e-book)", kind="ebook")
    make_product(sku="OFF_50", name="Bottle")

    def found(query):
        return [item["sku"] for item in calls.get(f"/products?{query}").json["items"]]

    assert found("") == ["OFF_50", "EB-1", "LV-1"]
    assert found("q=esquiar+aprendendo") == ["EB-1", "LV-1"]
    assert found("q=livia") == ["LV-1"]
    assert found("q=978-65-99999-90-1") == ["LV-1"]
    assert found("q=esquiar&kind=ebook") == ["EB-1"]
    assert found("q=f_5") == ["OFF_50"]
    assert found("q=%25") == []
    assert found("q=%00" + "x" * 60_000) == []


def test_an_unknown_kind_or_parameter_is_refused(calls):
    assert calls.get("/products?kind=car").json["errors"][0]["field"] == "kind"
    assert calls.get("/products?colour=red").json["errors"][0]["field"] == "colour"


def test_the_list_goes_on_page_by_page(calls):
    for number in range(5):
        make_product(sku=f"P-{number}")
    first = calls.get("/products?limit=3").json
    second = calls.get(f"/products?limit=3&cursor={first['next_cursor']}").json
    assert [item["sku"] for item in first["items"] + second["items"]] == [
        "P-4",
        "P-3",
        "P-2",
        "P-1",
        "P-0",
    ]
    assert second["next_cursor"] is None


def test_what_changed_is_audited_with_who_did_it(calls, db):
    calls.post("/products", BOOK)
    calls.patch("/products/BOOK-1", {"price": "99.90"})
    entry = db.session.scalars(db.select(AuditEntry).where(AuditEntry.action == "changed")).one()
    assert (entry.actor, entry.subject_name, entry.before, entry.after) == (
        "token checkout",
        "BOOK-1",
        {"price": "89.90"},
        {"price": "99.90"},
    )
    assert db.session.scalar(db.select(Product.version)) == 2


@pytest.mark.parametrize(
    ("kind", "ncm", "plan"),
    [
        ("book", "49019900", ""),
        ("video", "85234990", ""),
        ("physical", "", ""),
        ("ebook", "", ""),
        ("membership", "", "PLAIN-1"),
    ],
)
def test_what_the_kind_alone_tells_need_not_be_sent(db, client, kind, ncm, plan):
    calls = api(client, make_token("clerk"))
    made = calls.post(
        "/products", {"sku": "PLAIN-1", "name": "Plain", "kind": kind, "price": "10.00"}
    )
    assert (made.status_code, made.json["ncm"], made.json["plan"]) == (201, ncm, plan)


@pytest.mark.parametrize("twin", ["book-1", "Book-1", "BOOK-1"])
def test_a_sku_that_differs_in_case_alone_is_taken(calls, twin):
    assert calls.post("/products", BOOK).status_code == 201
    answer = calls.post("/products", BOOK | {"sku": twin})
    assert answer.status_code == 409
    assert "the SKU BOOK-1 already" in answer.json["detail"]


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("first", "twin"),
    [("ação-1", "AÇÃO-1"), ("AÇÃO-1", "ação-1"), ("AÇão-1", "açÃO-1"), ("FI-0002", "ＦＩ-0002")],
)
def test_a_sku_that_differs_in_the_case_of_accents_or_in_width_alone_is_taken(calls, first, twin):
    assert calls.post("/products", BOOK | {"sku": first}).status_code == 201
    answer = calls.post("/products", BOOK | {"sku": twin})
    assert answer.status_code == 409 and f"the SKU {first} already" in answer.json["detail"]
    assert calls.post("/products", BOOK | {"sku": "acao-1"}).status_code == 201


@pytest.mark.parametrize("asked", ["book-1", "Book-1", "BOOK-1"])
def test_a_product_is_found_by_its_sku_in_any_case(calls, asked):
    calls.post("/products", BOOK)
    assert calls.get(f"/products/{asked}").json["sku"] == "BOOK-1"
    assert calls.patch(f"/products/{asked}", {"name": "Other"}).json["sku"] == "BOOK-1"
    assert calls.get("/products/book-2").status_code == 404


def test_a_product_may_change_the_case_of_its_own_sku(calls):
    calls.post("/products", BOOK)
    assert calls.patch("/products/BOOK-1", {"sku": "Book-1"}).json["sku"] == "Book-1"
