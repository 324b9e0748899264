"""A rule read aloud, in both languages, and the parts of it that stand out."""

import random

import pytest
from flask_babel import force_locale

from tests.support.random_conditions import random_condition
from tests.support.rule_facts import day_one, rule
from webapp.rules.core.fields import FIELDS
from webapp.rules.core.rule import parse_rule
from webapp.rules.core.sentence import action_phrase, condition_phrase, sentence, sentence_parts

PORTUGUESE = {
    "packing_slip": "Se o produto é enviado ao cliente, então pôr o item na guia de remessa.",
    "royalty_slip": (
        "Se o tipo do produto é livro ou e-book e o item não é brinde, então emitir uma via de "
        "royalties."
    ),
    "membership_upgrade": (
        "Se o tipo do produto é upgrade de assinatura e a situação da assinatura do cliente é "
        "ativa, então fazer o upgrade da assinatura e enviar ao cliente o e-mail “Upgrade de "
        "assinatura feito”."
    ),
    "reactivation_without_lapsed": (
        "Se o tipo do produto é reativação de assinatura e a situação da assinatura do cliente "
        "não é vencida, então abrir para a equipe a tarefa “Reativação sem assinatura vencida”."
    ),
    "free_video_disc": (
        "Se o SKU do produto é “VD-0001” e o item não é brinde, então incluir de brinde 1 × "
        "VD-0002."
    ),
    "commission": (
        "Se (o produto é enviado ao cliente ou o tipo do produto é livro ou e-book), o pedido "
        "tem vendedor e o item não é brinde, então dar ao vendedor comissão no percentual dele."
    ),
}


@pytest.fixture
def portuguese(app):
    with app.test_request_context(), force_locale("pt_BR"):
        yield


@pytest.mark.parametrize("code", PORTUGUESE)
def test_day_one_rules_read_well_in_portuguese(portuguese, code):
    assert sentence(day_one().by_code[code]) == PORTUGUESE[code]


def said(when, **changes):
    return (
        sentence(parse_rule(rule("a", when, **changes)))
        .removeprefix("If ")
        .removesuffix(", then hold the order for review.")
    )


def check(field, op, *value):
    return {"field": field, "op": op} | ({"value": value[0]} if value else {})


@pytest.mark.parametrize(
    ("when", "words"),
    [
        (
            check("item_sku", "not_in", ["a", "b", "c"]),
            "the product's SKU is neither “a”, “b” nor “c”",
        ),
        (check("item_sku", "not_in", ["a"]), "the product's SKU is not “a”"),
        (check("item_sku", "in", ["a", "b", "a"]), "the product's SKU is “a” or “b”"),
        (check("item_quantity", "in", list(range(9))), "the quantity is 0, 1, 2, 3, 4 or 4 others"),
        (check("item_quantity", "in", list(range(6))), "the quantity is 0, 1, 2, 3, 4 or 1 other"),
        (check("item_gift", "eq", True), "the item is a gift"),
        (check("item_gift", "ne", True), "the item is not a gift"),
        (check("item_gift", "eq", False), "the item is not a gift"),
        (check("agent_id", "is_empty"), "the order has no selling agent"),
        (check("item_sku", "is_set"), "the product's SKU is filled in"),
        (check("item_sku", "is_empty"), "the product's SKU is empty"),
        ({"not": check("agent_id", "is_empty")}, "the order has a selling agent"),
        ({"not": {"not": check("item_quantity", "eq", 1)}}, "the quantity is 1"),
        ({"not": check("item_quantity", "gt", 1)}, "it is not so that the quantity is above 1"),
        (
            {"not": {"any": [check("item_gift", "is_true"), check("agent_id", "is_set")]}},
            "it is not so that the item is a gift or the order has a selling agent",
        ),
        (
            {"all": [{"not": check("item_quantity", "gt", 1)}, check("item_gift", "is_true")]},
            "(it is not so that the quantity is above 1) and the item is a gift",
        ),
        (
            {
                "any": [
                    {
                        "all": [
                            {"any": [check("item_gift", "is_true"), check("agent_id", "is_set")]}
                        ]
                    },
                    check("item_quantity", "eq", 1),
                ]
            },
            "(the item is a gift or the order has a selling agent) or the quantity is 1",
        ),
    ],
)
def test_a_condition_reads_as_it_is_meant(when, words):
    assert said(when) == words


def test_rules_that_are_skipped_go_by_their_names_where_those_are_known():
    skipping = parse_rule(rule("a", then=[{"do": "skip_rule", "codes": ["commission"]}]))
    assert sentence(skipping, {"commission": "Usual commission"}).endswith(
        "then skip the rule “Usual commission”."
    )
    assert sentence(skipping).endswith("then skip the rule “commission”.")


def test_a_task_of_a_shops_own_goes_by_its_code_in_words():
    calling = parse_rule(rule("a", then=[{"do": "task", "text_code": "call_the_customer"}]))
    assert action_phrase(calling.then[0]) == "open the task “Call the customer” for staff"


def test_values_and_what_is_done_stand_out():
    raw = rule(
        "a",
        {"all": [check("item_kind", "in", ["book", "ebook"]), check("item_gift", "is_false")]},
        [{"do": "commission", "percent": "8.00"}, {"do": "hold", "reason": "big"}],
    )
    assert sentence_parts(parse_rule(raw)) == [
        ("If the kind of product is ", False),
        ("book or e-book", True),
        (" and ", False),
        ("the item is not a gift", True),
        (", then pay the agent a commission ", False),
        ("of 8.00 %", True),
        (" and ", False),
        ("hold the order for review", True),
        (" (big).", False),
    ]


def test_the_opening_says_when_and_of_what_a_rule_asks(portuguese):
    item = sentence_parts(parse_rule(rule("a", check("item_gift", "is_true"))), opening=True)
    assert item[:5] == [
        ("Quando um pedido é ", False),
        ("pago", True),
        (", para ", False),
        ("cada item", True),
        (": se ", False),
    ]
    whole = sentence_parts(parse_rule(rule("a", scope="sale")), opening=True)
    assert whole[3] == ("o pedido inteiro", True)


@pytest.mark.parametrize("seed", range(50))
def test_the_parts_are_the_sentence_and_no_mark_is_left_in_it(seed):
    chosen = parse_rule(
        rule("a", random_condition(random.Random(seed)), [{"do": "add_item", "sku": "X"}])
    )
    text = sentence(chosen)
    assert "".join(part for part, _strong in sentence_parts(chosen)) == text
    assert text.isprintable() and "%(" not in text and condition_phrase(chosen.when) in text
    assert text.count("(") == text.count(")")


def test_every_field_has_a_subject_and_the_words_its_kind_needs():
    for field in FIELDS.values():
        assert bool(field.phrases) == (field.type == "bool") and bool(field.subject) == (
            field.type != "bool"
        )
        assert field.subject == "" or str(field.subject) != str(field.label)
