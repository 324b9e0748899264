import pytest
from flask import Flask
from flask_babel import Babel, force_locale

from webapp.addresses.questions import _TEXTS, Question, message

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


@pytest.mark.parametrize("code", _TEXTS)
def test_every_question_says_what_it_knows(app, code):
    words = str(message(Question(code, "address.city", PARAMS)))
    assert "%" not in words
    assert words.endswith((".", "?"))


def test_the_words_wait_for_their_reader():
    assert message(Question("number_missing", "address.number")) is not None


def test_a_city_named_like_a_format_is_only_text(app):
    question = Question("city_unknown", "address.city", {"city": "%(secret)s %d", "state": "SP"})
    assert "%(secret)s %d" in str(message(question))
