"""What a sale may be told, and what is refused with its field named and nothing half written."""

import pytest
from sqlalchemy import func, select

from tests.factories import ADDRESS, CUSTOMER, api, make_product, make_token, sale_body, sign_in
from webapp.customers.models import Customer
from webapp.sales.models import Sale

LONG = "x" * 10_000


def line(**facts):
    return {"lines": [{"sku": "BOOK-1", "quantity": 1} | facts]}


def customer(**facts):
    return {"customer": CUSTOMER | facts}


def address(**facts):
    return {"address": ADDRESS | facts}


REFUSED = [
    *[
        (line(quantity=bad), "lines.0.quantity")
        for bad in (-1, 0, 1.5, 1.0, True, 100_000, 10**30, "2", None)
    ],
    *[
        (line(unit_price=bad), "lines.0.unit_price")
        for bad in (
            "1e400",
            "NaN",
            "Infinity",
            "-1",
            "0.001",
            10,
            10.5,
            True,
            "99999999999",
            "1,50",
            "",
        )
    ],
    *[
        ({field: bad}, field)
        for field in ("freight", "discount")
        for bad in ("1e400", "NaN", "-0.01", "0.001", 5, None)
    ],
    ({"discount": "130.00"}, "discount"),
    *[
        (customer(document=bad), "customer.document")
        for bad in (
            "111.444.777-36",
            "11111111111",
            "123",
            "",
            "99.888.777/0001-01",
            LONG,
            11144477735,
        )
    ],
    *[(customer(name=bad), "customer.name") for bad in ("", "  ", LONG, "a\x00b", "a\nb", None, 7)],
    (customer(email="nobody"), "customer.email"),
    (customer(nickname="Zé"), "customer.nickname"),
    *[
        (address(zip_code=bad), "address.zip_code")
        for bad in ("123", "01025-02", "0102502x", "٠١٠٢٥٠٢٠", "01001000/../../x")
    ],
    (address(state="XX"), "address.state"),
    (address(street=LONG), "address.street"),
    ({"payment_method": "gold"}, "payment_method"),
    ({"agent": "NOBODY"}, "agent"),
    ({"paid": "yes"}, "paid"),
    ({"paid": 1}, "paid"),
    ({"lines": []}, "lines"),
    ({"lines": {}}, "lines"),
    ({"lines": [{"sku": "BOOK-1", "quantity": 1}] * 201}, "lines"),
    (line(sku="NOTHING"), "lines.0.sku"),
    (line(discount="1.00"), "lines.0.discount"),
    ({"unknown": 1}, "unknown"),
    (line(quantity=2, unit_price="99999999.99"), "lines"),
    ({"freight": "99999999.99"}, "lines"),
]


def shown(value) -> str:
    return str(value)[:60].encode("unicode_escape").decode()


def test_json_is_refused_with_its_field(client, db, subtests):
    make_product(sku="BOOK-1", stock=500_000)
    calls = api(client, make_token())
    for changes, field in REFUSED:
        with subtests.test(changes=shown(changes)):
            answer = calls.post("/sales", sale_body() | changes, Idempotency_Key="k")
            assert answer.status_code == 422, answer.text
            assert field in [error["field"] for error in answer.json["errors"]]
            assert all(error["message"] for error in answer.json["errors"])
            counts = [db.session.scalar(select(func.count(row.id))) for row in (Sale, Customer)]
            assert counts == [0, 0]


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[]",
        "null",
        "1",
        '{"lines": NaN}',
        '{"a":' * 5000,
        b"\xff\xfe",
        '{"freight": 1e400}',
        '"\\ud800"',
    ],
)
def test_what_is_no_sale_at_all_is_refused(client, db, body):
    answer = api(client, make_token()).post("/sales", body)
    assert answer.status_code == 422 and answer.mimetype == "application/problem+json"


def test_every_wrong_field_is_named_at_once(client, db):
    body = sale_body() | line(quantity=0) | customer(document="1") | {"freight": "x"}
    answer = api(client, make_token()).post("/sales", body)
    assert {error["field"] for error in answer.json["errors"]} == {
        "lines.0.quantity",
        "customer.document",
        "freight",
    }


def test_a_refusal_speaks_the_callers_language(client, db):
    caller = api(client, make_token())
    assert "Fill this in" in caller.post("/sales", {}, Accept_Language="en").text


def test_a_key_that_is_too_long_is_refused(client, db):
    make_product(sku="BOOK-1")
    answer = api(client, make_token()).post("/sales", sale_body(), Idempotency_Key="k" * 201)
    assert answer.status_code == 422 and answer.json["errors"][0]["field"] == "Idempotency-Key"


ACCEPTED = [
    customer(name="José da Conceição 🎿"),
    customer(name="Jose\u0301 da Conceic\u0327a\u0303o"),
    customer(name="D’Ávila “Zé”"),
    customer(name="<script>alert(1)</script>"),
    customer(document="12.ABC.345/01DE-35"),
    customer(document="11144477735"),
    *[
        address(zip_code=form)
        for form in (
            "05010-000",
            "05010000",
            "05.010-000",
            " 05010 000 ",
            "CEP 05010-000",
            "05010–000",
        )
    ],
    line(quantity=99_999),
    line(unit_price="0.00"),
    line(unit_price="10.5"),
    {"agent": None},
    {"discount": "129.90"},
]


@pytest.mark.both_databases
def test_json_is_accepted_as_people_write(client, db, subtests):
    make_product(sku="BOOK-1", stock=500_000)
    calls = api(client, make_token())
    for changes in ACCEPTED:
        with subtests.test(changes=shown(changes)):
            answer = calls.post("/sales", sale_body() | changes)
            assert answer.status_code == 201, answer.text
            if "address" in changes:
                assert answer.json["address"]["zip_code"] == "05010-000"
            if "customer" in changes and "e\u0301" in changes["customer"]["name"]:
                assert answer.json["customer"]["name"] == "José da Conceição"


# -- the same through the form --------------------------------------------------------------------

TYPED = {
    "customer.name": "José da Conceição",
    "customer.document": "111.444.777-35",
    "customer.email": "",
    "customer.phone": "",
    "address.zip_code": "05010-000",
    "address.number": "100",
    "lines.0.sku": "BOOK-1",
    "lines.0.quantity": "1",
    "lines.0.unit_price": "",
    "channel": "store",
    "payment_method": "pix",
    "paid": "1",
    "freight": "0",
    "discount": "0",
    "agent": "",
}
REFUSED_IN_FORM = [
    *[
        ("lines.0.quantity", bad)
        for bad in ("-1", "0", "1.5", "1,5", "100000", "dois", "", "1e3", "٣")
    ],
    *[("lines.0.unit_price", bad) for bad in ("1e400", "NaN", "-1", "0,001", "0.001", "dez")],
    ("discount", "130,00"),
    ("freight", "-1"),
    ("customer.document", "111.444.777-36"),
    ("customer.name", ""),
    ("customer.name", LONG),
    ("customer.email", "nobody"),
    ("address.zip_code", "123"),
    ("address.state", "XX"),
    ("lines.0.sku", "NOTHING"),
    ("payment_method", "gold"),
    ("agent", "NOBODY"),
]


def test_a_form_is_refused_beside_its_field_and_keeps_what_was_typed(client, db, subtests):
    make_product(sku="BOOK-1", stock=500_000)
    sign_in(client)
    for field, typed in REFUSED_IN_FORM:
        with subtests.test(field=field, typed=shown(typed)):
            answer = client.post("/sales", data=TYPED | {field: typed, "form_key": "f"})
            assert answer.status_code == 422
            place = "f-" + field.replace(".", "-")
            assert f'id="{place}-error"' in answer.text and f'href="#{place}"' in answer.text
            if field not in ("payment_method", "agent"):
                assert f'value="{typed}"' in answer.text
            assert 'value="José da Conceição"' in answer.text or field == "customer.name"
            assert db.session.scalar(select(func.count(Sale.id))) == 0


def test_a_form_without_stock_says_so_beside_the_line(client, db):
    make_product(sku="BOOK-1", stock=2)
    sign_in(client)
    answer = client.post(
        "/sales", data=TYPED | {"lines.0.sku": "", "lines.3.sku": "BOOK-1", "lines.3.quantity": "3"}
    )
    assert (
        answer.status_code == 422
        and 'id="f-lines-0-quantity-error"' in answer.text
        and "Only 2 of BOOK-1 left" in answer.text
    )


def test_markup_is_text_on_every_page(client, db):
    make_product(sku="BOOK-1")
    sign_in(client)
    location = client.post(
        "/sales", data=TYPED | {"customer.name": "<script>alert(1)</script>"}
    ).location
    for page in (location, "/sales"):
        answer = client.get(page)
        assert "<script>alert(1)" not in answer.text and "&lt;script&gt;alert(1)" in answer.text


def test_money_is_read_as_brazilians_write_it(client, db):
    make_product(sku="BOOK-1")
    sign_in(client)
    typed = {"lines.0.unit_price": "1.234,50", "lines.0.price_reason": "?", "discount": "R$ 34,50"}
    client.post("/sales", data=TYPED | typed)
    assert str(db.session.scalars(select(Sale)).one().total) == "1200.00"
