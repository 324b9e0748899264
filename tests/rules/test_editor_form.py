"""The rule editor's form without its pages: rule -> form -> what a browser sends -> form -> the
same rule."""

import json
import random

import pytest
from flask_babel import force_locale
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.examples import examples
from tests.support.random_conditions import random_condition
from tests.support.rule_facts import DISC_PAIRS, HIGH_VALUE_HOLD, STREAM_PAIRS, rule
from tests.support.timing import processor_seconds_below
from webapp.platform.errors import Invalid
from webapp.rules.core.actions import ACTIONS
from webapp.rules.core.conditions import MAX_DEPTH, MAX_NODES
from webapp.rules.core.day_one import day_one_rules
from webapp.rules.core.fields import FIELDS
from webapp.rules.core.operators import OPERATORS
from webapp.rules.core.rule import parse_rule
from webapp.rules.editing.edits import VERBS, edit
from webapp.rules.editing.form import ROW_PARTS, form_of
from webapp.rules.editing.posted import MAX_VALUES, PLAIN, form_from
from webapp.rules.editing.rows import CheckRow, GroupRow

DAY_ONE = [*day_one_rules(DISC_PAIRS, STREAM_PAIRS), HIGH_VALUE_HOLD]
SHIPPED = {"field": "item_physical", "op": "is_true"}
BOOK = {"field": "item_kind", "op": "eq", "value": "book"}


@pytest.fixture(autouse=True)
def english(app):
    with app.test_request_context(), force_locale("en"):
        yield


def sent(form) -> dict[str, list[str]]:
    """What a browser sends of the form."""
    values = {name: [text] for name, text in form.plain.items()}

    def send(node, name):
        if isinstance(node, GroupRow):
            values[f"{name}.group"] = values[f"{name}.was"] = [node.kind]
            for place, member in enumerate(node.members):
                send(member, f"{name}.{place}")
            return
        takes = OPERATORS[node.op].takes
        parts = {"field": [node.field], "was": [node.field], "op": [node.op]}
        if takes == "pair":
            parts |= {"low": [node.low], "high": [node.high]}
        elif takes != "none" and node.value:
            parts["value"] = node.value
        values.update({f"{name}.{part}": texts for part, texts in parts.items()})

    send(form.when, "when")
    for place, row in enumerate(form.then):
        values[f"then.{place}.do"] = [row.do]
        values.update({f"then.{place}.{key}": texts for key, texts in row.values.items() if texts})
    for place, row in enumerate(form.examples):
        values[f"examples.{place}.here"] = ["1"]
        values.update({f"examples.{place}.facts.{key}": [text] for key, text in row.facts.items()})
        if row.expect:
            values[f"examples.{place}.expect"] = row.expect
    return values


def through_the_form(raw, brazilian=True):
    form = form_from(sent(form_of(raw, brazilian)).items(), brazilian)
    made = form.to_json()
    assert form.errors == {}
    return made


def posted(brazilian=True, **values):
    """A form as it is sent, by its names."""
    return form_from(
        [(name, [value] if isinstance(value, str) else value) for name, value in values.items()],
        brazilian,
    )


def condition_typed(brazilian=True, **parts):
    return form_from([(f"when.{name}", values) for name, values in parts.items()], brazilian)


def check_of(brazilian=True, **parts):
    """The condition that one typed row comes to, and its error."""
    form = condition_typed(
        brazilian,
        **{name: value if isinstance(value, list) else [value] for name, value in parts.items()},
    )
    made = form.to_json()["when"]
    return made, form.row_error("when")


@pytest.mark.parametrize("brazilian", [True, False])
@pytest.mark.parametrize("raw", DAY_ONE, ids=lambda raw: raw["code"])
def test_every_day_one_rule_comes_out_of_the_form_as_it_went_in(raw, brazilian):
    made = through_the_form(raw, brazilian)
    assert made == {"enabled": True, **raw}


@settings(
    max_examples=examples(300),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.integers(), st.booleans())
def test_any_condition_comes_out_of_the_form_as_it_went_in(seed, brazilian):
    raw = rule("one", random_condition(random.Random(seed)))
    if parse_or_none(raw) is not None:
        assert parse_rule(through_the_form(raw, brazilian)) == parse_rule(raw)


def parse_or_none(raw):
    try:
        return parse_rule(raw)
    except ValueError:
        return None


@pytest.mark.parametrize("values", [["a,b"], ["a;b", "c"], ["x", "y, z"], ["one"]])
def test_a_comma_within_a_listed_value_stays_there(values):
    raw = rule("one", {"field": "item_name", "op": "in", "value": values})
    assert through_the_form(raw)["when"]["value"] == values


def test_blanks_count_where_one_asks_how_a_name_starts():
    raw = rule("one", {"field": "item_name", "op": "starts_with", "value": "Clube "})
    assert through_the_form(raw)["when"]["value"] == "Clube "


@pytest.mark.parametrize(
    "params",
    [
        {"do": "commission", "percent": "agent"},
        {"do": "commission", "percent": "7.50"},
        {"do": "add_item", "sku": "VD-1", "quantity": 3},
        {"do": "hold", "reason": "Cliente novo"},
        {"do": "hold"},
        {"do": "skip_rule", "codes": ["commission", "packing_slip"]},
        {"do": "task", "text_code": "call_the_customer"},
    ],
)
def test_every_parameter_comes_out_of_the_form_as_it_went_in(params):
    assert through_the_form(rule("one", then=[params]))["then"] == [params]


def test_names_days_and_priority_come_out_as_they_went_in():
    raw = rule(
        "one",
        name={"pt_BR": "Um", "en": "One"},
        priority=-7,
        valid_from="2026-01-31",
        valid_to=None,
        enabled=False,
    )
    made = through_the_form(raw)
    assert {
        key: made[key] for key in ("name", "priority", "valid_from", "valid_to", "enabled")
    } == {
        "name": {"pt_BR": "Um", "en": "One"},
        "priority": -7,
        "valid_from": "2026-01-31",
        "valid_to": None,
        "enabled": False,
    }
    assert form_of(raw, True).value("valid_from") == "2026-01-31"


# What people type


@pytest.mark.parametrize(
    ("brazilian", "text", "value"),
    [
        (True, "1.234,56", "1234.56"),
        (True, "R$ 1.234,56", "1234.56"),
        (True, "129.90", "129.90"),
        (True, "50", "50.00"),
        (True, "1.234", "1234.00"),
        (True, "-5,00", "-5.00"),
        (False, "1,234.56", "1234.56"),
        (False, "129,90", "129.90"),
    ],
)
def test_money_is_read_as_people_write_it(brazilian, text, value):
    assert check_of(brazilian, field="item_price", op="gte", value=text) == (
        {"field": "item_price", "op": "gte", "value": value},
        None,
    )


@pytest.mark.parametrize(
    "text", ["dez", "1,234", "12,345", "1..2", "9" * 400, "1E+999999999", "NaN", "∞", "٣"]
)
def test_what_is_no_amount_stays_as_typed_with_its_error(text):
    made, error = check_of(field="item_price", op="gte", value=text)
    assert made["value"] == text and "not an amount" in error


@pytest.mark.parametrize(("text", "value"), [("7,5", "7.50"), ("7.5 %", "7.50"), ("100", "100.00")])
def test_percentages_are_read_as_people_write_them(text, value):
    assert check_of(field="agent_percent", op="lt", value=text)[0]["value"] == value


def test_a_percentage_above_a_hundred_is_refused():
    assert "At most 100" in check_of(field="agent_percent", op="lt", value="100,01")[1]


@pytest.mark.parametrize("text", ["a, b,c", "a\r\nb\r\nc", "a; b; c", "\na\n\nb\nc\n"])
def test_lists_are_read_one_a_line_or_with_commas(text):
    assert check_of(field="item_sku", op="in", value=text)[0]["value"] == ["a", "b", "c"]


def test_ticked_boxes_are_a_list():
    assert check_of(field="item_kind", op="in", value=["book", "ebook"])[0]["value"] == [
        "book",
        "ebook",
    ]


def test_an_upside_down_range_is_told_at_its_row():
    form = form_from(
        [
            ("when.field", ["item_price"]),
            ("when.op", ["between"]),
            ("when.low", ["10"]),
            ("when.high", ["5"]),
            ("then.0.do", ["hold"]),
            ("name.en", ["One"]),
        ],
        True,
    )
    assert form.check() is None
    assert "swap them" in form.row_error("when")


@pytest.mark.parametrize("text", ["5/1/2026", "05.01.2026", "2026-01-05"])
def test_days_are_read_as_people_write_them(text):
    assert posted(valid_from=text).to_json()["valid_from"] == "2026-01-05"


@pytest.mark.parametrize("text", ["31/02/2026", "amanhã", "1/1/26", "00/00/0000"])
def test_what_is_no_day_is_told_so(text):
    form = posted(valid_from=text)
    form.to_json()
    assert "not a day" in form.errors["valid_from"]


def test_a_task_typed_in_words_becomes_a_code():
    form = form_from(
        [("then.0.do", ["task"]), ("then.0.text_code", ["Ligar para o cliente!"])], True
    )
    assert form.to_json()["then"] == [{"do": "task", "text_code": "ligar_para_o_cliente"}]


def test_a_code_is_made_from_the_name():
    assert posted(**{"name.pt_BR": "Comissão de Natal"}).to_json()["code"] == "comissao_de_natal"


# Errors find their rows


@pytest.mark.parametrize(
    ("when", "name"),
    [
        ({"all": [BOOK, {"field": "item_sku", "op": "eq", "value": ""}]}, "when.1"),
        (
            {"all": [{"not": {"any": [BOOK, {"field": "item_kind", "op": "in", "value": []}]}}]},
            "when.0.0.1",
        ),
    ],
)
def test_an_error_stands_at_its_row(when, name):
    form = form_of(rule("one", when), True)
    assert form.check() is None
    assert form.row_error(name) and set(form.errors) == {f"{name}.value"}


def test_a_field_of_items_is_refused_at_its_row_in_a_rule_about_the_whole_order():
    form = form_of(rule("one", {"all": [BOOK]}), True)
    form.plain["scope"] = "sale"
    assert form.check() is None
    assert (
        form.row_error("when.0")
        == "Kind of product is asked of each item; this rule looks at the whole order."
    )


def test_an_example_of_wrong_facts_is_told_at_the_fact():
    form = form_of(rule("one", examples=[{"facts": {"item_price": "1.00"}, "expect": []}]), True)
    form.examples[0].facts["item_price"] = "caro"
    assert form.check() is None
    assert "not an amount" in form.errors["examples.0.facts.item_price"]


def test_an_empty_fact_is_nothing():
    raw = rule("one", examples=[{"facts": {"agent_id": None, "item_author": None}, "expect": []}])
    assert through_the_form(raw)["examples"] == raw["examples"]


# Changing a field


@pytest.mark.parametrize(
    ("was", "now", "op", "value", "kept"),
    [
        ("item_price", "item_total", "gte", "50,00", ["50,00"]),
        ("item_price", "agent_percent", "gte", "50,00", ["50,00"]),
        ("item_price", "agent_percent", "gte", "5000,00", []),
        ("item_sku", "item_kind", "eq", "book", ["book"]),
        ("item_sku", "item_kind", "eq", "LV-1", []),
        ("item_sku", "item_price", "eq", "LV-1", []),
        ("item_kind", "item_sku", "eq", "book", ["book"]),
    ],
)
def test_a_value_outlives_a_change_of_field_where_it_still_fits(was, now, op, value, kept):
    form = condition_typed(was=[was], field=[now], op=[op], value=[value])
    assert form.when == CheckRow(now, op, kept)


def test_an_operator_that_does_not_fit_the_new_field_gives_way():
    form = condition_typed(was=["item_kind"], field=["item_physical"], op=["in"], value=["book"])
    assert form.when == CheckRow("item_physical", "is_true")


@pytest.mark.parametrize(
    ("op", "values", "kept"),
    [
        ("between", {"value": ["5"]}, CheckRow("item_price", "between", [], "5", "")),
        ("gte", {"low": ["5"], "high": ["7"]}, CheckRow("item_price", "gte", ["5"])),
    ],
)
def test_a_value_outlives_a_change_of_operator(op, values, kept):
    assert condition_typed(field=["item_price"], op=[op], **values).when == kept


def test_of_a_list_the_first_value_stays_when_only_one_is_asked_for():
    assert condition_typed(field=["item_sku"], op=["eq"], value=["a\r\nb"]).when.value == ["a"]


# Buttons


def tree(form):
    return form.to_json()["when"]


def edited(when, *buttons):
    form = form_of(rule("one", when), True)
    for button in buttons:
        edit(form, button)
    return form


def test_a_condition_joins_its_group_and_takes_the_focus():
    form = form_of(rule("one", {"all": [BOOK]}), True)
    assert edit(form, "add:when") == "when.1.field"
    assert len(form.when.members) == 2


def test_a_second_condition_makes_a_group_of_a_single_one():
    assert [*tree(edited(BOOK, "add:when"))] == ["all"]


def test_a_condition_joins_what_is_denied_within_the_denial():
    made = tree(edited({"not": BOOK}, "add:when"))
    assert made["not"]["all"][0] == BOOK and len(made["not"]["all"]) == 2


def test_a_group_joins_with_a_condition_of_its_own():
    made = tree(edited({"all": [BOOK]}, "group:when"))
    assert made["all"][0] == BOOK and len(made["all"][1]["any"]) == 1


@pytest.mark.parametrize(
    ("button", "made"),
    [
        ("remove:when.0", {"all": [BOOK]}),
        ("up:when.1", {"all": [BOOK, SHIPPED]}),
        ("down:when.0", {"all": [BOOK, SHIPPED]}),
        ("copy:when.0", {"all": [SHIPPED, SHIPPED, BOOK]}),
        ("wrap:when.1", {"all": [SHIPPED, {"any": [BOOK]}]}),
        ("up:when.0", {"all": [SHIPPED, BOOK]}),
        ("down:when.1", {"all": [SHIPPED, BOOK]}),
        ("remove:when.7", {"all": [SHIPPED, BOOK]}),
        ("wrap:when", {"all": [{"all": [SHIPPED, BOOK]}]}),
    ],
)
def test_buttons_of_a_row(button, made):
    assert tree(edited({"all": [SHIPPED, BOOK]}, button)) == made


def test_a_group_gives_its_members_back():
    assert tree(edited({"all": [SHIPPED, {"any": [BOOK, SHIPPED]}]}, "unwrap:when.1")) == {
        "all": [SHIPPED, BOOK, SHIPPED]
    }


@pytest.mark.parametrize(
    ("was", "kind", "made"),
    [
        ({"all": [SHIPPED, BOOK]}, "not", {"not": {"all": [SHIPPED, BOOK]}}),
        ({"any": [SHIPPED, BOOK]}, "not", {"not": {"any": [SHIPPED, BOOK]}}),
        ({"all": [SHIPPED]}, "not", {"not": SHIPPED}),
        ({"not": {"any": [SHIPPED, BOOK]}}, "all", {"all": [SHIPPED, BOOK]}),
        ({"not": SHIPPED}, "any", {"any": [SHIPPED]}),
        ({"all": [SHIPPED, BOOK]}, "any", {"any": [SHIPPED, BOOK]}),
    ],
)
def test_a_group_turns(was, kind, made):
    values = sent(form_of(rule("one", was), True)) | {"when.group": [kind]}
    assert tree(form_from(values.items(), True)) == made


def test_actions_are_added_moved_and_removed():
    form = form_of(rule("one", then=[{"do": "hold"}]), True)
    assert edit(form, "add:then") == "then.1.do"
    edit(form, "up:then.1")
    edit(form, "add:then")
    edit(form, "remove:then.1")
    assert [row.do for row in form.then] == ["packing_slip", "royalty_slip"]


def test_an_example_begins_with_what_the_conditions_ask_and_the_rule_does():
    form = edited({"all": [BOOK, SHIPPED]}, "add:examples")
    assert form.examples[0].facts == {"item_kind": "book", "item_physical": "true"}
    assert form.examples[0].expect == ["hold"]


@pytest.mark.parametrize(
    ("field", "op", "value", "fact"),
    [
        ("sale_total", "gt", "1000.00", "1000,01"),
        ("sale_total", "lt", "1000.00", "999,99"),
        ("item_quantity", "gt", 3, "4"),
        ("item_quantity", "lt", 3, "2"),
        ("agent_percent", "gt", "7.50", "7,51"),
        ("sale_total", "gte", "1000.00", "1000,00"),
    ],
)
def test_an_example_of_more_or_less_lies_just_beyond(field, op, value, fact):
    form = edited({"field": field, "op": op, "value": value}, "add:examples")
    assert form.examples[0].facts == {field: fact}


def test_an_example_begins_though_the_number_is_no_number():
    form = form_of(rule("one", {"field": "sale_total", "op": "gt", "value": "1.00"}), True)
    form.when.value = ["muito"]
    edit(form, "add:examples")
    assert form.examples[0].facts == {"sale_total": "100,00"}


def test_facts_of_an_example_come_and_go():
    form = edited(BOOK, "add:examples")
    form.examples[0].fresh = "item_price"
    assert edit(form, "fact:examples.0") == "examples.0.facts.item_price"
    edit(form, "drop:examples.0.item_kind")
    assert form.examples[0].facts == {"item_price": "100,00"}


def test_a_rule_does_not_outgrow_its_limits():
    form = edited({"all": [BOOK]}, *["add:when"] * (MAX_NODES + 5))
    assert len(form.when.members) == MAX_NODES - 1 and "at most 60" in form.message
    deep = edited(BOOK, *["wrap:when"] * (MAX_DEPTH + 5))
    assert "at most 6" in deep.message and deep.check() is not None


# Hostile forms


@pytest.mark.parametrize(
    "name",
    [
        "when.0.1.2.3.4.5.6.7.8.9.field",
        "when.x.field",
        "when.-1.field",
        "then.0.__class__",
        "evil",
        "when.0000.field",
        "examples.0.facts",
        "",
        "\0",
        "when." * 5000,
    ],
)
def test_names_that_no_page_of_ours_sends_are_refused(name):
    with pytest.raises(Invalid):
        form_from([(name, ["x"])], True)


@pytest.mark.parametrize(
    "values",
    [
        [(f"when.{number}.field", ["item_sku"]) for number in range(900)],
        [("when.0.value", ["x"] * (MAX_VALUES + 1))],
        [
            (f"when.{number % 1000}.{number // 1000}.field", ["item_sku"])
            for number in range(MAX_VALUES + 1)
        ],
    ],
)
def test_forms_that_are_too_large_are_refused(values):
    with pytest.raises(Invalid):
        form_from(values, True)


def joined(*parts):
    """Dotted names of a part each; a part may be a list of parts."""
    return st.tuples(*parts).map(
        lambda each: ".".join(
            word for part in each for word in (part if isinstance(part, list) else [part])
        )
    )


numbers = st.integers(0, 3).map(str)
names = st.one_of(
    joined(
        st.just("when"),
        st.lists(numbers, max_size=7),
        st.sampled_from(["group", "was", *ROW_PARTS]),
    ),
    joined(
        st.just("then"),
        numbers,
        st.sampled_from(
            [
                "do",
                "percent",
                "percent.kind",
                "sku",
                "quantity",
                "codes",
                "text_code",
                "template",
                "reason",
            ]
        ),
    ),
    joined(
        st.just("examples"),
        numbers,
        st.sampled_from(["here", "expect", "fresh", *(f"facts.{key}" for key in FIELDS)]),
    ),
    st.sampled_from(PLAIN),
)
texts = st.one_of(
    st.sampled_from(
        [
            *FIELDS,
            *OPERATORS,
            *ACTIONS,
            "all",
            "any",
            "not",
            "agent",
            "fixed",
            "1",
            "0",
            "5,00",
            "R$ 1.234,56",
            "-0",
            "1E9",
            "NaN",
            "book",
            "true",
            "31/12/2026",
            "",
            "\0",
            "\ud800",
            "a\nb",
            "9" * 300,
        ]
    ),
    st.text(max_size=8),
)
buttons = st.tuples(
    st.sampled_from([*VERBS, "evil"]),
    joined(st.sampled_from(["when", "then", "examples"]), st.lists(numbers, max_size=5)),
).map(":".join)


@settings(
    max_examples=examples(400),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.dictionaries(names, st.lists(texts, min_size=1, max_size=3), max_size=25),
    st.lists(buttons, max_size=6),
    st.booleans(),
)
def test_whatever_is_sent_is_a_rule_or_refused_in_words(values, presses, brazilian):
    with processor_seconds_below(1):
        try:
            form = form_from(values.items(), brazilian)
        except Invalid as refused:
            assert str(refused)
            return
        for button in presses:
            edit(form, button)
        made = form.check()
    raw = form.to_json()
    json.dumps(raw)
    if made is None:
        form.check()
        assert form.errors and all(form.errors.values())
    else:
        assert parse_rule(raw) == made == parse_rule(through_the_form(raw, brazilian))
