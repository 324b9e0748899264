"""The page on which a rule is written, as a manager uses it without script; htmx only takes part of
the same answers."""

import datetime as dt
import gc
import re
from urllib.parse import urlencode

import pytest
from flask_babel import force_locale
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories import make_product, make_sale, sign_in
from tests.rules.test_editor_form import buttons, names, texts
from tests.support.examples import examples
from tests.support.processed_sales import agent, publish
from tests.support.rule_drafts import rule_named
from tests.support.rule_editor_page import Editor
from tests.support.rule_facts import rule
from tests.support.timing import processor_seconds_below
from webapp.platform.errors import Refusal
from webapp.rules.core.actions import ACTIONS, Action, Param
from webapp.rules.core.day_one import day_one_rules
from webapp.rules.core.fields import BLANK, FIELDS, Field, read_int, read_text
from webapp.rules.core.rule import parse_rule
from webapp.rules.core.sentence import sentence_parts
from webapp.rules.editing.edits import edit
from webapp.rules.editing.feedback import assess
from webapp.rules.editing.offers import Offers
from webapp.rules.editing.posted import form_from
from webapp.rules.models import RuleDraft
from webapp.rules.queries import book_to_edit, open_draft
from webapp.sales.models import Sale

NESTED = {
    "all": [
        {"field": "item_kind", "op": "in", "value": ["book", "ebook"]},
        {
            "not": {
                "any": [
                    {"field": "item_price", "op": "between", "value": ["10.00", "20.00"]},
                    {"field": "item_gift", "op": "is_true"},
                ]
            }
        },
    ]
}


@pytest.fixture
def manager(client, db):
    sign_in(client, "manager")
    return client


def drafted(code: str) -> dict:
    return rule_named(open_draft().rules, code)


def in_words(raw: dict) -> str:
    with force_locale("en"):
        return "".join(piece for piece, _strong in sentence_parts(parse_rule(raw), opening=True))


def nested(manager, **headers) -> Editor:
    """NESTED, built by buttons and choices alone."""
    editor = Editor(manager, **headers)
    editor.type(name__en="Some books", when__0__field="item_kind").press("refresh")
    editor.type(when__0__op="in").press("refresh")
    editor.type(when__0__value=["book", "ebook"]).press("group:when")
    editor.type(when__1__0__field="item_price").press("refresh")
    editor.type(when__1__0__op="between").press("refresh")
    editor.type(when__1__0__low="10.00", when__1__0__high="20").press("add:when.1")
    editor.type(when__1__1__field="item_gift").press("refresh")
    editor.type(when__1__group="not").press("add:then")
    return editor.type(then__0__do="commission").press("refresh")


def test_a_nested_rule_is_built_by_buttons_alone_and_saved(manager):
    editor = nested(manager)
    editor.type(**{"then.0.percent.kind": "fixed", "then.0.percent": "7.5"}).save()
    assert (editor.status, editor.answer.location) == (
        303,
        "/rules/draft?at=some_books#rule-some_books",
    )
    raw = drafted("some_books")
    assert raw["when"] == NESTED and raw["then"] == [{"do": "commission", "percent": "7.50"}]
    assert raw["name"] == {"en": "Some books"} and raw["scope"] == "line" and raw["priority"] == 0


def test_with_script_the_form_alone_is_answered(manager):
    editor = Editor(manager).press("add:when", HX_Request="true")
    assert "<html" not in editor.text and editor.form is not None


def test_the_sentence_does_not_wait_for_the_name(manager):
    editor = (
        Editor(manager)
        .press("add:then")
        .type(when__0__field="item_gift", then__0__do="hold")
        .press("refresh")
    )
    assert editor.sentence == in_words(rule("some", {"field": "item_gift", "op": "is_true"}))
    assert editor.save().status == 422


def test_a_button_writes_nothing(manager, db):
    Editor(manager).press("add:when").press("add:then")
    assert db.session.scalars(db.select(RuleDraft)).all() == []


def test_the_sentence_and_the_size_follow_what_is_typed(manager):
    editor = nested(manager)
    assert editor.sentence == in_words(
        rule("some", NESTED, [{"do": "commission", "percent": "agent"}])
    )
    assert "6 of 60 conditions and groups · 4 of 6 deep" in editor.text


def test_the_sentence_alone_is_told_while_typing(manager):
    editor = nested(manager)
    told = editor.type(when__1__0__0__high="99").told()
    assert "<form" not in told and "R$99.00" in told


@pytest.mark.parametrize("code", [raw["code"] for raw in day_one_rules()])
def test_every_published_rule_opens_and_is_saved_as_it_was(manager, db, code):
    editor = Editor(manager, f"/rules/{code}/edit")
    assert editor.status == 200 and rule_named(day_one_rules(), code)["name"][
        "en"
    ] in editor.text.replace("&#39;", "'")
    editor.save()
    assert (editor.status, editor.answer.location) == (303, "/rules")
    assert db.session.scalars(db.select(RuleDraft)).all() == []


def test_the_page_is_in_the_readers_language_and_notation(client, db):
    sign_in(client, "manager", locale="pt_BR")
    editor = Editor(client).type(
        name__pt_BR="Caro", when__0__field="item_price", when__0__op="gte", when__0__value="1.234,5"
    )
    editor.press("add:then").type(then__0__do="hold").save()
    assert drafted("caro")["when"] == {
        "all": [{"field": "item_price", "op": "gte", "value": "1234.50"}]
    }
    assert Editor(client, "/rules/caro/edit").value("when.0.value") == "1234,50"


def test_a_change_of_a_rule_joins_the_draft(manager):
    Editor(manager, "/rules/commission/edit").type(priority="5", valid_from="1/12/2026").save()
    assert drafted("commission") == rule_named(day_one_rules(), "commission") | {
        "priority": 5,
        "valid_from": "2026-12-01",
    }


def test_a_single_condition_grows_into_a_group(manager):
    editor = Editor(manager, "/rules/packing_slip/edit").press("add:when")
    assert editor.value("when.group") == "all" and editor.value("when.0.field") == "item_physical"
    assert editor.focused() == ["when.1.field"]


# Refusals


@pytest.mark.parametrize(
    ("row", "typed", "error"),
    [
        (
            "when.0",
            {"when.0.field": "item_price", "when.0.op": "gte", "when.0.value": "dear"},
            "This is not an amount",
        ),
        (
            "when.0",
            {"when.0.field": "item_kind", "when.0.op": "in", "when.0.value": []},
            "Choose at least one",
        ),
        ("when.0", {"when.0.value": ""}, "Fill this in"),
        ("when.0", {"when.0.op": "between", "when.0.low": "9", "when.0.high": "1"}, "swap them"),
        ("priority", {"priority": "5000"}, "priority must be from -1000 to 1000"),
        ("valid_from", {"valid_from": "tomorrow"}, "This is not a day"),
        (
            "valid_to",
            {"valid_from": "2026-12-02", "valid_to": "2026-12-01"},
            "the last day is before the first",
        ),
        ("name.en", {"name.en": ""}, "Fill this in"),
        ("code", {"code": "Não"}, "begin with a small letter"),
        ("code", {"code": "commission"}, "another rule has the code &#39;commission&#39; already"),
        ("then.0.sku", {"then.0.do": "add_item", "then.0.sku": ""}, "Fill this in"),
        (
            "then.0.quantity",
            {"then.0.do": "add_item", "then.0.sku": "A", "then.0.quantity": "0"},
            "quantity must be from 1",
        ),
        ("then.0.codes", {"then.0.do": "skip_rule", "then.0.codes": []}, "Write at least one"),
        (
            "then.0.percent",
            {"then.0.do": "commission", "then.0.percent.kind": "fixed", "then.0.percent": "101"},
            "At most 100 %",
        ),
    ],
)
def test_an_error_stands_beside_its_row_and_what_was_typed_stays(manager, row, typed, error):
    whole = {
        "name.en": "One",
        "when.0.field": "item_price",
        "when.0.op": "gte",
        "when.0.value": "5",
    }
    editor = (
        Editor(manager)
        .press("add:then")
        .type(**whole)
        .press("refresh")
        .type(**{"then.0.do": "hold"} | typed)
        .save()
    )
    assert editor.status == 422
    assert error.replace("&#39;", "'") in editor.error(row)
    for name, value in typed.items():
        assert (editor.listed(name) if isinstance(value, list) else editor.value(name)) == value
    assert open_draft() is None


def test_a_rule_without_actions_is_told_so(manager):
    editor = Editor(manager).type(name__en="One", when__0__value="5").save()
    assert editor.status == 422 and editor.error("then") == "Add at least one action."


def test_what_is_not_typed_yet_is_no_error_while_the_rule_is_on_its_way(manager):
    editor = Editor(manager).press("add:then")
    assert 'class="field-error"' not in editor.text


def test_a_rule_that_was_changed_meanwhile_is_not_overwritten(manager, app, db):
    editor = Editor(manager, "/rules/commission/edit").type(priority="5")
    other = app.test_client()
    sign_in(other, "manager")
    Editor(other, "/rules/commission/edit").type(priority="7").save()
    editor.save()
    assert (
        editor.status == 409
        and "Somebody changed" in editor.text
        and editor.value("priority") == "5"
    )
    assert drafted("commission")["priority"] == 7


@pytest.mark.both_databases
def test_a_new_rule_sent_twice_is_one_rule(manager):
    editor = (
        Editor(manager)
        .press("add:then")
        .type(name__en="One", when__0__value="5", then__0__do="hold")
    )
    sent = editor.sent()
    for _time in range(2):
        assert editor.post("/rules/new", sent).status == 303
    assert [raw["code"] for raw in open_draft().rules].count("one") == 1
    assert rule_named(open_draft().rules, "one_2") is None


def test_two_rules_of_one_name_have_two_codes(manager):
    for value in ("5", "6"):
        Editor(manager).press("add:then").type(
            name__en="One", when__0__value=value, then__0__do="hold"
        ).save()
    assert drafted("one")["when"] != drafted("one_2")["when"]


def test_an_archived_product_is_refused_at_its_action(manager, db):
    product = make_product()
    product.archive()
    db.session.commit()
    editor = Editor(manager).press("add:then").type(then__0__do="add_item").press("refresh")
    editor.type(name__en="Gift", when__0__value="5", then__0__sku=product.sku).save()
    assert editor.status == 422 and "archived" in editor.error("then.0.sku")


def test_a_rule_that_is_not_there_is_not_found(manager):
    assert manager.get("/rules/nothing/edit").status_code == 404


@pytest.mark.parametrize(
    ("role", "status"),
    [
        ("clerk", 403),
        ("reviewer", 403),
        ("accountant", 403),
        ("manager", 200),
        ("admin", 200),
    ],
)
def test_rules_are_written_by_managers(client, db, role, status):
    sign_in(client, role)
    for path in (
        "/rules/new",
        "/rules/commission/edit",
        "/rules/help",
        "/rules/commission/exceptions/new",
    ):
        assert client.get(path).status_code == status


# What a row offers


def test_fields_of_items_are_hidden_from_a_rule_about_the_whole_order(manager):
    editor = Editor(manager).type(scope="sale").press("refresh")
    assert "item_price" not in editor.offered("when.0.field") and "sale_total" in editor.offered(
        "when.0.field"
    )
    assert "commission" not in editor.press("add:then").offered("then.0.do")


def test_a_field_of_items_that_stays_is_refused_at_its_row(manager):
    editor = (
        Editor(manager)
        .type(name__en="One", when__0__field="item_price", when__0__value="1", scope="sale")
        .press("refresh")
    )
    assert editor.value("when.0.field") == "item_price"
    assert "this rule looks at the whole order" in editor.error("when.0")


def test_agents_are_chosen_by_name_and_products_and_channels_are_suggested(manager, db):
    agent("A7", name="Rosa Prado")
    make_product(sku="LV-77", name="Travessias", category="Livros")
    editor = Editor(manager).type(when__0__field="agent_id").press("refresh")
    assert "A7" in editor.offered("when.0.value") and "Rosa Prado" in editor.text
    assert "LV-77" in editor.text
    assert "wholesale" in editor.type(when__0__field="sale_channel").press("refresh").text
    assert "Livros" in editor.type(when__0__field="item_category").press("refresh").text


def test_an_agent_who_is_gone_stays_in_the_rule_until_somebody_changes_it(manager):
    publish(
        [
            *day_one_rules(),
            day_one_rules()[0]
            | {"code": "gone", "when": {"field": "agent_id", "op": "eq", "value": "A9"}},
        ]
    )
    editor = Editor(manager, "/rules/gone/edit")
    assert editor.value("when.value") == "A9"


@pytest.mark.both_databases
def test_a_customer_is_found_by_name_and_shown_by_name(manager, db):
    sale = make_sale()
    customer = db.session.get_one(Sale, sale.id).customer_id
    editor = Editor(manager).type(when__0__field="customer_id").press("refresh")
    editor.type(when__0__find="josé").press("find:when.0")
    editor.press(f"pick:when.0:{customer}")
    assert editor.value("when.0.value") == str(customer) and "José da Conceição" in editor.text
    editor.type(when__0__op="in").press("refresh")
    assert editor.value("when.0.value").split() == [str(customer)]


def test_customers_are_found_while_typing_without_their_names_in_an_address(manager, db):
    make_sale()
    data = {"place": "when.0", "when.0.field": "customer_id", "when.0.find": "conceição"}
    answer = manager.post("/rules/form/found", data=data)
    assert "José da Conceição" in answer.text and 'value="pick:when.0:' in answer.text


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "data",
    [
        {},
        {"place": "when.0"},
        {"place": "\0", "\0.field": "customer_id"},
        {"place": "when." * 9000},
        {"place": "when.0", "when.0.field": "item_price", "when.0.find": "x"},
        {"place": "when.0", "when.0.field": "customer_id", "when.0.find": "\0"},
    ],
)
def test_a_search_for_nothing_finds_nothing(manager, data):
    answer = manager.post("/rules/form/found", data=data)
    assert answer.status_code == 200 and "<button" not in answer.text


def test_names_are_text_not_markup(manager):
    editor = Editor(manager).type(
        name__en="<script>alert(1)</script>", when__0__value='"><script>alert(2)</script>'
    )
    editor.press("refresh")
    assert "<script>alert" not in editor.text


def test_hints_of_lint_stand_above_the_conditions(manager):
    editor = Editor(manager).press("add:then").type(then__0__do="add_item").press("refresh")
    editor.type(name__en="Gift", when__0__value="5", then__0__sku="NOWHERE").press("refresh")
    assert re.search(
        r"No product has the SKU “NOWHERE”\..*?href=\"#f-then-0-sku\"", editor.text, re.DOTALL
    )


def test_a_row_that_moved_keeps_the_focus(manager):
    editor = Editor(manager).press("add:when").press("up:when.1")
    assert editor.form.xpath('.//summary[@autofocus]/ancestor::*[@id="f-when-0"]')


def test_errors_are_told_to_screen_readers(manager):
    editor = (
        Editor(manager)
        .type(name__en="One", when__0__field="item_price", when__0__op="gte", when__0__value="dear")
        .save()
    )
    field = editor.form.xpath('.//*[@name="when.0.value"]')[0]
    assert field.get("aria-invalid") == "true" and field.get("aria-describedby") == "f-when-0-error"
    assert editor.form.xpath('.//*[@role="alert"]//a[@href="#f-when-0-value"]')


# Examples


def test_examples_say_what_was_expected_what_came_and_why(manager):
    editor = Editor(manager, "/rules/commission/edit")
    assert "5 of 5 pass" in editor.text
    editor.type(**{"examples.0.facts.item_kind": "streaming"}).press("refresh")
    assert "4 of 5 pass" in editor.text and "Expected commission · got nothing" in editor.text
    assert "Not met: " in editor.text and "it was no" in editor.text


def test_an_example_is_added_with_facts_and_expectations_and_saved(manager):
    editor = Editor(manager, "/rules/packing_slip/edit").press("add:examples")
    assert editor.value("examples.3.facts.item_physical") == "true" and editor.listed(
        "examples.3.expect"
    ) == ["packing_slip"]
    editor.type(**{"examples.3.fresh": "item_price"}).press("fact:examples.3")
    editor.type(**{"examples.3.facts.item_price": "12.50"}).press("drop:examples.3.item_physical")
    editor.press("remove:examples.0").save()
    assert drafted("packing_slip")["examples"][-1] == {
        "facts": {"item_price": "12.50"},
        "expect": ["packing_slip"],
    }
    assert len(drafted("packing_slip")["examples"]) == 3


# Declared once


@pytest.fixture
def thrown_away(monkeypatch):
    """A field and an action that exist for one test only."""
    stars = Field(
        "item_stars",
        "int",
        "stars of the item",
        "the item's rating",
        "line",
        3,
        help="As buyers gave them.",
    )
    monkeypatch.setitem(FIELDS, "item_stars", stars)
    monkeypatch.setitem(BLANK, "item_stars", None)
    monkeypatch.setitem(
        ACTIONS,
        "confetti",
        Action(
            "confetti",
            "confetti",
            "throw %(grams)s g of %(colour)s confetti",
            "union",
            lambda _params, _place: "sale",
            (
                Param("grams", "int", "how many grams", read_int),
                Param("colour", "text", "colour", read_text),
            ),
            help="It must be swept up.",
        ),
    )


def test_a_new_field_and_action_bring_their_editors_sentence_and_help(manager, thrown_away):
    editor = Editor(manager).type(name__en="Party", when__0__field="item_stars").press("add:then")
    editor.type(when__0__op="gte", when__0__value="4", then__0__do="confetti").press("refresh")
    assert "Stars of the item" in editor.text and "As buyers gave them." in editor.text
    grams = editor.form.xpath('.//*[@name="then.0.grams"]')[0]
    assert (
        "How many grams" in editor.text
        and grams.get("inputmode") == "numeric"
        and "It must be swept up." in editor.text
    )
    editor.type(then__0__grams="20", then__0__colour="red").press("add:examples")
    assert (
        "the item's rating" in editor.sentence and "throw 20 g of red confetti" in editor.sentence
    )
    assert "1 of 1 pass" in editor.text
    assert editor.save().status == 303
    assert drafted("party")["then"] == [{"do": "confetti", "grams": 20, "colour": "red"}]
    page = manager.get("/rules/help").text
    assert (
        'id="field-item_stars"' in page
        and 'id="action-confetti"' in page
        and "how many grams (whole number)" in page
    )


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("en", "the first rule by priority wins"),
        ("pt_BR", "vale a primeira regra por prioridade"),
    ],
)
def test_help_names_every_field_comparison_and_action(client, db, locale, words):
    sign_in(client, "manager", locale=locale)
    page = client.get("/rules/help").text
    assert all(f'id="field-{key}"' in page for key in FIELDS) and all(
        f'id="action-{key}"' in page for key in ACTIONS
    )
    assert words in page


# Hostile forms


def flood(name: str, count: int) -> str:
    return urlencode([(name.format(number), "x") for number in range(count)])


@pytest.fixture(scope="module")
def clean_memory():
    """What thousands of tests before left in memory is not the request's to walk through; once for
    all, since looking through it takes a second."""
    gc.collect()
    gc.freeze()


HOSTILE_FORMS = {
    "many fields": lambda: flood("when.{}.field", 20_000),
    "many unknown names": lambda: flood("evil{}", 100_000),
    "deep": lambda: flood("when." + "0." * 400 + "{}.field", 400),
    "many examples": lambda: flood("examples.{}.facts.item_price", 10_000),
    "one name often": lambda: urlencode([("then.0.codes", "x")] * 30_000),
    "a long amount": lambda: urlencode(
        {"when.0.field": "item_price", "when.0.op": "gte", "when.0.value": "9" * 300_000}
    ),
    "null characters": lambda: urlencode(
        {
            "when.0.field": "\0",
            "when.0.op": "\0",
            "name.en": "\0",
            "then.0.do": "\0",
            "do": "\0" * 1000,
            "replaces": "\0",
        }
    ),
    "long numbers": lambda: urlencode(
        {"priority": "9" * 100_000, "valid_from": "9" * 100_000, "code": "x" * 100_000}
    ),
    "not UTF-8": lambda: "%ff=%ff&%00",
    "nothing": lambda: "",
}


@pytest.fixture(scope="module")
def hostile_bodies() -> dict[str, str]:
    """Written once: some are of megabytes."""
    return {name: written() for name, written in HOSTILE_FORMS.items()}


@pytest.mark.parametrize(
    "path", ["/rules/form", "/rules/form/told", "/rules/new", "/rules/commission/edit"]
)
def test_a_hostile_form_is_refused_in_words_and_soon(
    manager, clean_memory, hostile_bodies, path, subtests
):
    manager.get("/rules/new")
    for form, body in hostile_bodies.items():
        with subtests.test(form=form):
            with processor_seconds_below(1):
                answer = manager.post(
                    path, data=body, content_type="application/x-www-form-urlencoded"
                )
            assert answer.status_code in (200, 409, 413, 422)
            assert open_draft() is None


# Every field of a rule that is there holds this, and every button is pressed with it.
HOSTILE = ["\0", "9" * 300, "<b>'\"{{ 7*7 }}\N{RIGHT-TO-LEFT OVERRIDE}"]


@pytest.mark.parametrize("value", HOSTILE, ids=["null", "digits", "markup"])
@pytest.mark.parametrize(
    "path", ["/rules/form", "/rules/form/told", "/rules/new", "/rules/commission/edit"]
)
def test_whatever_a_form_holds_it_is_never_a_crash(manager, path, value):
    names = {name for name, _value in Editor(manager, "/rules/commission/edit").values()}
    names.remove("csrf_token")
    for do in ("", "add:when", value):
        sent = urlencode([*((name, value) for name in sorted(names)), ("do", do)])
        answer = manager.post(path, data=sent, content_type="application/x-www-form-urlencoded")
        assert answer.status_code in (200, 303, 409, 422)
        assert "<b>'" not in answer.text


@settings(
    max_examples=examples(100),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.dictionaries(names, st.lists(texts, min_size=1, max_size=3), max_size=20), buttons)
def test_whatever_a_form_holds_can_be_shown_and_judged(app, db, values, do):
    book = book_to_edit()
    with app.test_request_context():
        try:
            form = form_from(values.items(), brazilian=True)
        except Refusal as refused:
            assert str(refused)
            return
        edit(form, do)
        form.check()
        offers, feedback = Offers(form, book, ""), assess(form, book, "", dt.date(2026, 11, 20))
        assert form.forgive() is form and offers and feedback
