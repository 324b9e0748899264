import pytest
from flask import Flask
from flask_babel import Babel, force_locale

from webapp.addresses.questions import TEXTS, address_issue

PARAMS = {
    "zip_code": "99999-999",
    "found_city": "Osasco",
    "found_state": "SP",
    "typed": "RJ",
    "city": "Xanadu",
    "state": "SP",
    "number": "7",
    "range": "lado par",
    "unit": "UNIFOR",
}


@pytest.fixture
def app():
    app = Flask(__name__)
    Babel(app)
    with app.app_context(), force_locale("en"):
        yield app


@pytest.mark.parametrize("code", TEXTS)
def test_every_question_says_what_it_knows(app, code):
    words = address_issue(code, "address.city", PARAMS).text
    assert "%" not in words
    assert words.endswith((".", "?"))


def test_the_words_wait_for_their_reader():
    assert address_issue("number_missing", "address.number").message


def test_a_city_named_like_a_format_is_only_text(app):
    question = address_issue(
        "city_unknown", "address.city", {"city": "%(secret)s %d", "state": "SP"}
    )
    assert "%(secret)s %d" in question.text
