"""What a customer may not be, and what it may though it looks odd: the same for forms and programs,
in both languages."""

import pytest
from flask_babel import force_locale, gettext
from markupsafe import escape

from tests.factories import api, make_token, sign_in
from webapp.customers.models import Customer

GOOD = {"name": "José da Conceição", "document": "111.444.777-35"}
WRONG_DOCUMENT = "This is not a CPF or CNPJ: its check digits do not fit."
WRONG_LENGTH = "This is not a CPF or CNPJ: a CPF has 11 digits, a CNPJ 14 digits or letters."
# field, what is sent, how its message begins
REFUSED = [
    ("document", "111.444.777-36", WRONG_DOCUMENT),
    ("document", "111.111.111-11", WRONG_DOCUMENT),
    ("document", "11.222.333/0001-82", WRONG_DOCUMENT),
    ("document", "12.ABC.345/01DE-36", WRONG_DOCUMENT),
    ("document", "12ABC34501DE3A", WRONG_DOCUMENT),
    ("document", "١١١٤٤٤٧٧٧٣٥", WRONG_LENGTH),
    ("document", "111.444.777-3", WRONG_LENGTH),
    ("document", "111.444.777-355", WRONG_LENGTH),
    ("document", "1.222.333/0001-81", WRONG_LENGTH),
    ("document", "12.ABC.345/01DE-355", WRONG_LENGTH),
    ("document", "ABC.DEF.GHI-JK", WRONG_LENGTH),
    ("document", "", "A CPF or CNPJ is needed"),
    ("document", "1" * 10_000, "At most 40"),
    ("document", "111.444.777-35\0", WRONG_LENGTH),
    ("name", "", "Fill this in"),
    ("name", "x" * 10_000, "At most 120"),
    ("name", "a\0b", "This has characters"),
    ("email", "nobody", "This is not an e-mail"),
    ("email", "a@b@example.com", "This is not an e-mail"),
    ("email", "a\0@example.com", "This is not an e-mail"),
    ("phone", "9" * 21, "At most 20"),
    ("taxpayer", "rich", "Choose one of"),
    ("state_registration", "no digits", "A state registration has 2 to 14"),
    ("address.zip_code", "123", "This is not a CEP"),
    ("address.state", "XX", "Use the two letters"),
    ("address.country", "Brasil", "This cannot be read"),
    ("address.street", "x" * 201, "At most"),
    ("address.street", "a\0b", "This has characters"),
    ("address.planet", "Earth", "There is no field"),
    ("nickname", "Zé", "There is no field"),
]
REFUSED_JSON = [
    ("document", 11144477735, "Write text"),
    ("document", None, "Write text"),
    ("name", True, "Write text"),
    ("email", ["a@example.com"], "Write text"),
    ("address", "Rua A, 1", "Send an object"),
    ("address", None, "Send an object"),
    ("name", "\ud800", "This "),
    ("email", "\ud800@example.com", "This "),
]


@pytest.fixture
def calls(client, db):
    return api(client, make_token())


def nothing_written(db):
    return db.session.scalar(db.select(db.func.count(Customer.id))) == 0


def nested(field, value):
    outer, _dot, inner = field.partition(".")
    return {outer: {inner: value}} if inner else {field: value}


@pytest.mark.parametrize(("field", "value", "words"), REFUSED + REFUSED_JSON)
def test_a_program_is_told_the_field_and_the_mend(calls, db, field, value, words):
    answer = calls.post("/customers", GOOD | nested(field, value))
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json["errors"]] == [field]
    assert answer.json["errors"][0]["message"].startswith(words)
    assert nothing_written(db)


@pytest.mark.parametrize(("field", "value", "words"), REFUSED)
def test_a_person_is_told_beside_the_field_and_keeps_what_was_typed(
    client, db, field, value, words
):
    sign_in(client)
    answer = client.post(
        "/customers", data=GOOD | {"address.city": "Kept <as> typed", field: value}
    )
    assert answer.status_code == 422
    assert words in answer.text
    assert f'href="#f-{field.replace(".", "-")}"' in answer.text
    assert 'value="Kept &lt;as&gt; typed"' in answer.text
    assert nothing_written(db)


def test_a_person_is_told_at_once_what_an_nfe_has_no_room_for(client, db):
    sign_in(client)
    answer = client.post("/customers", data=GOOD | {"address.complement": "x" * 61})
    assert answer.status_code == 422 and "At most 60" in answer.text
    assert nothing_written(db)


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("11144477735", "11144477735"),
        (" 111.444.777-35 ", "11144477735"),
        ("11.222.333/0001-81", "11222333000181"),
        ("12.ABC.345/01DE-35", "12ABC34501DE35"),
        ("12abc34501de35", "12ABC34501DE35"),
    ],
)
def test_a_document_is_taken_in_every_written_form(calls, written, kept):
    answer = calls.post("/customers", GOOD | {"document": written})
    assert (answer.status_code, answer.json["document"]) == (201, kept)


@pytest.mark.parametrize("written", ["01025020", "01025-020", "01.025-020", " 01025 020 "])
def test_a_cep_is_taken_in_every_written_form(calls, written):
    answer = calls.post("/customers", GOOD | {"address": {"zip_code": written}})
    assert answer.json["address"]["zip_code"] == "01025-020"


@pytest.mark.both_databases
def test_a_state_may_be_written_out_and_an_address_may_be_abroad(calls):
    assert (
        calls.post("/customers", GOOD | {"address": {"state": "são paulo"}}).json["address"][
            "state"
        ]
        == "SP"
    )
    abroad = {"country": "pt", "zip_code": "1100-148", "city": "Lisboa"}
    other = calls.post(
        "/customers", {"name": "Ana", "document": "12ABC34501DE35", "address": abroad}
    )
    assert (other.status_code, other.json["address"]["country"]) == (201, "PT")
    region = {"state": "Área Metropolitana de Lisboa", "zip_code": "1100-148 LISBOA"}
    far = calls.patch(f"/customers/{other.json['id']}", {"address": region})
    assert far.status_code == 200
    assert far.json["address"]["state"] == "ÁREA METROPOLITANA DE LISBOA"
    longer = calls.patch(f"/customers/{other.json['id']}", {"address": {"zip_code": "1" * 21}})
    assert longer.json["errors"][0]["field"] == "address.zip_code"


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "name",
    ["Zoë 🏔️", "<script>alert(1)</script>", "“Ana” d’Ávila", "Robert'); DROP TABLE customers;--"],
)
def test_odd_text_is_text(client, calls, name):
    answer = calls.post("/customers", GOOD | {"name": name})
    assert (answer.status_code, answer.json["name"]) == (201, name)
    sign_in(client)
    assert str(escape(name)) in client.get("/customers").text
    assert "<script>alert" not in client.get(f"/customers/{answer.json['id']}").text


@pytest.mark.parametrize(("locale", "language"), [("en", "en"), ("pt_BR", "pt-BR")])
def test_messages_speak_the_language_of_the_page_or_program(client, db, calls, locale, language):
    with client.application.test_request_context(), force_locale(locale):
        words = gettext("This is not a CPF or CNPJ: its check digits do not fit. Type it again.")
    wrong = GOOD | {"document": "111.444.777-36"}
    sign_in(client, locale=locale)
    assert f"<span>{words}</span>" in client.post("/customers", data=wrong).text
    answer = calls.call("POST", "/customers", wrong, Accept_Language=language)
    assert answer.json["errors"] == [{"field": "document", "message": words}]
