"""Customers and agents as programs keep them."""

import pytest

from tests.factories import api, make_token

pytestmark = pytest.mark.both_databases
JOSE = {
    "name": "José da Conceição",
    "document": "111.444.777-35",
    "email": "jose@example.com",
    "phone": "(19) 99999-0000",
    "address": {"zip_code": "01025020", "number": "100", "street": "Rua Cavenagui"},
    "state_registration": "",
    "taxpayer": "non_contributor",
}


@pytest.fixture
def calls(client, db):
    return api(client, make_token("reviewer"))


def test_a_customer_is_added_and_read_back(calls):
    answer = calls.post("/customers", JOSE)
    assert answer.status_code == 201
    kept = answer.json
    assert kept.items() <= calls.get(f"/customers/{kept['id']}").json.items()
    assert (kept["name"], kept["document"], kept["taxpayer"]) == (
        JOSE["name"],
        "11144477735",
        "non_contributor",
    )
    assert kept["address"] == {
        "zip_code": "01025-020",
        "country": "BR",
        "state": "",
        "city": "",
        "neighborhood": "",
        "street": "Rua Cavenagui",
        "number": "100",
        "complement": "",
    }


def test_one_customer_for_each_document(calls):
    calls.post("/customers", JOSE)
    answer = calls.post("/customers", JOSE | {"name": "Another", "document": "11144477735"})
    assert answer.status_code == 409
    assert answer.json["errors"][0]["field"] == "document"


def test_a_patch_changes_what_is_sent_also_inside_the_address(calls):
    kept = calls.post("/customers", JOSE).json
    after = calls.patch(
        f"/customers/{kept['id']}", {"email": "new@example.com", "address": {"number": "7"}}
    ).json
    assert after["email"] == "new@example.com"
    assert after["address"] == kept["address"] | {"number": "7"}
    assert (after["name"], after["document"], after["phone"]) == (
        kept["name"],
        kept["document"],
        kept["phone"],
    )


def test_a_patch_judges_the_whole_it_makes(calls):
    kept = calls.post("/customers", JOSE).json
    answer = calls.patch(f"/customers/{kept['id']}", {"name": "Kept?", "address": {"state": "XX"}})
    assert answer.status_code == 422
    assert answer.json["errors"][0]["field"] == "address.state"
    assert calls.get(f"/customers/{kept['id']}").json.items() >= kept.items()


def test_a_patch_does_not_take_another_customers_document(calls):
    calls.post("/customers", JOSE)
    other = calls.post("/customers", JOSE | {"document": "12ABC34501DE35", "name": "Company"}).json
    assert (
        calls.patch(f"/customers/{other['id']}", {"document": "111.444.777-35"}).status_code == 409
    )


@pytest.mark.parametrize("path", ["/customers/7", "/customers/99999999999999999999"])
def test_an_unknown_customer_is_not_found(calls, path):
    assert calls.get(path).status_code == 404
    assert calls.patch(path, {"name": "Nobody"}).status_code == 404


def test_customers_are_found_by_name_document_mail_and_phone_as_written(calls):
    calls.post("/customers", JOSE)
    calls.post("/customers", {"name": "Livraria Horizonte", "document": "12ABC34501DE35"})

    def found(query):
        return [item["name"] for item in calls.get(f"/customers?q={query}").json["items"]]

    assert found("") == ["Livraria Horizonte", "José da Conceição"]
    for words in (
        "conceicao jose",
        "111.444.777-35",
        "11144477735",
        "jose@",
        "(19)99999-0000",
        "9999",
    ):
        assert found(words) == ["José da Conceição"]
    assert found("12abc345") == ["Livraria Horizonte"]
    assert found("nobody") == []


def test_agents_are_added_and_listed(calls):
    body = {"code": "A1", "name": "Rosa Almeida", "commission_percent": "7.50"}
    answer = calls.post("/agents", body)
    assert (answer.status_code, answer.json) == (201, body)
    assert calls.get("/agents").json == {"items": [body], "next_cursor": None}
    again = calls.post("/agents", body | {"name": "Another"})
    assert (again.status_code, again.json["errors"][0]["field"]) == (409, "code")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("code", "A 1"),
        ("code", ""),
        ("code", "x" * 21),
        ("name", "\0"),
        ("commission_percent", "100.01"),
        ("commission_percent", 5),
        ("commission_percent", "-1"),
        ("commission_percent", "NaN"),
        ("extra", "x"),
    ],
)
def test_an_agent_that_makes_no_sense_is_refused(calls, field, value):
    answer = calls.post(
        "/agents", {"code": "A1", "name": "Rosa", "commission_percent": "5.00"} | {field: value}
    )
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json["errors"]] == [field]
    assert calls.get("/agents").json["items"] == []


def test_an_agents_code_that_differs_in_case_alone_is_taken(calls):
    agent = {"code": "A1", "name": "Ana", "commission_percent": "5.00"}
    assert calls.post("/agents", agent).status_code == 201
    answer = calls.post("/agents", agent | {"code": "a1"})
    assert answer.status_code == 409 and "the code A1 already" in answer.json["detail"]


@pytest.mark.parametrize(
    ("state", "number", "said"),
    [
        ("SP", "123", "of SP has 12 digits"),
        ("SP", "110042490115", "no state registration of SP"),
        ("RS", "110042490114", "of RS has 10 digits"),
        ("MG", "0623079040081", None),
        ("SP", "110.042.490.114", None),
        ("", "123", None),
    ],
)
def test_a_state_registration_is_held_against_its_state(calls, state, number, said):
    address = JOSE["address"] | {"state": state}
    answer = calls.post("/customers", JOSE | {"address": address, "state_registration": number})
    assert answer.status_code == (422 if said else 201)
    if said:
        assert [error["field"] for error in answer.json["errors"]] == ["state_registration"]
        assert said in answer.json["errors"][0]["message"]


def test_a_customer_s_other_addresses_come_with_what_they_bought(calls):
    path = f"/customers/{calls.post('/customers', JOSE).json['id']}"
    body = {"label": "Work", "for_delivery": True, "address": {"zip_code": "18072856"}}
    added = calls.post(f"{path}/addresses", body)
    assert (added.status_code, added.json["address"]["zip_code"]) == (201, "18072-856")
    assert calls.post(f"{path}/addresses", body).json == added.json
    told = calls.get(path).json
    assert (told["addresses"], told["merged_into"]) == ([added.json], None)
    assert told["bought"] == {
        "orders": 0,
        "net": "0.00",
        "average": "0.00",
        "first_at": None,
        "last_at": None,
    }
    for _twice in range(2):
        assert calls.delete(f"{path}/addresses/{added.json['id']}").status_code == 204
    assert calls.get(path).json["addresses"] == []


def test_another_address_is_changed_field_by_field(calls):
    path = f"/customers/{calls.post('/customers', JOSE).json['id']}"
    body = {"label": "Work", "for_delivery": True, "address": {"zip_code": "18072856"}}
    place = calls.post(f"{path}/addresses", body).json
    patch = {"address": {"number": "9"}}
    for _twice in range(2):
        changed = calls.patch(f"{path}/addresses/{place['id']}", patch)
        assert changed.json == place | {"address": place["address"] | {"number": "9"}}
    assert calls.get(path).json["addresses"] == [changed.json]
    wrong = calls.patch(f"{path}/addresses/{place['id']}", {"address": {"zip_code": "1"}})
    assert (wrong.status_code, wrong.json["errors"][0]["field"]) == (422, "address.zip_code")
    assert calls.patch(f"{path}/addresses/999", patch).status_code == 404


def test_notes_of_the_staff_are_written_and_read(calls):
    path = f"/customers/{calls.post('/customers', JOSE).json['id']}/notes"
    for text in ("Rings twice", "Rings twice", "Moved"):
        answer = calls.post(path, {"text": text})
        assert (answer.status_code, answer.json["text"]) == (201, text)
    first = calls.get(f"{path}?limit=1").json
    assert [note["text"] for note in first["items"]] == ["Moved"]
    rest = calls.get(f"{path}?limit=1&cursor={first['next_cursor']}").json
    assert [note["text"] for note in rest["items"]] == ["Rings twice"]
    assert calls.post(path, {"text": " "}).status_code == 422
