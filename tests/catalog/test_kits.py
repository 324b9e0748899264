"""A kit: how it is made of parts, and what may be sold of it."""

import pytest

from tests.factories import api, make_product, make_token, sign_in
from tests.support.processed_sales import counted
from webapp.catalog.models import KitPart, Product

KIT = {"sku": "KIT", "name": "Breakfast", "kind": "physical", "price": "90.00"}


@pytest.fixture
def calls(client, db):
    make_product(sku="CUP", stock=10, weight_g=300, cost="4.00")
    make_product(sku="PLATE", stock=7, weight_g=500)
    return api(client, make_token("clerk"))


def parts(*told: tuple[str, int]) -> list[dict]:
    return [{"sku": sku, "quantity": quantity} for sku, quantity in told]


def kit(calls, *told: tuple[str, int], **facts):
    answer = calls.post("/products", KIT | {"parts": parts(*told)} | facts)
    assert answer.status_code == 201, answer.json
    return answer.json


def words(answer) -> dict[str, str]:
    assert answer.status_code in (409, 422), answer.json
    return {error["field"]: error["message"] for error in answer.json["errors"]}


def test_there_are_as_many_as_the_scarcest_part_allows(calls):
    made = kit(calls, ("CUP", 2), ("PLATE", 3))
    # Of 10 cups there are 5 pairs, of 7 plates two threes.
    assert (made["stock"], made["parts"]) == (2, parts(("CUP", 2), ("PLATE", 3)))
    assert calls.get("/products/CUP").json["parts"] == []
    calls.post("/products/PLATE/stock", {"set": 30})
    listed = {each["sku"]: each["stock"] for each in calls.get("/products").json["items"]}
    assert listed == {"KIT": 5, "CUP": 10, "PLATE": 30}


def test_a_list_of_kits_asks_for_their_parts_at_once(calls, db, client):
    def asked() -> int:
        with counted() as said:
            calls.get("/products")
        return len(said)

    without = asked()
    for number in range(5):
        kit(calls, ("CUP", 1), sku=f"KIT-{number}")
    assert asked() == without + 1


def test_parts_change_and_it_may_become_a_product_again(calls, db):
    kit(calls, ("CUP", 2))
    changed = calls.patch("/products/KIT", {"parts": parts(("PLATE", 1), ("CUP", 1))}).json
    assert (changed["stock"], changed["parts"]) == (7, parts(("CUP", 1), ("PLATE", 1)))
    # What is not told stays.
    assert calls.patch("/products/KIT", {"price": "95.00"}).json["parts"] == changed["parts"]
    plain = calls.patch("/products/KIT", {"parts": []}).json
    assert (plain["stock"], plain["parts"]) == (0, [])
    assert db.session.scalars(db.select(KitPart)).all() == []
    told = client_of(calls).get("/audit?subject=products").text
    assert "1 × CUP, 1 × PLATE" in told


def client_of(calls):
    sign_in(calls.client, "admin")
    return calls.client


@pytest.mark.parametrize(
    ("told", "field", "message"),
    [
        ([("NONE", 1)], "parts.0.sku", "There is no product with the SKU NONE."),
        ([("CUP", 1), ("cup", 2)], "parts.1.sku", "CUP is named twice; write one row."),
        ([("CUP", 1), ("EBOOK", 1)], "parts.1.sku", "EBOOK keeps no stock"),
        ([("OLD-KIT", 1)], "parts.0.sku", "OLD-KIT is a kit itself; name its parts."),
        ([("CUP", 0)], "parts.0.quantity", "At least 1."),
        ([("CUP", 1000)], "parts.0.quantity", "At most 999."),
    ],
)
def test_what_is_no_part_is_told_at_its_row(calls, told, field, message):
    make_product(sku="EBOOK", kind="ebook")
    kit(calls, ("CUP", 1), sku="OLD-KIT")
    refused = words(calls.post("/products", KIT | {"parts": parts(*told)}))
    assert message in refused[field]


def test_a_kit_is_no_part_of_itself_and_no_part_becomes_one(calls):
    kit(calls, ("CUP", 1))
    itself = words(calls.patch("/products/KIT", {"parts": parts(("KIT", 1))}))
    assert itself == {"parts.0.sku": "A kit cannot be a part of itself."}
    calls.post("/products/CUP/stock", {"set": 0})
    inner = words(calls.patch("/products/CUP", {"parts": parts(("PLATE", 1))}))
    assert inner == {"parts.0.sku": "CUP is a part of the kit KIT, so it is no kit."}


def test_what_is_in_stock_must_be_put_away_first(calls, db):
    asked = {"parts": parts(("PLATE", 1))}
    held = words(calls.patch("/products/CUP", asked))
    assert held["stock"].startswith("10 are in stock, and a kit keeps none of its own")
    assert words(calls.patch("/products/CUP", asked | {"stock": 3}))["stock"]
    assert calls.patch("/products/CUP", asked | {"stock": 0}).json["stock"] == 7
    db.session.rollback()
    assert db.session.scalar(db.select(Product.stock).where(Product.sku == "CUP")) is None


def test_a_kit_keeps_no_stock_and_only_goods_are_kits(calls):
    kit(calls, ("CUP", 1))
    why = "A kit keeps no stock of its own; change that of its parts."
    assert calls.post("/products/KIT/stock", {"change": 1}).json["detail"] == why
    assert words(calls.patch("/products/KIT", {"stock": 4}))["stock"] == why
    assert words(calls.patch("/products/KIT", {"kind": "ebook"}))["kind"]
    assert words(calls.patch("/products/CUP", {"kind": "ebook"}))["kind"]
    ebook = KIT | {"sku": "E", "kind": "ebook", "parts": parts(("CUP", 1))}
    assert "kind" in words(calls.post("/products", ebook))


def test_a_part_is_not_deleted_and_a_kit_takes_none_along(calls, db):
    kit(calls, ("CUP", 1))
    kept = calls.delete("/products/CUP")
    assert kept.status_code == 409 and "part of the kit KIT" in kept.json["detail"]
    assert calls.delete("/products/KIT").status_code == 204
    assert calls.delete("/products/CUP").status_code == 204


FORM = {"sku": "KIT", "name": "Breakfast", "kind": "physical", "price": "90.00", "unit": "UN"} | {
    "origin": "0",
    "weight_g": "0",
}


def test_the_form_has_rows_and_loses_none(calls, client, db):
    sign_in(client, "clerk", locale="en")
    rows = {"parts.0.sku": "CUP", "parts.0.quantity": "2", "parts.1.sku": "NONE"}
    more = client.post("/products/draft", data=FORM | rows | {"do": "add_row:parts"}).text
    assert 'name="parts.2.sku"' in more and 'value="NONE"' in more
    assert "Its parts cost" in more and "8.00" in more and "Its parts weigh" in more
    refused = client.post("/products", data=FORM | rows | {"parts.1.quantity": "1"})
    assert refused.status_code == 422 and "There is no product with the SKU NONE." in refused.text
    assert 'value="CUP"' in refused.text
    # Blank rows are none.
    rows |= {"parts.1.sku": "", "parts.3.sku": "PLATE", "parts.3.quantity": "1"}
    page = client.post("/products", data=FORM | rows, follow_redirects=True).text
    assert "Parts of the kit" in page and "Kits in stock" in page
    made = db.session.scalars(db.select(Product).where(Product.sku == "KIT")).one()
    assert [(each.part.sku, each.quantity) for each in made.parts] == [("CUP", 2), ("PLATE", 1)]
    assert 'value="PLATE"' in client.get(f"/products/{made.id}/edit").text
    # Its page moves with its parts.
    keys = " ".join(f"product-{row}" for row in (made.id, *(each.part_id for each in made.parts)))
    assert f'data-live="{keys}"' in page
    assert "Kits in stock" in client.get(f"/products/{made.id}/stock").text


def test_who_edits_it_meanwhile_is_told(calls, client, db):
    kit(calls, ("CUP", 2))
    sign_in(client, "clerk", locale="en")
    made = db.session.scalars(db.select(Product).where(Product.sku == "KIT")).one()
    seen = {"version": str(made.version)}
    calls.patch("/products/KIT", {"parts": parts(("PLATE", 1))})
    stale = client.post(
        f"/products/{made.id}",
        data=FORM | seen | {"parts.0.sku": "CUP", "parts.0.quantity": "9"},
    )
    assert stale.status_code == 422 and "Somebody changed this record" in stale.text
    assert 'value="9"' in stale.text
