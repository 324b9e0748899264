"""Numbers and sizes from outside are bounded wherever they are read: 404 or 422, never 500, and an
answer that does not grow with what was sent."""

import pytest

from tests.factories import api, make_token, sale_body, sign_in
from webapp.http.forms import MAX_FORM_FIELDS
from webapp.platform.errors import MOST_ERRORS, FieldError, Invalid
from webapp.platform.whole import whole_number

LONG = "1" * 4500


@pytest.mark.parametrize(
    "written", ["", " 1", "+1", "-1", "1_000", "١٢", "²", "1.0", "0x1", LONG, None, str(2**31)]
)
def test_what_is_no_plain_number_of_ours_is_none(written):
    assert whole_number(written) is None


@pytest.mark.parametrize(
    ("address", "field"),
    [
        ("/login", f"email.{LONG}"),
        ("/products", f"name.{LONG}"),
        ("/packing-slips/shipment", f"slips.{LONG}.id"),
        ("/login", "email.²"),
    ],
)
def test_a_fields_name_that_bears_an_endless_number_is_refused(client, db, address, field):
    sign_in(client, "manager")
    assert client.post(address, data={field: "x"}).status_code in (404, 422)


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("number", ["0", str(2**31), str(2**63), LONG])
@pytest.mark.parametrize(
    "address",
    ["/staff/{}", "/staff/{}/password", "/staff/tokens/{}/revocation", "/rules/versions/{}/draft"],
)
def test_an_id_that_no_row_can_have_is_not_found(client, db, method, number, address):
    sign_in(client, "admin")
    status = client.open(address.format(number), method=method, data={}).status_code
    assert status in (404, 405)


def test_too_much_that_is_wrong_is_not_all_named(client, db):
    calls = api(client, make_token())
    some = calls.post("/sales", sale_body() | {f"f{n}": 1 for n in range(500)}, Idempotency_Key="a")
    very = calls.post("/sales", sale_body() | {"f" * 100_000: 1}, Idempotency_Key="b")
    many = {f"f{n}": 1 for n in range(MAX_FORM_FIELDS + 1)}
    flood = calls.post("/sales", sale_body() | many, Idempotency_Key="c")

    assert [answer.status_code for answer in (some, very, flood)] == [422, 422, 422]
    assert len(some.json["errors"]) == MOST_ERRORS
    assert all(len(answer.data) < 20_000 for answer in (some, very, flood))
    assert "errors" not in flood.json, "a sentence is made for each, which takes a second"


def test_every_refusal_is_bounded():
    assert len(Invalid([FieldError(str(n), "x") for n in range(1000)]).errors) == MOST_ERRORS


def test_a_rule_that_is_wrong_in_many_ways_is_answered_in_short(client, db):
    calls = api(client, make_token("manager"))
    answer = calls.post("/rules/check", {"rule": {f"f{n}": 1 for n in range(3000)}})

    assert answer.status_code in (200, 422) and len(answer.data) < 20_000
