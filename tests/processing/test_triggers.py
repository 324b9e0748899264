"""What rules hear beside a payment: one decision each, its effects once, however often it is
said."""

import datetime as dt

import pytest
from sqlalchemy import select, update

from tests.factories import api, make_product, make_sale, make_token, open_shop, work_off
from tests.support.packing_slips import awaiting, slip_of
from tests.support.rule_drafts import in_force, rule
from webapp.catalog.forms import StockIn
from webapp.catalog.models import Product
from webapp.catalog.product_edits import set_stock, set_stocks
from webapp.fulfilment.memberships.models import Membership
from webapp.fulfilment.memberships.terms import PlanTerm, set_terms
from webapp.fulfilment.tasks.models import Task
from webapp.http.formatting import shop_day
from webapp.messages.models import Message
from webapp.platform.clock import utc_now
from webapp.platform.database import db as database
from webapp.processing.shipping import ship
from webapp.rules.core.day_one import day_one_rules
from webapp.rules.core.problems import RuleInvalid
from webapp.rules.core.rule import parse_rule
from webapp.rules.models import Decision, TriggerEvent

ANY = {"field": "item_quantity", "op": "gte", "value": 1}
PLACE = {"zip_code": "01001-000", "number": "101"}


def hears(event: str, do: str = "task", **more) -> dict:
    """A rule that opens a task once it hears `event`."""
    then = {"do": do} | ({"text_code": f"heard_{event}"} if do == "task" else more)
    return rule(f"on_{event}", [then], ANY, event=event) | {"examples": []}


def opened() -> list[tuple[str, str]]:
    """Each task with the SKUs that it is about."""
    heard = Task.code.startswith("heard_")
    query = select(Task.code, Task.params).where(heard).order_by(Task.id)
    return [(code, params["sku"]) for code, params in database.session.execute(query)]


def heard() -> list[str]:
    query = select(Decision.event).where(Decision.event != "paid").order_by(Decision.id)
    return list(database.session.scalars(query))


def test_shipped_is_heard_once(db):
    in_force(*day_one_rules(), hears("shipped"))
    open_shop()
    sku = make_product().sku
    sale = make_sale(sku=sku, address=PLACE)
    work_off()
    assert opened() == [], "a payment is not what it hears"
    ship(slip_of(sale.id), "Correios", "", utc_now())
    db.session.commit()
    # The code follows, which is no second shipment.
    ship(slip_of(sale.id), "Correios", "AA123456785BR", utc_now())
    work_off()
    assert (opened(), heard()) == ([("heard_shipped", sku)], ["shipped"])


def test_each_refund_is_heard_with_its_own_items(client, db):
    in_force(*day_one_rules(), hears("refunded"))
    open_shop()
    first, second = make_product().sku, make_product().sku
    lines = [{"sku": first, "quantity": 2}, {"sku": second, "quantity": 1}]
    sale = make_sale(lines=lines, address=PLACE)
    work_off()
    calls = api(client, make_token("manager"))
    for line, key in ((1, "a"), (1, "a"), (2, "b")):
        body = {"lines": [{"line": line, "quantity": 1}], "reason": "did not fit"}
        answer = calls.post(f"/sales/{sale.id}/refunds", body, Idempotency_Key=key)
        assert answer.status_code in (200, 201), answer.json
    work_off()
    assert opened() == [("heard_refunded", first), ("heard_refunded", second)]
    assert heard() == ["refunded:1", "refunded:2"]


def test_a_rejected_nfe_is_heard(db):
    in_force(*day_one_rules(), hears("invoice_rejected"))
    # Its product has no NCM, which our own checks refuse.
    slip = awaiting("WEB-1")
    work_off()
    assert [code for code, _sku in opened()] == ["heard_invoice_rejected"]
    [event] = heard()
    assert event.startswith("reject:") and slip.sale_id


def test_stock_that_an_order_leaves_low_is_heard_for_that_item_alone(db):
    in_force(*day_one_rules(), hears("low_stock"))
    open_shop()
    scarce, plenty = make_product(stock=7, low_stock=5).sku, make_product(low_stock=5).sku
    make_sale(sku=scarce, address=PLACE)
    work_off()
    assert opened() == [], "six are left, above five"
    both = [{"sku": plenty, "quantity": 1}, {"sku": scarce, "quantity": 1}]
    make_sale(lines=both, address=PLACE)
    make_sale(sku=scarce, address=PLACE)
    work_off()
    assert opened() == [("heard_low_stock", scarce)], "once, as it crosses its minimum"


def test_stock_that_gets_low_in_another_way_is_heard_each_time_it_was_above(db):
    in_force(*day_one_rules(), hears("low_stock"))
    open_shop()
    scarce, never_sold = make_product(stock=20, low_stock=5), make_product(stock=9, low_stock=5)
    make_sale(sku=scarce.sku, address=PLACE)
    work_off()

    def left(product: Product, stock: int, many: bool = False) -> None:
        if many:
            set_stocks({product: stock}, "a count, a file")
        else:
            set_stock(product, StockIn(set=stock, reason="by hand"))
        database.session.commit()
        database.session.refresh(product)
        work_off()

    for stock, times in ((6, 0), (5, 1), (2, 1), (9, 1), (0, 2)):
        left(scarce, stock, many=stock == 5)
        assert opened() == [("heard_low_stock", scarce.sku)] * times, stock
    left(never_sold, 1)
    assert len(opened()) == 2 and len(heard()) == 2


@pytest.fixture
def lapsing(db):
    """A membership whose last day was yesterday; the rules write to its owner."""
    in_force(*day_one_rules(), hears("lapsed", "email", template="membership_lapsed"))
    set_terms([("gold", PlanTerm(12, 0))])
    database.session.commit()
    sale = make_sale(sku=make_product(kind="membership", plan="gold").sku)
    work_off()
    yesterday = shop_day(utc_now()) - dt.timedelta(1)
    database.session.execute(update(Membership).values(ends_on=yesterday, due_at=utc_now()))
    work_off()
    return sale


def test_a_lapse_is_heard_and_its_owner_written_to_once(lapsing):
    written = select(Message).where(Message.template == "membership_lapsed")
    assert [each.sale_id for each in database.session.scalars(written)] == [lapsing.id]
    assert heard() == [f"lapsed:{shop_day(utc_now())}"]


def test_what_no_rule_hears_leaves_nothing_behind(db):
    open_shop()
    sale = make_sale(sku=make_product(stock=1, low_stock=5).sku, address=PLACE)
    work_off()
    ship(slip_of(sale.id), "Correios", "", utc_now())
    db.session.commit()
    assert db.session.scalar(select(TriggerEvent.id)) is None


@pytest.mark.parametrize(
    ("event", "then", "place"),
    [
        ("shipped", {"do": "commission", "percent": "5.00"}, "then.0.do"),
        ("lapsed", {"do": "packing_slip"}, "then.0.do"),
        ("low_stock", {"do": "email", "template": "streaming_links"}, "then.0.do"),
        ("invoice_rejected", {"do": "hold"}, "then.0.do"),
        ("opened", {"do": "task", "text_code": "call_customer"}, "event"),
    ],
)
def test_an_action_that_does_not_go_with_it_is_refused_in_its_place(app, event, then, place):
    with app.test_request_context(), pytest.raises(RuleInvalid) as refused:
        parse_rule(rule("odd", [then], ANY, event=event) | {"examples": []})
    assert [problem.path for problem in refused.value.problems] == [place]


def test_the_call_says_what_it_hears(client, db):
    calls = api(client, make_token("manager"))
    raw = hears("low_stock") | {"code": "watch"}
    answer = calls.post("/rules/check", {"rule": raw, "facts": {}}).json
    assert answer["valid"], answer
    odd = raw | {"then": [{"do": "hold"}]}
    errors = calls.post("/rules/check", {"rule": odd, "facts": {}}).json["errors"]
    assert [error["path"] for error in errors] == ["then.0.do"]
