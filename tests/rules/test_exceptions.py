"""Exceptions: a rule before another one that skips it for a customer, a product or a channel."""

import pytest

from tests.factories import CUSTOMER, make_product, make_sale, sign_in
from tests.support.processed_sales import publish, sold
from tests.support.rule_drafts import rule_named
from tests.support.rule_editor_page import Editor
from tests.support.rule_facts import HIGH_VALUE_HOLD, PRODUCTS, TODAY, line, sale
from webapp.rules.core.day_one import day_one_rules
from webapp.rules.core.engine import RuleSet
from webapp.rules.models import RuleSetVersion
from webapp.rules.queries import decisions_of, open_draft


@pytest.fixture
def manager(client, db):
    sign_in(client, "manager")
    return client


def opened(manager, code: str, field: str, value: str) -> Editor:
    return Editor(manager, f"/rules/new?except={code}&field={field}&value={value}")


def kept(code: str) -> dict:
    return rule_named(open_draft().rules, code)


def test_the_editor_opens_with_the_exception_filled_in(manager):
    editor = opened(manager, "commission", "customer_id", "12")
    assert editor.value("code") == "commission_except_1" and editor.value("priority") == "10"
    assert "customer 12" in editor.value("name.en") and "cliente 12" in editor.value("name.pt_BR")
    assert (
        editor.value("when.0.field"),
        editor.value("when.0.op"),
        editor.value("when.0.value"),
    ) == ("customer_id", "eq", "12")
    assert (
        editor.listed("then.0.codes") == ["commission"] and editor.value("then.0.do") == "skip_rule"
    )
    assert "2 of 2 pass" in editor.text and open_draft() is None


def test_a_kept_exception_skips_its_rule_and_nothing_else(manager):
    opened(manager, "commission", "customer_id", "12").save()
    rule_set = RuleSet(1, open_draft().rules)
    facts = {"agent_id": "A1", "agent_percent": sale([], "A1")["agent_percent"]}
    for customer, kinds in (("12", {"packing_slip"}), ("13", {"packing_slip", "commission"})):
        verdict = rule_set.decide(
            sale([], customer_id=customer, **facts), [line(1, "FI-0001")], PRODUCTS.get, TODAY
        )
        assert {effect.kind for effect in verdict.effects} == kinds


@pytest.mark.parametrize(("field", "value"), [("item_sku", "LV-1"), ("sale_channel", "wholesale")])
def test_exceptions_for_a_product_or_a_channel(manager, field, value):
    assert opened(manager, "commission", field, value).save().status == 303
    raw = kept("commission_except_1")
    assert (
        raw["when"] == {"all": [{"field": field, "op": "eq", "value": value}]}
        and raw["scope"] == "line"
    )


def test_an_exception_to_a_rule_about_the_whole_order_looks_at_it_too_and_stands_before_it(manager):
    publish([*day_one_rules(), HIGH_VALUE_HOLD])
    editor = opened(manager, "high_value_hold", "customer_id", "12").save()
    assert editor.status == 303
    raw = kept("high_value_hold_except_1")
    assert raw["scope"] == "sale" and raw["priority"] == HIGH_VALUE_HOLD["priority"] + 10


def test_a_rule_about_the_whole_order_has_no_exception_for_a_product(manager):
    publish([*day_one_rules(), HIGH_VALUE_HOLD])
    page = manager.get("/rules/high_value_hold/exceptions/new").text
    assert 'value="item_sku"' not in page and 'value="sale_channel"' in page
    assert (
        manager.get("/rules/new?except=high_value_hold&field=item_sku&value=A").status_code == 422
    )


def test_a_second_exception_has_a_number_of_its_own(manager):
    for value in ("12", "13"):
        opened(manager, "commission", "customer_id", value).save()
    assert kept("commission_except_1")["when"] != kept("commission_except_2")["when"]


def test_the_editor_of_a_rule_lists_its_exceptions(manager):
    assert "commission_except_1" not in Editor(manager, "/rules/commission/edit").text
    opened(manager, "commission", "customer_id", "12").save()
    page = Editor(manager, "/rules/commission/edit").text
    assert "/rules/commission_except_1/edit" in page and "priority 10" in page


def test_nothing_stands_before_a_rule_of_the_highest_priority(manager):
    publish([*day_one_rules(), HIGH_VALUE_HOLD | {"priority": 1000}])
    answer = manager.get("/rules/new?except=high_value_hold&field=customer_id&value=1")
    assert answer.status_code == 409 and "Lower its priority first" in answer.text


def test_an_exception_that_no_longer_stands_before_its_rule_is_refused(manager):
    editor = opened(manager, "commission", "customer_id", "12").type(priority="-1").save()
    assert editor.status == 422 and "comes before this one" in editor.error("then.0.codes")


@pytest.mark.parametrize(
    "query",
    [
        "except=commission",
        "except=commission&field=customer_id",
        "except=commission&field=item_price&value=1",
        "except=commission&field=customer_id&value=%00",
        "except=commission&field=customer_id&value=%20",
    ],
)
def test_an_exception_for_nothing_is_refused(manager, query):
    assert manager.get(f"/rules/new?{query}").status_code == 422


def test_an_exception_to_a_rule_that_is_not_there_is_not_found(manager):
    assert manager.get("/rules/new?except=nothing&field=customer_id&value=1").status_code == 404
    assert manager.get("/rules/nothing/exceptions/new").status_code == 404


def test_the_customer_is_found_by_name_without_it_in_an_address(manager, db):
    customer = make_sale().customer_id
    page = manager.post(
        "/rules/commission/exceptions/customers", data={"customer_search": "josé"}
    ).text
    assert (
        f"except=commission&amp;field=customer_id&amp;value={customer}" in page
        and CUSTOMER["name"] in page
    )
    assert (
        "Nobody of this name"
        in manager.post(
            "/rules/commission/exceptions/customers", data={"customer_search": "zz\0"}
        ).text
    )


def test_a_published_exception_holds_for_the_next_order_and_the_order_says_so(manager, db):
    sku = make_product().sku
    customer = make_sale(sku=sku).customer_id
    opened(manager, "packing_slip", "customer_id", str(customer)).save()
    publish(open_draft().rules)
    order = sold(sku)
    outcomes = {each["code"]: each for each in decisions_of([order.id], "paid")[order.id].outcomes}
    assert (
        outcomes["packing_slip"]["outcome"] == "suppressed"
        and outcomes["packing_slip"]["by"] == "packing_slip_except_1"
    )
    assert db.session.scalar(db.select(db.func.count(RuleSetVersion.id))) == 2
