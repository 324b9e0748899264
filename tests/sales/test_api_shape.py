"""The answer of /api/v1/sales: the shape that checkouts rely on."""

import pytest

from tests.factories import (
    ADDRESS,
    api,
    make_product,
    make_sale,
    make_token,
    open_shop,
    sale_body,
    sign_in,
    work_off,
)

KEYS = {
    "id",
    "reference",
    "status",
    "step",
    "shipping",
    "attention",
    "waiting",
    "total",
    "customer",
    "address",
    "lines",
    "invoice",
    "carrier",
    "tracking_code",
    "ship_by",
    "payment_method",
    "payments",
    "buyer_use",
    "billing_address",
    "marketplace",
    "freight_by",
    "packages",
    "bills",
    "tags",
    "created_at",
    "updated_at",
}


@pytest.fixture
def checkout(client, db):
    return api(client, make_token())


def test_an_address_text_too_long_for_an_nfe_is_taken_and_asked_about(checkout, subtests):
    """A checkout cannot ask the buyer again: its order must not be lost."""
    make_product(sku="BOOK-1")
    open_shop()
    long, ids = "Fundos da loja " * 6, {}
    for part in ("street", "number", "complement", "neighborhood"):
        answer = checkout.post("/sales", sale_body(address=ADDRESS | {part: long}))
        assert answer.status_code == 201, part
        ids[part] = answer.json["id"]
    work_off()
    for part, sale in ids.items():
        with subtests.test(part=part):
            told = checkout.get(f"/sales/{sale}").json
            assert told["attention"]["field"] == f"address.{part}"
            assert "60 characters" in told["attention"]["reason"]
            assert told["address"][part] == long.strip()
            mended = checkout.patch(f"/sales/{sale}/address", {part: "Fundos"})
            assert mended.status_code == 200
    work_off()
    for part, sale in ids.items():
        with subtests.test("mended", part=part):
            assert checkout.get(f"/sales/{sale}").json["status"] == "invoiced"


@pytest.mark.both_databases
def test_a_new_sale_is_told_whole(checkout):
    make_product(sku="BOOK-1", kind="book", name="Travessias", price="89.90")
    answer = checkout.post(
        "/sales", sale_body(reference="WEB-1", quantity=2, freight="10.00", discount="5.00")
    )
    assert answer.status_code == 201
    sale = answer.json
    assert sale.keys() == KEYS
    assert (sale["reference"], sale["status"], sale["step"], sale["shipping"]) == (
        "WEB-1",
        "address",
        "address",
        "none",
    )
    assert (sale["attention"], sale["invoice"], sale["total"]) == (None, None, "184.80")
    customer = sale["customer"]
    assert customer.pop("id") > 0
    assert customer == {
        "name": "José da Conceição",
        "document": "11144477735",
        "email": "jose@example.com",
        "phone": "19999990000",
    }
    assert sale["lines"] == [
        {
            "line": 1,
            "sku": "BOOK-1",
            "name": "Travessias",
            "kind": "book",
            "quantity": 2,
            "unit_price": "89.90",
            "price_reason": "",
            "total": "174.80",
            "gift": False,
            "refunded": 0,
        }
    ]
    assert (
        sale["address"]["zip_code"] == "05010-000"
        and sale["address"]["ibge"] == ""
        and sale["address"]["source"] == {}
    )


@pytest.mark.both_databases
def test_the_same_sale_after_its_way_is_invoiced_with_its_address_filled(checkout, db):
    open_shop()
    sale = make_sale(reference="WEB-2")
    work_off()
    told = checkout.get(f"/sales/{sale.id}").json
    assert (told["status"], told["step"], told["shipping"]) == ("invoiced", None, "to_pack")
    assert told["address"]["city"] == "São Paulo" and told["address"]["ibge"] == "3550308"
    assert (
        told["address"]["source"]["street"] == "sample"
        and told["address"]["source"]["number"] == "customer"
    )
    assert told["invoice"]["status"] == "authorized" and told["invoice"]["number"] == 1
    assert len(told["invoice"]["access_key"]) == 44


def test_a_sale_that_waits_tells_the_step_the_reason_and_the_field(checkout, db):
    sale = make_sale(address=ADDRESS | {"number": ""})
    work_off()
    told = checkout.get(f"/sales/{sale.id}").json
    assert told["status"] == "attention"
    assert told["attention"]["step"] == "address" and told["attention"]["field"] == "address.number"
    assert "street number is missing" in told["attention"]["reason"]
    assert told["waiting"]["for"] == "team" and "missing; once fixed" in told["waiting"]["sentence"]


def test_unpaid_it_stays_open(checkout):
    make_product(sku="BOOK-1")
    assert checkout.post("/sales", sale_body(paid=False)).json["status"] == "open"


def test_a_reference_is_made_up_where_none_is_given(checkout):
    make_product(sku="BOOK-1")
    told = checkout.post("/sales", sale_body()).json
    assert told["reference"] == f"B-{told['id']}"


@pytest.mark.both_databases
def test_lists_filter_and_page(checkout, db):
    product = make_product()
    first, second, third = (
        make_sale(sku=product.sku, reference=f"WEB-{n}", paid=n != 3) for n in (1, 2, 3)
    )
    page = checkout.get("/sales?limit=2").json
    assert [one["reference"] for one in page["items"]] == ["WEB-3", "WEB-2"] and page["items"][
        0
    ].keys() == KEYS
    assert [
        one["id"]
        for one in checkout.get(f"/sales?limit=2&cursor={page['next_cursor']}").json["items"]
    ] == [first.id]
    assert [one["id"] for one in checkout.get("/sales?status=open").json["items"]] == [third.id]
    assert [one["id"] for one in checkout.get("/sales?q=web-2").json["items"]] == [second.id]
    assert len(checkout.get("/sales?q=111.444.777-35").json["items"]) == 3
    assert checkout.get("/sales?since=2099-01-01").json == {"items": [], "next_cursor": None}
    assert len(checkout.get("/sales?updated_since=2020-01-01T00:00:00Z").json["items"]) == 3


@pytest.mark.parametrize(
    "query",
    [
        "status=lost",
        "since=yesterday",
        "since=2026-11-30&until=2026-11-29",
        "since=2026-11-30T12:00:00Z&until=2026-11-30T12:00:00Z",
        "limit=0",
        "limit=201",
        "cursor=x",
        "unknown=1",
    ],
)
def test_a_list_refuses_what_it_does_not_know(checkout, query):
    answer = checkout.get(f"/sales?{query}")
    assert (
        answer.status_code == 422 and answer.json["errors"][0]["field"] == query.partition("=")[0]
    )


@pytest.mark.both_databases
def test_the_decision_and_the_packing_slip(checkout, db):
    open_shop()
    sale = make_sale(
        sku=make_product(kind="book", royalty_percent="10.00", author="Lívia", price="50.00").sku,
        quantity=2,
    )
    assert checkout.get(f"/sales/{sale.id}/decision").status_code == 404
    assert checkout.get(f"/sales/{sale.id}/packing-slip").status_code == 404
    work_off()
    decision = checkout.get(f"/sales/{sale.id}/decision").json
    assert {"code": "packing_slip", "outcome": "fired"}.items() <= decision["rules"][0].items()
    effects = {effect["kind"]: effect for effect in decision["effects"]}
    assert (
        effects["royalty_slip"]["amount"] == "10.00" and effects["packing_slip"]["status"] == "done"
    )
    slip = checkout.get(f"/sales/{sale.id}/packing-slip").json
    assert slip["royalty_copy"] is True and slip["released"] is True and slip["weight_g"] == 1000
    assert slip["items"][0]["quantity"] == 2 and slip["recipient"]["name"] == "José da Conceição"
    assert (
        slip["sender"]["address"]["zip_code"] == "06243-110"
        and slip["recipient"]["address"]["zip_code"] == "05010-000"
    )


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "path", ["/api/v1/sales?q=%00zz", "/sales?q=%00zz", "/sales?agent=A%00", "/sales?channel=%00x"]
)
def test_a_question_with_a_nul_finds_nothing_instead_of_failing(client, db, path):
    make_sale(reference="WEB-1")
    sign_in(client)
    answer = client.get(path, headers={"Authorization": f"Bearer {make_token()}"})
    assert answer.status_code == 200 and "WEB-1" not in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/sales?status=&q=&since=",
        "/invoices?status=&month=",
        "/products?kind=",
        "/tasks?status=",
        "/messages?status=",
        "/memberships?customer=",
        "/sales?cursor=",
    ],
)
def test_a_filter_left_empty_leaves_nothing_out(checkout, path):
    assert checkout.get(path).status_code == 200


def test_the_key_that_makes_a_sale_once_is_described_to_programs(client):
    told = client.get("/api/openapi.json").json["paths"]["/api/v1/sales"]["post"]["parameters"]
    key = next(parameter for parameter in told if parameter["name"] == "Idempotency-Key")
    assert (key["in"], key["schema"]) == ("header", {"type": "string", "maxLength": 200})


def test_who_is_unknown_or_not_allowed_is_told(client, db):
    assert api(client, None).get("/sales").status_code == 401
    assert api(client, make_token("accountant")).post("/sales", sale_body()).status_code == 403
    assert api(client, make_token("accountant")).get("/sales").status_code == 200
    assert api(client, make_token()).get("/sales/999").status_code == 404
    assert api(client, make_token()).get("/sales/99999999999999999999").status_code == 404
