"""What a rule may ask about goods given away: the order's discount, and a price below the
catalog's."""

from decimal import Decimal

import pytest
from sqlalchemy import select

from tests.factories import make_product, make_sale, open_shop, work_off
from webapp.platform.database import db as database
from webapp.processing.facts import BatchContext, line_facts, sale_facts
from webapp.rules.models import RuleSetVersion
from webapp.sales.models import Status


@pytest.mark.parametrize(
    ("discount", "percent"), [("0.00", "0"), ("20.00", "10.00"), ("200.00", "100.00")]
)
def test_the_discount_is_told_in_percent_of_the_items(db, discount, percent):
    product = make_product(price="100.00")
    sale = make_sale(sku=product.sku, quantity=2, discount=discount)
    assert sale_facts(sale, BatchContext([sale]))["sale_discount_percent"] == Decimal(percent)


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


def test_a_rule_holds_an_order_that_gives_goods_away(db):
    open_shop()
    version = database.session.scalar(select(RuleSetVersion).order_by(RuleSetVersion.id.desc()))
    rule = {
        "code": "given_away",
        "name": {"en": "Large discounts wait", "pt_BR": "Descontos grandes esperam"},
        "scope": "sale",
        "event": "paid",
        "when": {"field": "sale_discount_percent", "op": "gt", "value": "10.00"},
        "then": [{"do": "hold"}],
    }
    rules = [*version.rules, rule]
    database.session.add(RuleSetVersion(rules=rules, published_by="test", reason="test"))
    database.session.commit()
    product = make_product(price="100.00")
    sales = [make_sale(sku=product.sku, discount=discount) for discount in ("10.00", "100.00")]
    work_off()
    for sale in sales:
        database.session.refresh(sale)
    assert [sale.status for sale in sales] == [Status.INVOICED, Status.REVIEW]
