"""Tags: put on an order by a person or a program, and found by."""

import pytest

from tests.factories import api, make_product, make_sale, make_token, sale_body, sign_in
from tests.support.query_plans import plan_of
from webapp.audit.models import AuditEntry
from webapp.sales.models import Sale, SaleTag, Tag
from webapp.sales.queries import sales
from webapp.sales.tagging import tag, untag


def names(db, sale_id: int) -> list[str]:
    return [each.name for each in db.session.get(Sale, sale_id, populate_existing=True).tags]


def test_a_checkout_tags_its_order_and_finds_it_again(client, db):
    make_product(sku="BOOK-1")
    calls = api(client, make_token())
    made = calls.post("/sales", sale_body(tags=["VIP", "presente de natal"])).json
    other = calls.post("/sales", sale_body()).json
    assert (made["tags"], other["tags"]) == (["VIP", "presente de natal"], [])
    found = calls.get("/sales?tag=Presente%20de%20Natal").json["items"]
    assert [sale["id"] for sale in found] == [made["id"]]
    assert calls.get("/sales?tag=nobody").json["items"] == []
    assert calls.call("PUT", f"/sales/{made['id']}/tags", {"tags": ["vip"]}).json["tags"] == ["VIP"]
    told = [(entry.action, entry.after) for entry in db.session.scalars(db.select(AuditEntry))]
    assert ("untagged", {"tags": "presente de natal"}) in told
    assert calls.post("/sales", sale_body(tags=["x" * 31])).json["errors"][0]["field"] == "tags.0"


def test_a_change_that_names_no_tags_leaves_them(client, db):
    make_product(sku="BOOK-1")
    calls = api(client, make_token())
    made = calls.post("/sales", sale_body(paid=False, tags=["a", "b"])).json
    path = f"/sales/{made['id']}"
    assert calls.patch(path, {"freight": "5.00"}).json["tags"] == ["a", "b"]
    assert calls.patch(path, {"tags": ["b", "c"]}).json["tags"] == ["b", "c"]
    assert calls.patch(path, {"tags": []}).json["tags"] == []


def test_many_are_tagged_at_once_and_twice_is_once(db):
    make_product(sku="A")
    many = [make_sale(sku="A", quantity=1, paid=False) for _each in range(3)]
    for _time in range(2):
        tag(many, ["Urgente", "urgente  "])
        db.session.commit()
    assert [(each.name, each.key) for each in db.session.scalars(db.select(Tag))] == [
        ("urgente", "urgente")
    ]
    assert db.session.scalar(db.select(db.func.count()).select_from(SaleTag)) == 3
    untag(many[:2], ["URGENTE", "unknown"])
    db.session.commit()
    assert [names(db, sale.id) for sale in many] == [[], [], ["urgente"]]


def test_on_the_page_and_in_the_list(client, db):
    sign_in(client)
    make_product(sku="A")
    one, other = (make_sale(sku="A", quantity=1, paid=False, reference=f"R-{n}") for n in (1, 2))
    client.post(f"/sales/{one.id}/tags", data={"name": "Frágil & urgente"})
    assert "Frágil &amp; urgente" in client.get(f"/sales/{one.id}").text
    listed = client.get("/sales?tag=fragil+%26+urgente").text
    assert f'id="sale-{one.id}"' in listed and f'id="sale-{other.id}"' not in listed
    assert client.post(f"/sales/{one.id}/tags", data={"name": " "}).status_code == 422
    client.post(f"/sales/{one.id}/tags/removal", data={"name": "fragil & urgente"})
    assert names(db, one.id) == []


@pytest.mark.both_databases
def test_a_list_of_one_tag_goes_by_its_index(db):
    query = sales(tag="vip").order_by(SaleTag.id.desc()).limit(51)
    plan = plan_of(db, query)
    assert "TEMP B-TREE" not in plan and "Sort" not in plan, plan
    assert "sale_tags" in plan and "SCAN sales" not in plan and "Seq Scan on sales" not in plan
