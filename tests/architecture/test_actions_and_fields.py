"""What the rules may do and ask about is whole: each action has its kind of effect, each field the
function that reads it, and each of their words its Portuguese."""

import re
from pathlib import Path

import _catalogue
import pytest
from flask_babel import force_locale

from webapp.processing.effects import KINDS
from webapp.processing.facts import LINE_FACTS, SALE_FACTS
from webapp.rules.core.actions import ACTIONS, SKIP_RULE
from webapp.rules.core.fields import FIELDS

ICONS = Path(__file__).resolve().parents[2] / "static" / "icons.svg"


def test_each_action_is_carried_out_by_a_kind_of_effect_and_there_are_no_others():
    assert KINDS.keys() == ACTIONS.keys() - {SKIP_RULE.key}


@pytest.mark.parametrize(("scope", "facts"), [("sale", SALE_FACTS), ("line", LINE_FACTS)])
def test_each_field_is_read_by_one_function_and_there_are_no_others(scope, facts):
    assert facts.keys() == {key for key, field in FIELDS.items() if field.scope == scope}


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_each_kind_of_effect_has_an_icon_that_there_is(kind):
    assert kind.icon in re.findall(r'id="([a-z0-9-]+)"', ICONS.read_text())


def words_of_effects() -> dict[str, list]:
    return {
        key: [kind.name, kind.done_words, *kind.waiting.values()] for key, kind in KINDS.items()
    }


def words_of_actions() -> dict[str, list]:
    return {
        key: [
            action.label,
            action.phrase,
            action.help,
            *(param.label for param in action.params),
        ]
        for key, action in ACTIONS.items()
    }


def words_of_fields() -> dict[str, list]:
    return {
        key: [
            field.label,
            field.subject,
            field.help,
            *(field.phrases or ()),
            *(field.presence or ()),
        ]
        for key, field in FIELDS.items()
    }


@pytest.fixture(scope="module")
def portuguese() -> set[str]:
    """The English texts that have a translation."""
    return {
        message.id
        for message in _catalogue.translated()
        if message.id and message.string and not message.fuzzy
    }


@pytest.mark.parametrize("words_of", [words_of_effects, words_of_actions, words_of_fields])
def test_each_has_its_words_in_both_languages(app, portuguese, words_of):
    with app.test_request_context(), force_locale("en"):
        english = {key: {str(text) for text in texts} - {""} for key, texts in words_of().items()}
    assert all(english.values())
    assert {key: texts - portuguese for key, texts in english.items() if texts - portuguese} == {}
