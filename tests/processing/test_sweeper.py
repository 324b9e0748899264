"""The sweeper rings for whatever the database owes and closes what is over its time."""

import datetime as dt
import time

import pytest
from sqlalchemy import select, update

from tests.factories import make_product, make_sale
from tests.support.claims import claim
from webapp.catalog.models import Product
from webapp.platform import living
from webapp.platform.clock import utc_now
from webapp.platform.queue import redis_of_app, ring_now
from webapp.processing.address_step import AddressStep
from webapp.processing.sweeping import sweep_once
from webapp.sales.models import Sale, Status


def _queued(queue):
    return redis_of_app().llen(f"rq:queue:{queue}")


def test_nothing_owed_rings_nothing(db):
    assert sweep_once() == []


def test_a_wiped_redis_is_rung_again(db):
    make_sale()
    assert _queued("addresses") == 1
    redis_of_app().flushall()
    assert sweep_once() == ["addresses"]
    assert _queued("addresses") == 1


def test_a_bell_whose_job_was_lost_does_not_silence_the_next(db):
    make_sale()
    redis_of_app().delete("rq:queue:addresses")
    assert sweep_once() == ["addresses"]
    assert _queued("addresses") == 1


@pytest.mark.both_databases
def test_what_a_worker_held_that_died_is_taken_up_at_once(app, db, monkeypatch):
    """The kernel lets go of a dead process's lock; here the file is closed."""
    make_sale()
    monkeypatch.setattr(living, "_mine", None)
    data_dir, step = app.extensions["settings"].data_dir, AddressStep()
    living.begin(data_dir)
    time.sleep(0.002)
    assert claim(step) is not None
    assert sweep_once() == [] and claim(step) is None, "while it lives it is left at peace"
    living._mine[1].close()
    time.sleep(0.002)
    sweep_once()
    assert sweep_once() == ["addresses"] and not list(living.dead(data_dir))
    token, _ids = claim(step)
    assert token.startswith("alone1-")


def test_a_worker_without_a_lock_works_all_the_same(app, db, monkeypatch, tmp_path):
    monkeypatch.setattr(living, "_mine", None)
    (tmp_path / living.FOLDER).touch()
    living.begin(tmp_path)
    assert len(living.my_name()) == 8 and not list(living.dead(tmp_path))


def test_many_rings_are_one_doorbell(db):
    for _ring in range(5):
        ring_now(redis_of_app(), "rules")
    assert _queued("rules") == 1


def test_a_sale_rolled_back_rings_nothing(db):
    from tests.factories import sale_body
    from webapp.http.forms import parse
    from webapp.sales.forms import SaleIn
    from webapp.sales.placing import create_sale

    create_sale(parse(SaleIn, sale_body(sku=make_product().sku)))
    db.session.flush()
    db.session.rollback()
    assert _queued("addresses") == 0
    assert db.session.scalar(select(Sale.id)) is None


@pytest.mark.both_databases
def test_an_unpaid_sale_gives_its_stock_back_when_its_time_is_over(db):
    product = make_product(stock=10)
    sale = make_sale(sku=product.sku, quantity=4, paid=False)
    assert db.session.scalar(select(Product.stock)) == 6
    sweep_once()
    assert sale.status is Status.OPEN
    db.session.execute(update(Sale).values(hold_until=utc_now() - dt.timedelta(seconds=1)))
    db.session.commit()
    sweep_once()
    sweep_once()
    db.session.expire_all()
    assert (sale.status, db.session.scalar(select(Product.stock))) == (Status.CANCELLED, 10)
