"""What a product may not be, and what it may though it looks odd: the same for forms and programs,
in both languages."""

import re

import pytest
from flask_babel import force_locale, gettext
from markupsafe import escape

from tests.factories import api, make_token, sign_in
from webapp.catalog.models import Product

GOOD = {"sku": "P-1", "name": "Bottle", "kind": "physical", "price": "129.90"}
FORM = GOOD | {"unit": "UN", "origin": "0", "weight_g": "0"}

# field, what is sent, how its message begins; alike in a form and in JSON
REFUSED_ALIKE = [
    ("name", "", "Fill this in"),
    ("name", "   ", "Fill this in"),
    ("name", "x" * 10_000, "At most 120"),
    ("name", "a\0b", "This has characters"),
    ("name", "two\nlines", "Write this on one line"),
    ("sku", "", "Fill this in"),
    ("sku", "a b", "Use up to 60"),
    ("sku", "a/b", "Use up to 60"),
    ("sku", "..", "Use up to 60"),
    ("sku", "a\0b", "This has characters"),
    ("sku", "x" * 61, "Use up to 60"),
    ("kind", "car", "Choose one of"),
    ("price", "-1", "It cannot be negative"),
    ("price", "0.001", "At most two digits"),
    ("price", "100000000.00", "This amount is too large"),
    ("royalty_percent", "100.01", "At most 100"),
    ("royalty_percent", "-5", "It cannot be negative"),
    ("ncm", "123", "The NCM has 8 digits; 5 are missing."),
    ("ncm", "٤٩٠١٩٩٠٠", "The NCM has 8 digits"),
    ("gtin", "9786599999902", "The bar code"),
    ("gtin", "123", "A bar code has 8, 12, 13 or 14 digits"),
    ("gtin", "2000000000015", "This bar code is a shop"),
    ("gtin", "4720000000010", "This bar code is a shop"),
    ("isbn", "9786599999902", "This is not an ISBN"),
    ("isbn", "8535902779", "This is not an ISBN"),
    ("origin", "9", "The origin is one digit"),
    ("origin", "12", "The origin is one digit"),
    ("video_url", "javascript:alert(1)", "Write the whole address"),
    ("colour", "red", "There is no field"),
]
# What is no amount: a form's example is in its reader's notation, JSON has one notation for all.
NO_AMOUNTS = [
    ("price", "1e400"),
    ("price", "NaN"),
    ("price", "Infinity"),
    ("price", "12 34"),
    ("cost", "1e3"),
]
# the same, where a form can only send text
REFUSED_FORMS = [
    *[(field, value, "This is not an amount") for field, value in NO_AMOUNTS],
    ("stock", "1.5", "Use a whole number"),
    ("stock", "-1", "At least 0"),
    ("stock", "99999999999", "At most"),
    ("stock", "ten", "Use a whole number"),
    ("weight_g", "NaN", "Use a whole number"),
    ("price", "389,oo", "This is not an amount"),
    ("price", "1.234,567", "At most two digits"),
    *[("price", blank, "Fill this in.") for blank in ("", " ")],
]
REFUSED_JSON = [
    *[(field, value, "Send this as decimal text") for field, value in NO_AMOUNTS],
    ("price", "", "Send this as decimal text"),
    ("price", 129.9, "Send this as decimal text"),
    ("price", True, "Send this as decimal text"),
    ("price", None, "Send this as decimal text"),
    ("price", "129,90", "Send this as decimal text"),
    ("name", 5, "Write text here"),
    ("name", ["x"], "Write text here"),
    ("name", "\ud800", "This "),
    ("stock", True, "Use a whole number"),
    ("stock", 1.5, "Use a whole number"),
    ("stock", "5", "Use a whole number"),
    ("stock", -1, "At least 0"),
    ("stock", 10**30, "At most"),
    ("weight_g", None, "Use a whole number"),
    ("on_nfe", "yes", "Use true or false"),
    ("on_nfe", 1, "Use true or false"),
    ("kind", True, "Choose one of"),
]


@pytest.fixture
def calls(client, db):
    return api(client, make_token())


def nothing_written(db):
    return db.session.scalar(db.select(db.func.count(Product.id))) == 0


@pytest.mark.parametrize(("field", "value", "words"), REFUSED_ALIKE + REFUSED_JSON)
def test_a_program_is_told_the_field_and_the_mend(calls, db, field, value, words):
    answer = calls.post("/products", GOOD | {field: value})
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json["errors"]] == [field]
    assert answer.json["errors"][0]["message"].startswith(words)
    assert nothing_written(db)


@pytest.mark.parametrize(("field", "value", "words"), REFUSED_ALIKE + REFUSED_FORMS)
def test_a_person_is_told_beside_the_field_and_keeps_what_was_typed(
    client, db, field, value, words
):
    sign_in(client)
    answer = client.post("/products", data=FORM | {"author": "Kept <as> typed", field: value})
    assert answer.status_code == 422
    assert words in answer.text
    assert f'href="#f-{field}"' in answer.text
    assert 'value="Kept &lt;as&gt; typed"' in answer.text
    assert nothing_written(db)


@pytest.mark.parametrize(
    "body", ["", "{", "[]", '"text"', "null", '{"price": NaN}', '{"price": 1e400}', "[" * 100_000]
)
def test_a_body_that_is_no_product_at_all_is_refused(calls, db, body):
    answer = calls.post("/products", body)
    assert answer.status_code == 422
    assert answer.mimetype == "application/problem+json"
    assert nothing_written(db)


def test_all_wrong_fields_are_told_at_once(calls):
    errors = calls.post("/products", {"name": "", "kind": "car", "price": -1}).json["errors"]
    assert {error["field"] for error in errors} == {"sku", "name", "kind", "price"}


def test_only_goods_keep_stock(calls):
    assert (
        calls.post("/products", GOOD | {"kind": "ebook", "stock": 1}).json["errors"][0]["field"]
        == "stock"
    )


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "name",
    [
        "Garrafa 🏔️ térmica",
        "<script>alert(1)</script>",
        "“Curly” ‘quotes’ – dash",
        "Ação",
        "'; DROP TABLE products; --",
        "{{ 7 * 7 }}",
        "x" * 120,
    ],
)
def test_odd_text_is_text(client, calls, name):
    assert calls.post("/products", GOOD | {"name": name}).status_code == 201
    assert calls.get("/products/P-1").json["name"] == name
    sign_in(client)
    page = client.get("/products").text
    assert str(escape(name)) in page


def test_decomposed_accents_are_kept_composed(calls):
    assert calls.post("/products", GOOD | {"name": "Ac\u0327a\u0303o"}).json["name"] == "Ação"


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("1.234,56", "1234.56"),
        ("1234,5", "1234.50"),
        ("R$ 89,90", "89.90"),
        ("89.90", "89.90"),
        ("0", "0.00"),
    ],
)
def test_a_person_writes_amounts_as_in_brazil(client, db, written, kept):
    sign_in(client)
    assert client.post("/products", data=FORM | {"price": written}).status_code == 303
    assert str(db.session.scalar(db.select(Product.price))) == kept


@pytest.mark.parametrize(("locale", "language"), [("en", "en"), ("pt_BR", "pt-BR")])
def test_messages_speak_the_language_of_the_page_or_program(client, db, calls, locale, language):
    with client.application.test_request_context(), force_locale(locale):
        words = gettext("At most %(max_length)s characters.", max_length=120)
    sign_in(client, locale=locale)
    page = client.post("/products", data=FORM | {"name": "x" * 10_000}).text
    assert f'<html lang="{language}"' in page
    assert f"<span>{words}</span>" in page
    answer = calls.call(
        "POST", "/products", GOOD | {"name": "x" * 10_000}, Accept_Language=language
    )
    assert answer.json["errors"] == [{"field": "name", "message": words}]


def test_a_program_that_follows_the_words_is_understood_in_every_language(calls):
    """Portuguese writes 129,90 for people; JSON takes 129.90 alone."""
    answer = calls.call("POST", "/products", GOOD | {"price": "129,90"}, Accept_Language="pt-BR")
    example = re.search(r'"([\d.,]+)"', answer.json["errors"][0]["message"]).group(1)
    assert calls.post("/products", GOOD | {"price": example}).status_code == 201
