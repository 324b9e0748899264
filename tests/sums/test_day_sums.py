"""The figures of a day: what they are by hand, that those kept are those of the orders however an
order changes, and margins of single orders that add up to them."""

import datetime as dt
from decimal import Decimal

import pytest
from flask import g
from sqlalchemy import func, select

from tests.factories import make_product, make_sale, open_shop, work_off
from tests.support.packing_slips import slip_of
from webapp.audit.writing import write_all
from webapp.customers.models import Agent
from webapp.fulfilment.labels.models import Label
from webapp.http.formatting import shop_day
from webapp.payments.models import AgreedFee, Receipt
from webapp.platform.clock import utc_now
from webapp.platform.database import db as database
from webapp.processing.cancellation import cancel
from webapp.processing.forms import RefundIn
from webapp.processing.refunds import refund
from webapp.sales.models import MoneyMark, Sale
from webapp.store.queries import the_shop
from webapp.sums.keeping import keep_days
from webapp.sums.margins import margins_of
from webapp.sums.models import By, DaySum
from webapp.sums.queries import DayFigures, days_of, midnight, plain_sums, sums, total_of

AGO = 3


@pytest.fixture
def old_day():
    return shop_day(utc_now()) - dt.timedelta(AGO)


@pytest.fixture
def agent(db):
    db.session.add(Agent(code="A1", name="Rosa", commission_percent=Decimal("10.00")))
    db.session.commit()
    return "A1"


def at_noon(day):
    return midnight(day) + dt.timedelta(hours=12)


def sold(db, day, sku, quantity, **facts):
    """An order that went its whole way, as if paid at noon of a day."""
    sale = make_sale(lines=[{"sku": sku, "quantity": quantity}], **facts)
    work_off()
    sale = db.session.get_one(Sale, sale.id)
    sale.paid_at = at_noon(day)
    db.session.commit()
    return sale


def marks(db):
    return db.session.scalar(select(func.count()).select_from(MoneyMark))


def are_those_of_the_orders(day):
    """Of some days around it."""
    since, until = day - dt.timedelta(2), day + dt.timedelta(AGO)
    for by in By:
        assert sums(by, since, until) == plain_sums(by, days_of(since, until)), by


def margin_of_orders(day):
    """As it stands at each of the day's orders."""
    paid = Sale.paid_at >= midnight(day), Sale.paid_at < midnight(day + dt.timedelta(1))
    found = database.session.scalars(select(Sale).where(*paid)).all()
    return sum((margin.amount for margin in margins_of(found).values()), Decimal(0))


@pytest.mark.both_databases
def test_kept_figures_are_those_of_the_orders_however_an_order_changes(db, old_day, agent):
    open_shop()
    book = make_product(
        kind="book", price="50.00", cost="20.50", royalty_percent="10.00", author="Ana", stock=50
    ).sku
    plain = make_product(price="7.00", stock=50).sku
    first = sold(db, old_day, book, 4, agent=agent, freight="12.00")
    second = sold(db, old_day, plain, 3, channel="phone")
    sold(db, old_day - dt.timedelta(1), plain, 1)

    # Paid 200 + 12 and 21; cost 4 × 20.50, the freight, 10 % to the author and 10 % to the agent.
    of_day = {
        By.ALL: {"": DayFigures(2, 7, Decimal("233.00"), Decimal(0), Decimal("134.00"))},
        By.CHANNEL: {
            "site": DayFigures(1, 4, Decimal("212.00"), Decimal(0), Decimal("134.00")),
            "phone": DayFigures(1, 3, Decimal("21.00"), Decimal(0), Decimal(0)),
        },
        By.PRODUCT: {
            book: DayFigures(1, 4, Decimal("200.00"), Decimal(0), Decimal("122.00")),
            plain: DayFigures(1, 3, Decimal("21.00"), Decimal(0), Decimal(0)),
        },
    }
    of_day[By.AGENT] = {"A1": of_day[By.CHANNEL]["site"], "": of_day[By.CHANNEL]["phone"]}
    for by, expected in of_day.items():
        assert plain_sums(by, [old_day])[old_day] == expected

    while keep_days():
        pass
    assert marks(db) == 0
    for by, expected in of_day.items():
        assert sums(by, old_day, old_day)[old_day] == expected
    are_those_of_the_orders(old_day)

    # Nothing of a kept day is read from its orders.
    db.session.execute(DaySum.__table__.update().values(orders=9))
    db.session.flush()
    assert sums(By.ALL, old_day, old_day)[old_day][""].orders == 9
    db.session.rollback()

    refund(
        first, RefundIn.model_validate({"lines": [{"line": 1, "quantity": 1}], "reason": "x"}), "k"
    )
    db.session.commit()
    assert marks(db) > 0
    are_those_of_the_orders(old_day)
    assert sums(By.ALL, old_day, old_day)[old_day][""].margin == margin_of_orders(old_day)
    # A quarter of the goods, of what they cost, and of what others earn.
    left = DayFigures(2, 6, Decimal("233.00"), Decimal("50.00"), Decimal("103.50"))
    assert sums(By.ALL, old_day, old_day)[old_day] == {"": left}
    assert keep_days() == 1 and marks(db) == 0
    are_those_of_the_orders(old_day)

    cancel(second, "changed their mind")
    db.session.commit()
    assert sums(By.CHANNEL, old_day, old_day)[old_day].keys() == {"site"}
    assert keep_days() == 1 and keep_days() == 0
    are_those_of_the_orders(old_day)


@pytest.mark.both_databases
def test_what_a_label_cost_is_the_freight(db, old_day):
    """Once it is paid, and until it is called off."""
    open_shop()
    sale = sold(db, old_day, make_product(price="100.00", cost="60.00").sku, 1, freight="12.00")
    keep_days()

    def margin() -> Decimal:
        db.session.commit()
        are_those_of_the_orders(old_day)
        of_day = sums(By.ALL, old_day, old_day)[old_day][""].margin
        assert of_day == margins_of([sale])[sale.id].amount
        return of_day

    box = {"height_cm": 1, "width_cm": 1, "length_cm": 1, "weight_g": 1, "asked_by": "ana"}
    facts = {
        "service": "1",
        "service_name": "PAC",
        "carrier": "Correios",
        "price": Decimal("22.90"),
    }
    label = Label(slip=slip_of(sale.id), number=1, provider="melhor_envio", **box, **facts)
    label.begin(utc_now())
    db.session.add(label)
    # The buyer's own twelve.
    assert margin() == Decimal("40.00") and marks(db) == 0
    label.put("there", Decimal("25.00"), utc_now())
    label.buy(utc_now())
    assert margin() == Decimal("27.00") and keep_days() == 1
    label.take_file(b"", "", utc_now())
    label.cancel()
    assert margin() == Decimal("40.00") and keep_days() == 1
    assert sums(By.CHANNEL, old_day, old_day)[old_day]["site"].margin == Decimal("40.00")


@pytest.mark.both_databases
def test_what_a_payment_costs_counts_whenever_it_is_told(db, old_day):
    """As agreed, until the provider says what it kept; an agreement is of all days."""
    open_shop()
    sale = sold(db, old_day, make_product(price="100.00", cost="60.00").sku, 1)
    keep_days()
    assert sums(By.ALL, old_day, old_day)[old_day][""].margin == Decimal("40.00")
    assert margins_of([sale])[sale.id].lacks_fee

    agreed = AgreedFee(method=sale.payment_method, installments=1, percent=Decimal("1.00"))
    db.session.add(agreed)
    db.session.commit()
    assert sums(By.ALL, old_day, old_day)[old_day][""].margin == Decimal("39.00")
    assert keep_days() > 0
    are_those_of_the_orders(old_day)

    receipt = Receipt(key="x", day=old_day, amount=Decimal("100.00"), sale_id=sale.id)
    receipt.fee = Decimal("2.50")
    db.session.add(receipt)
    write_all(db.session())
    db.session.commit()
    sale = db.session.get_one(Sale, sale.id)
    assert margins_of([sale])[sale.id].amount == Decimal("37.50")
    assert sums(By.CHANNEL, old_day, old_day)[old_day]["site"].margin == Decimal("37.50")
    assert keep_days() == 1 and keep_days() == 0
    are_those_of_the_orders(old_day)


def test_a_day_is_kept_once_it_is_over_and_the_past_backwards(db, old_day):
    open_shop()
    sku = make_product(stock=50).sku
    for day in (old_day, old_day - dt.timedelta(30)):
        sold(db, day, sku, 1)
    make_sale(sku=sku)
    while keep_days():
        pass
    kept = set(db.session.scalars(select(DaySum.day).where(DaySum.by == By.ALL)))
    last = shop_day(utc_now() - dt.timedelta(hours=2)) - dt.timedelta(1)
    assert kept == set(days_of(old_day - dt.timedelta(30), last))
    assert (
        total_of(
            figures
            for day in sums(By.ALL, old_day - dt.timedelta(40), shop_day(utc_now())).values()
            for figures in day.values()
        ).orders
        == 3
    )


def test_what_the_rules_bring_about_late_counts(db, old_day, agent):
    """An order that waited for days before the rules were applied."""
    open_shop()
    sku = make_product(price="50.00").sku
    sale = make_sale(sku=sku, agent=agent)
    sale.paid_at = at_noon(old_day)
    db.session.commit()
    keep_days()
    assert sums(By.ALL, old_day, old_day)[old_day][""].costs == 0
    work_off()
    assert sums(By.ALL, old_day, old_day)[old_day][""].costs == Decimal("5.00")
    keep_days()
    are_those_of_the_orders(old_day)


def test_a_change_on_the_day_itself_is_not_marked(db):
    open_shop()
    sale = make_sale()
    work_off()
    cancel(db.session.get_one(Sale, sale.id), "changed their mind")
    db.session.commit()
    assert marks(db) == 0


def test_days_of_another_zone_are_not_gone_by(db, old_day):
    open_shop()
    sold(db, old_day, make_product().sku, 1)
    keep_days()
    the_shop().time_zone = "America/Manaus"
    db.session.commit()
    del g.time_zone
    are_those_of_the_orders(old_day)
    while keep_days():
        pass
    assert set(db.session.scalars(select(DaySum.zone))) == {"America/Manaus"}
    are_those_of_the_orders(old_day)


@pytest.mark.both_databases
def test_of_a_days_products_those_alone_are_added_up_that_a_range_is_about(
    db, old_day, monkeypatch
):
    """Those that sold most on the days that are kept, and those that did on the others."""
    monkeypatch.setattr("webapp.sums.queries.CANDIDATES", 1)
    open_shop()
    then, now, other = (make_product(price="10.00", stock=99).sku for _ in range(3))
    for sku, quantity in ((then, 9), (other, 2)):
        sold(db, old_day, sku, quantity)
    while keep_days():
        pass
    for sku, quantity in ((now, 3), (other, 2), (then, 1)):
        make_sale(lines=[{"sku": sku, "quantity": quantity}])
    today = shop_day(utc_now())
    found = sums(By.PRODUCT, old_day, today)
    units = {
        day: {sku: each.units for sku, each in of_day.items()} for day, of_day in found.items()
    }
    assert units == {old_day: {then: 9}, today: {now: 3, then: 1}}
    assert sums(By.PRODUCT, today, today) == {
        today: {now: plain_sums(By.PRODUCT, [today])[today][now]}
    }
