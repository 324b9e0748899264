"""Sentences name channels and agents as people know them, not by their codes."""

import pytest
from flask_babel import force_locale

from tests.support.processed_sales import agent, counted
from tests.support.rule_facts import TODAY, rule
from webapp.rules.checking import check
from webapp.rules.core.book import RuleBook
from webapp.rules.core.fields import FIELDS
from webapp.rules.core.rule import parse_rule
from webapp.rules.core.sentence import sentence, value_text

WHEN = {
    "all": [
        {"field": "sale_channel", "op": "in", "value": ["store", "feira"]},
        {"field": "agent_id", "op": "in", "value": ["A2", "gone"]},
    ]
}


@pytest.mark.parametrize(
    ("language", "channels", "agents"),
    [
        ("en", "“Shop counter” or “feira”", "“Bruna Lima (A2)” or “gone”"),
        ("pt_BR", "“Balcão da loja” ou “feira”", "“Bruna Lima (A2)” ou “gone”"),
    ],
)
def test_a_channel_and_an_agent_go_by_the_names_people_know(db, language, channels, agents):
    agent("A2")
    with force_locale(language):
        said = sentence(parse_rule(rule("a", WHEN)))
    assert channels in said and agents in said


def test_the_agents_are_read_once_for_all_sentences_of_a_page(db):
    agent("A2"), agent("A3", name="Caio Reis")
    rules = [
        parse_rule(rule("a", {"field": "agent_id", "op": "eq", "value": code}))
        for code in ("A2", "A3") * 5
    ]
    with counted() as asked:
        said = " ".join(sentence(rule) for rule in rules)
    assert "Caio Reis (A3)" in said and len(asked) == 1


def test_what_there_was_and_what_was_meant_go_by_their_names_too(db):
    with force_locale("en"):
        assert value_text(FIELDS["sale_channel"], "phone") == "“Phone”"
        for written in ("shop counters", "Shop counter"):
            raw = rule("a", {"field": "sale_channel", "op": "eq", "value": written})
            warnings = check(raw, {}, RuleBook.read([]), TODAY)["warnings"]
            assert "There is “store” (Shop counter)." in warnings[0]["message"]
