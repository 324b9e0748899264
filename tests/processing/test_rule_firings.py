"""How often a rule fired is counted with the decision: once for each sale, whatever is retried or
comes twice."""

import datetime as dt
import threading
import time

import pytest
from sqlalchemy import select, update

from tests.factories import make_product, make_sale, open_shop, work_off
from tests.support.claims import claim
from tests.support.processed_sales import publish
from webapp.http.formatting import shop_day
from webapp.platform.clock import utc_now
from webapp.processing.address_step import AddressStep
from webapp.processing.rules_step import RulesStep
from webapp.rules.models import RuleFiring
from webapp.sales.models import Sale


@pytest.fixture(autouse=True)
def shop_is_open(db):
    open_shop()


def counted(db) -> dict[str, int]:
    db.session.rollback()
    return {firing.code: firing.sales for firing in db.session.scalars(select(RuleFiring))}


def run(step) -> int:
    time.sleep(0.002)  # what was just committed is due on the database's clock
    return step.run()


def test_a_rule_counts_once_for_a_sale_however_many_of_its_lines_it_fired_for(db):
    skus = [make_product().sku for _line in range(3)]
    make_sale(lines=[{"sku": sku, "quantity": 2} for sku in skus])
    make_sale()
    work_off()
    assert counted(db) == {"packing_slip": 2}


def test_the_day_is_the_shops_and_the_last_moment_stays(db):
    make_sale()
    work_off()
    first = db.session.scalars(select(RuleFiring)).one()
    day, before = first.day, first.last_at
    assert day == shop_day(utc_now())
    make_sale()
    work_off()
    db.session.expire_all()
    assert db.session.scalars(select(RuleFiring.last_at)).one() > before


@pytest.mark.both_databases
def test_each_day_has_a_row_of_its_own(db):
    make_sale()
    work_off()
    db.session.execute(update(RuleFiring).values(day=shop_day(utc_now()) - dt.timedelta(days=1)))
    db.session.commit()
    make_sale()
    work_off()
    assert [firing.sales for firing in db.session.scalars(select(RuleFiring))] == [1, 1]


@pytest.mark.both_databases
def test_a_sale_that_comes_by_again_is_not_counted_again(db):
    sale_id = make_sale().id
    work_off()
    past = utc_now() - dt.timedelta(seconds=1)
    db.session.execute(update(Sale).where(Sale.id == sale_id).values(status="rules", due_at=past))
    db.session.commit()
    work_off()
    assert counted(db) == {"packing_slip": 1}


def test_a_batch_that_fails_and_goes_one_by_one_counts_each_sale_once(db, monkeypatch):
    bad, decide = make_sale().id, RulesStep._decide
    make_sale()
    run(AddressStep())
    monkeypatch.setattr(
        RulesStep,
        "_decide",
        lambda step, sale, *rest: 1 / 0 if sale.id == bad else decide(step, sale, *rest),
    )
    run(RulesStep())
    assert counted(db) == {"packing_slip": 1}
    monkeypatch.undo()
    db.session.execute(
        update(Sale).where(Sale.id == bad).values(due_at=utc_now() - dt.timedelta(seconds=1))
    )
    db.session.commit()
    run(RulesStep())
    assert counted(db) == {"packing_slip": 2}


def test_what_a_dead_worker_had_not_committed_is_counted_by_its_successor_alone(db):
    sale_id = make_sale().id
    run(AddressStep())
    time.sleep(0.002)
    step = RulesStep()
    token, ids = claim(step)
    db.session.execute(
        update(Sale).where(Sale.id == sale_id).values(due_at=utc_now() - dt.timedelta(seconds=1))
    )
    db.session.commit()
    run(RulesStep())
    step._advance(token, ids)
    assert counted(db) == {"packing_slip": 1}


def test_only_rules_that_fired_count(db):
    always = {"field": "item_quantity", "op": "is_set"}
    publish(
        [
            {
                "code": "wins",
                "name": "wins",
                "priority": 2,
                "when": always,
                "then": [{"do": "skip_rule", "codes": ["skipped"]}],
            },
            {"code": "skipped", "name": "skipped", "when": always, "then": [{"do": "hold"}]},
            {
                "code": "lost",
                "name": "lost",
                "when": always,
                "then": [{"do": "commission", "percent": "5.00"}],
            },
        ]
    )
    make_sale()
    work_off()
    assert counted(db) == {"wins": 1}


@pytest.mark.both_databases
def test_workers_that_count_the_same_rules_at_once_lose_nothing_and_do_not_lock_each_other_out(
    app, db
):
    always = {"field": "item_quantity", "op": "is_set"}
    publish(
        [
            {
                "code": f"r{number}",
                "name": "r",
                "when": always,
                "then": [{"do": "email", "template": "streaming_links"}],
            }
            for number in range(8)
        ]
    )
    sku = make_product().sku
    for _sale in range(24):
        make_sale(sku=sku)
    while run(AddressStep()):
        pass
    errors = []

    def work():
        try:
            with app.app_context():
                step = RulesStep()
                step.batch = 2
                while step.run():
                    pass
        except (
            Exception
        ) as error:  # told by the assertion below; a thread's own failure is heard by nobody
            errors.append(error)

    threads = [threading.Thread(target=work) for _worker in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert counted(db) == {f"r{number}": 24 for number in range(8)}
