"""What a rule may ask about an order's discount and tags, and a price below the catalog's."""

from decimal import Decimal

import pytest
from sqlalchemy import select

from tests.factories import make_product, make_sale, open_shop, work_off
from webapp.platform.database import db as database
from webapp.processing.facts import BatchContext, line_facts, product_facts, sale_facts
from webapp.rules.models import RuleSetVersion
from webapp.sales.models import Status


@pytest.mark.parametrize(
    ("discount", "percent"), [("0.00", "0"), ("20.00", "10.00"), ("200.00", "100.00")]
)
def test_the_discount_is_told_in_percent_of_the_items(db, discount, percent):
    product = make_product(price="100.00")
    sale = make_sale(sku=product.sku, quantity=2, discount=discount)
    assert sale_facts(sale, BatchContext([sale]))["sale_discount_percent"] == Decimal(percent)


def test_all_tags_are_one_text(db):
    tagged, plain = make_sale(tags=["vip", "Natal"]), make_sale()
    batch = BatchContext([tagged, plain])
    told = [sale_facts(sale, batch)["sale_tags"] for sale in (tagged, plain)]
    assert told == ["Natal, vip", None]


@pytest.mark.parametrize(
    ("price", "percent"),
    [(None, "0"), ("90.00", "10.00"), ("0.01", "99.99"), ("120.00", "0")],
)
def test_a_price_is_told_by_how_far_it_lies_below_the_catalogs_of_that_day(db, price, percent):
    product = make_product(price="100.00")
    lines = [{"sku": product.sku, "quantity": 1, "unit_price": price}]
    sale = make_sale(lines=lines)
    product.price = Decimal("500.00")
    db.session.commit()
    assert line_facts(sale.lines[0])["item_below_catalog_percent"] == Decimal(percent)


def test_of_a_line_from_before_the_catalogs_price_was_kept_it_is_not_known(db):
    line = make_sale().lines[0]
    line.product = {key: value for key, value in line.product.items() if key != "price"}
    assert line_facts(line)["item_below_catalog_percent"] is None


@pytest.mark.parametrize(
    ("cost", "facts", "margin"),
    [
        ("60.00", {}, "40.00"),
        ("60.00", {"discount": "40.00"}, "25.00"),
        ("0.00", {}, "100.00"),
        ("100.00", {"discount": "50.00"}, "-33.33"),
        ("60.00", {"discount": "190.00"}, "-100.00"),
        ("60.00", {"discount": "200.00"}, "-100.00"),
        ("", {}, None),
    ],
)
def test_the_margin_is_what_is_left_of_the_price_after_discount(db, cost, facts, margin):
    product = make_product(price="100.00", cost=cost or None)
    sale = make_sale(sku=product.sku, quantity=2, **facts)
    product.cost = Decimal("1.00")
    db.session.commit()
    told = line_facts(sale.lines[0])["item_margin_percent"]
    assert told == (None if margin is None else Decimal(margin))


def test_of_a_gift_there_is_no_margin(db):
    product = make_product(price="100.00", cost="60.00")
    facts = product_facts({product.sku})[product.sku]
    assert facts["item_margin_percent"] is None


def test_a_rule_holds_an_item_that_is_sold_at_a_loss(db):
    [at_a_loss, at_a_gain] = sales_judged_by(
        {
            "scope": "line",
            "when": {"field": "item_margin_percent", "op": "lt", "value": "0"},
        },
        {"discount": "50.00"},
        {},
    )
    assert (at_a_loss, at_a_gain) == (Status.REVIEW, Status.INVOICED)


def test_a_rule_holds_an_order_that_gives_goods_away(db):
    when = {"field": "sale_discount_percent", "op": "gt", "value": "10.00"}
    statuses = sales_judged_by(
        {"scope": "sale", "when": when}, {"discount": "10.00"}, {"discount": "100.00"}
    )
    assert statuses == [Status.INVOICED, Status.REVIEW]


def sales_judged_by(rule, *facts):
    """What became of sales of a product of 100.00 that costs 80.00, once a rule may hold them."""
    open_shop()
    version = database.session.scalar(select(RuleSetVersion).order_by(RuleSetVersion.id.desc()))
    holding = {
        "code": "given_away",
        "name": {"en": "Large discounts wait", "pt_BR": "Descontos grandes esperam"},
        "event": "paid",
        "then": [{"do": "hold"}],
    }
    rules = [*version.rules, holding | rule]
    database.session.add(RuleSetVersion(rules=rules, published_by="test", reason="test"))
    database.session.commit()
    product = make_product(price="100.00", cost="80.00")
    sales = [make_sale(sku=product.sku, **given) for given in facts]
    work_off()
    for sale in sales:
        database.session.refresh(sale)
    return [sale.status for sale in sales]
